"""What the pages need beside themselves: a style sheet, a script, an icon; files of this package."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.responses import Response

from engine.picture.style import COLOURS, FIGURE
from engine.service.web.routes import Call, Refused, Route

_TYPES = {
    "console.css": "text/css",
    "picture.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


def _asset(call: Call) -> Response:
    name = call.path["name"]
    if name not in _TYPES:
        raise Refused(404, f'there is no file "{name}"')
    kept = "public, max-age=31536000, immutable" if call.request.query_params.get("v") else "no-cache"
    return Response(_text(name), media_type=_TYPES[name], headers={
        "Cache-Control": kept, "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
    })  # fmt: skip


def address_of(name: str) -> str:
    """Where a page finds the file; the address changes with what is in it, so that browsers may keep it."""
    return f"/static/{name}?v={hashlib.sha256(_text(name).encode()).hexdigest()[:12]}"


@cache
def _text(name: str) -> str:
    if name == "picture.css":
        return COLOURS + FIGURE
    return (files("engine.service.web.console") / "static" / name).read_text(encoding="utf-8")


ROUTES = (
    Route(method="GET", path="/static/{name}", scope=None, answer=_asset, kind="page", media="text/css",
          summary="A file that the pages need"),
)  # fmt: skip
