"""The one check that every call of the API and of the pages passes."""

from __future__ import annotations

from starlette.requests import Request

from engine.service.context import Context
from engine.service.store.keys import ApiKey
from engine.service.store.sessions import key_of_session
from engine.service.web.console.cookies import session_token
from engine.service.web.knocking import KNOCKS
from engine.service.web.routes import Refused, Route


def admitted(request: Request, route: Route, context: Context) -> ApiKey | None:
    """The key of whoever calls; None where the route lets everybody in.

    Raises:
        Refused: 401 without a valid key, 403 with one of too small a scope, 429 after many wrong ones.
    """
    if route.scope is None:
        return None
    key = _key_of_page(request, context) if route.kind == "page" else _key_of_call(request, context)
    if key is None:
        raise Refused(401, "a valid API key is needed", hint="send Authorization: Bearer KEY (weirflow keys create)",
                      headers={"WWW-Authenticate": 'Bearer realm="weirflow"'})  # fmt: skip
    if not key.may(route.scope):
        raise Refused(403, f"this needs a key with the scope {route.scope}", hint=f"the key has {key.scopes}")
    return key


def _key_of_call(request: Request, context: Context) -> ApiKey | None:
    """By its header alone: a cookie that a browser sends by itself opens no API."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return KNOCKS.key(context.journal, text.strip(), request.client.host if request.client else "")


def _key_of_page(request: Request, context: Context) -> ApiKey | None:
    """By the session of whoever is logged in."""
    token = session_token(request)
    return key_of_session(context.journal, token) if token is not None else None
