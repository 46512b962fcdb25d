"""The pages as HTML: templates in which every text is escaped, and headers that let nothing else work there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from engine.service.store.keys import ApiKey
from engine.service.web.console import words
from engine.service.web.console.assets import address_of
from engine.service.web.console.cookies import session_token
from engine.service.web.console.forms import TOKEN, form_token
from engine.service.web.console.tables import can_be_shown
from engine.service.web.routes import Call

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def page(call: Call, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page for whoever is logged in."""
    return rendered(call.request, call.key, template, status=status, **values)


def rendered(request: Request, key: ApiKey | None, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page; without a key it has no navigation."""
    return html(text_of(request, key, template, **values), status=status)


def html(text: str, *, status: int = 200) -> Response:
    return Response(text, status_code=status, media_type="text/html", headers=HEADERS)


def text_of(request: Request, key: ApiKey | None, template: str, **values: Any) -> str:
    """The page as text."""
    token = values.pop("token", None) or form_token(session_token(request))
    return _templates().get_template(template).render(
        key=key, path=request.url.path, token_name=TOKEN, token=token, **values
    )  # fmt: skip


def digest(text: str) -> str:
    """What tells whether a part of a page has changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def moved(address: str) -> Response:
    """What follows a form: the page that shows what became of it."""
    return Response(status_code=303, headers={**HEADERS, "Location": address})


def address(*parts: str, **query: object) -> str:
    """The path of a page of ours, its parts and parameters escaped; what is None or empty is left out."""
    asked = "&".join(f"{quote(name)}={quote(str(value), safe='')}" for name, value in query.items()
                     if value is not None and value != "")  # fmt: skip
    return "/" + "/".join(quote(each, safe="") for each in parts) + (f"?{asked}" if asked else "")


def file_address(workflow: str, path: str) -> str:
    """The page that gives a file of a workflow."""
    return address("workflows", workflow, "files", *path.split("/"))


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("engine.service.web.console"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    filters: Mapping[str, Any] = {
        "count": words.count, "size": words.size, "duration": words.duration, "moment": words.moment,
        "seconds": words.seconds, "told": words.told, "digest": digest, "can_be_shown": can_be_shown,
        "shown": words.shown, "meaning": words.meaning, "happening": words.happening,
    }  # fmt: skip
    found.filters.update(filters)
    found.globals.update({"address": address, "file_address": file_address, "asset": address_of})
    return found
