"""What a page says that cannot be shown."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from engine.service.store.keys import ApiKey
from engine.service.web.console.logins import login_page
from engine.service.web.console.rendering import rendered
from engine.service.web.routes import Refused

_TITLES = {403: "Not allowed", 404: "Not found", 413: "Too large", 429: "Too many requests"}


def refusal_page(request: Request, key: ApiKey | None, refused: Refused) -> Response:
    """The login form for whoever is not logged in, else what went wrong."""
    if refused.status == 401:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return login_page(request, status=401, then=wanted if request.method == "GET" else "/")
    title = _TITLES.get(refused.status, "This did not work")
    return rendered(request, key, "refusal.html", status=refused.status, title=title, refused=refused)
