"""The application: the routes of the list, each behind the one check, answered in threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Mounted

from connectors.problem import ConnectorProblem
from engine.service.context import Context
from engine.service.planning import TooManyAtOnce
from engine.service.store.keys import ApiKey
from engine.service.views.paging import PageProblem
from engine.service.web.access import admitted
from engine.service.web.console.forms import checked_form
from engine.service.web.console.refusals import refusal_page
from engine.service.web.routes import Call, Refused, Route, all_routes, as_json
from ir.diagnostics import WorkflowError

MAX_BODY = 10_000_000


def application(context: Context) -> Starlette:
    """The ASGI application of a service."""
    return Starlette(
        routes=[Mounted(each.path, _endpoint(each, context), methods=[each.method]) for each in all_routes()],
        exception_handlers={HTTPException: _unknown},
    )


def _endpoint(route: Route, context: Context) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        key = None
        try:
            key = await run_in_threadpool(admitted, request, route, context)
            call = Call(context=context, request=request, key=key, body=await _body(request))
            if route.asks is not None:
                call.asked = _asked(route.asks, request)
            if route.takes is not None:
                call.taken = _taken(route, call.body)
            if route.kind == "page" and route.method != "GET":
                call.form = checked_form(request, call.body)
            return await run_in_threadpool(route.answer, call)
        except Refused as refused:
            return _refused(route, request, key, refused)
        except PageProblem as problem:
            told = Refused(422, str(problem), hint="give the `next` of the page before")
            return _refused(route, request, key, told)
        except TooManyAtOnce:
            told = Refused(503, "others compile already, and take long", hint="ask again")
            return _refused(route, request, key, told)
        except WorkflowError as error:
            found = [each.as_json() for each in error.diagnostics]
            return _refused(route, request, key, Refused(422, "the workflow is refused", diagnostics=found))
        except ConnectorProblem as problem:
            told = Refused(503, problem.message, code=problem.code, hint=problem.hint)
            return _refused(route, request, key, told)

    return endpoint


def _refused(route: Route, request: Request, key: ApiKey | None, refused: Refused) -> Response:
    if route.kind == "page":
        return refusal_page(request, key, refused)
    return as_json(refused.as_json(), refused.status)


async def _body(request: Request) -> bytes:
    found = b""
    async for chunk in request.stream():
        found += chunk
        if len(found) > MAX_BODY:
            raise Refused(413, f"a body has at most {MAX_BODY} bytes")
    return found


def _taken(route: Route, body: bytes) -> object:
    assert route.takes is not None
    try:
        return route.takes.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise _misfit(error) from None


def _asked(model: type[BaseModel], request: Request) -> object:
    """The query parameters; one that is repeated is a list, where the model has one."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        known = model.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise Refused(422, f"{name}: it is given twice")
        else:
            given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _misfit(error) from None


def _misfit(error: ValidationError) -> Refused:
    """What is wrong with the first thing that is wrong, without the value, which may be anything."""
    first = error.errors(include_url=False, include_input=False)[0]
    at = ".".join(str(part) for part in first["loc"])
    return Refused(422, f"{at}: {first['msg']}" if at else str(first["msg"]))


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and "text/html" in request.headers.get("accept", ""):
        return refusal_page(request, None, Refused(404, "there is no such page"))
    return as_json(Refused(error.status_code, str(error.detail)).as_json(), error.status_code)
