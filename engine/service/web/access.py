"""The one check that every call of the API and of the pages passes."""

from __future__ import annotations

from starlette.requests import Request

from engine.service.context import Context
from engine.service.store.keys import ApiKey, key_of
from engine.service.web.routes import Refused, Route


def admitted(request: Request, route: Route, context: Context) -> ApiKey | None:
    """The key of whoever calls; None where the route lets everybody in.

    Raises:
        Refused: 401 without a valid key, 403 with one of too small a scope.
    """
    if route.scope is None:
        return None
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    key = key_of(context.journal, text.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        raise Refused(401, "a valid API key is needed", hint="send Authorization: Bearer KEY (weirflow keys create)")
    if not key.may(route.scope):
        raise Refused(403, f"this needs a key with the scope {route.scope}", hint=f"the key has {key.scopes}")
    return key
