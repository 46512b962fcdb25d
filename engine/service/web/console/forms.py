"""The forms of the console: each carries a token that only a page of ours could have put there."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from engine.service.web.console.cookies import login_token, session_token
from engine.service.web.routes import Refused

TOKEN = "form_token"
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
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise _foreign()
    if len(body) > MAX_BYTES:
        raise Refused(413, f"a form has at most {MAX_BYTES} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refused(422, "this is no form") from None
    fields = dict(reversed(pairs))
    expected = form_token(session_token(request) or login_token(request))
    if not expected or not hmac.compare_digest(fields.pop(TOKEN, "").encode(), expected.encode()):
        raise _foreign()
    return fields


def _foreign() -> Refused:
    return Refused(403, "this form was not sent by a page of the console, or the page is from an earlier session",
                   hint="go back, load the page again, and send it once more")  # fmt: skip
