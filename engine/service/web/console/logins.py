"""Logging in with an API key, and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from engine.service.store.sessions import begin_session, end_session, key_of_session
from engine.service.web.console import cookies
from engine.service.web.console.forms import form_token
from engine.service.web.console.rendering import moved, rendered
from engine.service.web.knocking import KNOCKS
from engine.service.web.routes import Call, Refused, Route


def login_page(request: Request, *, status: int = 200, problem: str = "", then: str = "/") -> Response:
    """The form; `then` is where whoever logs in wanted to go."""
    token = cookies.login_token(request) or cookies.new_login_token()
    response = rendered(request, None, "login.html", status=status, problem=problem, then=then, token=form_token(token))
    cookies.keep_login(request, response, token)
    cookies.forget_session(request, response)
    return response


def _form(call: Call) -> Response:
    token = cookies.session_token(call.request)
    is_in = token is not None and key_of_session(call.context.journal, token) is not None
    return moved("/") if is_in else login_page(call.request)


def _login(call: Call) -> Response:
    then = local(call.form.get("then", "/"))
    client = call.request.client.host if call.request.client else ""
    try:
        key = KNOCKS.key(call.context.journal, call.form.get("api_key", "").strip(), client)
    except Refused as refused:
        response = login_page(call.request, status=refused.status, problem=f"{refused.message}: {refused.hint}",
                              then=then)  # fmt: skip
        response.headers.update(refused.headers)
        return response
    if key is None:
        return login_page(call.request, status=401, problem="this is no valid key", then=then)
    response = moved(then)
    cookies.keep_session(call.request, response, begin_session(call.context.journal, key))
    return response


def _logout(call: Call) -> Response:
    token = cookies.session_token(call.request)
    if token is not None:
        end_session(call.context.journal, token)
    response = moved("/login")
    cookies.forget_session(call.request, response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def local(then: str) -> str:
    """The address if it is one of our pages, else the first page."""
    is_local = then.startswith("/") and not then.startswith("//") and then.isprintable() and "\\" not in then
    return then if is_local else "/"


ROUTES = (
    Route(method="GET", path="/login", scope=None, answer=_form, kind="page", media="text/html", summary="Log in"),
    Route(method="POST", path="/login", scope=None, answer=_login, kind="page", media="text/html", summary="Log in"),
    Route(method="POST", path="/logout", scope="read", answer=_logout, kind="page", media="text/html",
          summary="Log out"),
)  # fmt: skip
