"""The forms of the console: each carries a token that only a page of ours could have put there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from engine.service.web.console.cookies import login_token, session_token
from engine.service.web.routes import Refused

TOKEN, HEADER = "form_token", "x-form-token"
MAX_BYTES = 1_000_000
MAX_FIELDS = 500


def form_token(cookie: str | None) -> str:
    """The token of the forms that are shown with this cookie."""
    return "" if cookie is None else hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def checked_form(request: Request, body: bytes) -> Mapping[str, str]:
    """The fields of a form that one of our pages has sent; the first of each name.

    Raises:
        Refused: 403 for a form of another page, 413 and 422 for one that is none.
    """
    _check_site(request)
    if len(body) > MAX_BYTES:
        raise Refused(413, f"a form has at most {MAX_BYTES} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refused(422, "this is no form") from None
    fields = dict(reversed(pairs))
    _check_token(request, fields.pop(TOKEN, ""))
    return fields


def check_script(request: Request) -> None:
    """Whether a script of one of our pages sends this, whose body is a file.

    Raises:
        Refused: 403 for what another page sends.
    """
    _check_site(request)
    _check_token(request, request.headers.get(HEADER, ""))


def _check_site(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise _foreign()


def _check_token(request: Request, given: str) -> None:
    expected = form_token(session_token(request) or login_token(request))
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise _foreign()


def _foreign() -> Refused:
    return Refused(403, "this form was not sent by a page of the console, or the page is from an earlier session",
                   hint="go back, load the page again, and send it once more")  # fmt: skip
