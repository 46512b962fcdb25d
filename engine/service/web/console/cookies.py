"""The cookies of the console: one of whoever is logged in, one of a login form that was shown."""

from __future__ import annotations

import secrets
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

_SESSION, _LOGIN = "weirflow", "weirflow-login"


def session_token(request: Request) -> str | None:
    """What stands for the session of whoever asks; None where there is no cookie."""
    return request.cookies.get(_name(request, _SESSION))


def login_token(request: Request) -> str | None:
    """What the login form was shown with."""
    return request.cookies.get(_name(request, _LOGIN))


def new_login_token() -> str:
    return secrets.token_urlsafe(24)


def keep_session(request: Request, response: Response, token: str) -> None:
    """Give the browser the session. Lax: a link in a mail leads to its page, and nobody else's form is sent with it."""
    _keep(request, response, _SESSION, token, "lax")
    _forget(request, response, _LOGIN)


def keep_login(request: Request, response: Response, token: str) -> None:
    _keep(request, response, _LOGIN, token, "strict")


def forget_session(request: Request, response: Response) -> None:
    _forget(request, response, _SESSION)


def _forget(request: Request, response: Response, name: str) -> None:
    if _name(request, name) in request.cookies:
        response.delete_cookie(_name(request, name), path="/", httponly=True, secure=is_https(request))


def _keep(request: Request, response: Response, name: str, value: str, same_site: Literal["lax", "strict"]) -> None:
    response.set_cookie(_name(request, name), value, path="/", httponly=True, secure=is_https(request),
                        samesite=same_site)  # fmt: skip


def _name(request: Request, name: str) -> str:
    """Behind https a name that no other host and no page without https can set."""
    return f"__Host-{name}" if is_https(request) else name


def is_https(request: Request) -> bool:
    return request.url.scheme == "https"
