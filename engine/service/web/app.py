"""The application: the routes of the list, each behind the one check, answered in threads."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Mounted
from starlette.types import ASGIApp

from connectors.problem import ConnectorProblem
from engine.service.context import Context
from engine.service.planning import TooManyAtOnce
from engine.service.store.keys import ApiKey
from engine.service.uploads import UploadProblem
from engine.service.views.paging import PageProblem
from engine.service.web.access import admitted
from engine.service.web.console.forms import check_script, checked_form
from engine.service.web.console.refusals import refusal_page
from engine.service.web.meters import Meters
from engine.service.web.protocol import MORE_TIME
from engine.service.web.routes import Call, Refused, Route, all_routes, as_json
from engine.service.web.surroundings import Surroundings
from ir.diagnostics import WorkflowError
from ir.redaction import redact, seal

MAX_BODY = 10_000_000
BLOCK = 1_000_000
"""Of a body that goes to the disk: so much has to come within the time that a body has."""
_OF_UPLOADS = {"path": 422, "conflict": 409, "size": 413, "full": 507}
BODY_WITHIN_S = 60.0
MOST_OF_A_PATH = 500
_LOG = logging.getLogger("weirflow.web")

Endpoint = Callable[[Request], Awaitable[Response]]


def application(context: Context, meters: Meters | None = None) -> ASGIApp:
    """The ASGI application of a service."""
    by_path: dict[str, dict[str, Route]] = {}
    for each in all_routes():
        by_path.setdefault(each.path, {})[each.method] = each
    mounted = [Mounted(path, _endpoint_of(routes, context), methods=list(routes)) for path, routes in by_path.items()]
    inside = Starlette(routes=mounted, exception_handlers={HTTPException: _unknown})
    inside.router.redirect_slashes = False
    inside.state.meters = meters or Meters(context.journal, context.pruned)
    return Surroundings(inside, inside.state.meters)


def _endpoint_of(routes: Mapping[str, Route], context: Context) -> Endpoint:
    """What answers at one path."""
    endpoints = {method: _endpoint(each, context) for method, each in routes.items()}

    async def endpoint(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return endpoint


def _endpoint(route: Route, context: Context) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        key = None
        request.state.route = route.path
        try:
            _check_path(request)
            key = await run_in_threadpool(admitted, request, route, context)
            call = Call(context=context, request=request, key=key)
            if route.receives is not None:
                return await _received(route, call)
            call.body = await _body(request)
            if route.asks is not None:
                call.asked = _asked(route.asks, request)
            if route.takes is not None:
                call.taken = _taken(route, call.body)
            if route.kind == "page" and route.method != "GET":
                call.form = checked_form(request, call.body)
            return await run_in_threadpool(route.answer, call)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return _refused(route, request, key, _refusal_of(error, request))

    return endpoint


async def _received(route: Route, call: Call) -> Response:
    """The answer of a route that takes its body to the disk, a block at a time; who sends on is waited for."""
    assert route.receives is not None
    if route.kind == "page":
        check_script(call.request)
    call.upload = await run_in_threadpool(route.receives, call)
    more_time = call.request.scope.get("extensions", {}).get(MORE_TIME, {}).get(MORE_TIME)
    held = bytearray()
    try:
        async for chunk in call.request.stream():
            held += chunk
            if len(held) >= BLOCK:
                await run_in_threadpool(call.upload.write, bytes(held))
                held.clear()
                if more_time is not None:
                    more_time()
        await run_in_threadpool(call.upload.write, bytes(held))
        return await run_in_threadpool(route.answer, call)
    finally:
        call.upload.close()


def _check_path(request: Request) -> None:
    """No name has a control character, or is as long."""
    for each in request.path_params.values():
        if len(each) > MOST_OF_A_PATH or any(character < " " for character in each):
            raise Refused(404, "there is nothing here")


def _refusal_of(error: Exception, request: Request) -> Refused:
    """What the caller is told of an error. One that nobody expected goes into the log, under the request's id."""
    match error:
        case Refused():
            return error
        case UploadProblem():
            headers = {"Connection": "close"} if error.kind == "size" else {}
            return Refused(_OF_UPLOADS[error.kind], error.message, hint=error.hint, headers=headers)
        case PageProblem():
            return Refused(422, str(error), hint="give the `next` of the page before")
        case TooManyAtOnce():
            return Refused(503, "others compile already, and take long", hint="ask again",
                           headers={"Retry-After": "10"})  # fmt: skip
        case WorkflowError():
            found = [each.as_json() for each in error.diagnostics]
            return Refused(422, "the workflow is refused", diagnostics=found)
        case ConnectorProblem():
            return Refused(503, error.message, code=error.code, hint=error.hint, headers={"Retry-After": "10"})
        case _:
            request_id = request.state.request_id
            seal(error)
            _LOG.error("request %s: %s", request_id, redact("".join(traceback.format_exception(error))))
            return Refused(500, "an error of the service's own", hint=f"its log has it under {request_id}")


def _refused(route: Route, request: Request, key: ApiKey | None, refused: Refused) -> Response:
    is_page = route.kind == "page"
    answer = refusal_page(request, key, refused) if is_page else as_json(refused.as_json(), refused.status)
    answer.headers.update(refused.headers)
    return answer


async def _body(request: Request) -> bytes:
    """The whole body; whoever sends it drop by drop is not waited for."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise _too_large()
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                found += chunk
                if len(found) > MAX_BODY:
                    raise _too_large()
    except TimeoutError:
        raise Refused(408, "the body took too long", headers={"Connection": "close"}) from None
    return bytes(found)


def _too_large() -> Refused:
    return Refused(413, f"a body has at most {MAX_BODY} bytes", headers={"Connection": "close"})


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
    told = {404: "there is nothing here", 405: "this method does nothing here"}
    answer = as_json(Refused(error.status_code, told.get(error.status_code, str(error.detail))).as_json(),
                     error.status_code)  # fmt: skip
    answer.headers.update(error.headers or {})
    return answer
