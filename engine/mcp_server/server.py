"""The protocol: tools listed, called, told about and cancelled, over whatever streams the client is on."""

from __future__ import annotations

import json
import os
import signal
from importlib.metadata import version
from typing import Any

import anyio
import click
import mcp_types as types
from anyio.abc import TaskStatus
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import BaseModel, ValidationError

from engine.cli import exit_codes
from engine.events import Progress
from engine.mcp_server import tools
from engine.mcp_server.answer import Answer
from engine.mcp_server.arguments import ListArguments, PlanArguments, RunArguments, WorkflowArguments
from engine.mcp_server.calls import Calls, Work
from engine.mcp_server.permissions import Permissions
from engine.running.cancellation import Cancellation

GUIDE = "weirflow://guide"

_INSTRUCTIONS = (
    "weirflow compiles a declarative workflow file (YAML or JSON) into a dataframe plan and delivers reports. "
    "To write a workflow: list what=language for the guide, validate until nothing is wrong, plan to see its steps and "
    "columns, then run with preview to see rows. This server's permissions: {said}."
)


def server_of(permissions: Permissions, calls: Calls) -> Server[Any]:
    """The server with its four tools and the guide as a resource."""
    one_run = anyio.Lock()

    async def list_tools(ctx: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_described(permissions))

    async def call_tool(ctx: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        model = _ARGUMENTS.get(params.name)
        if model is None:
            return _result(_refused(f'there is no tool "{params.name}"; the tools are {", ".join(_ARGUMENTS)}'))
        try:
            arguments = model.model_validate(params.arguments or {})
        except ValidationError as error:
            return _result(_refused(_said(error)))
        work = _work(arguments, permissions)
        if params.name != "run":
            return _result(await calls.answer(work, ctx.session.report_progress))
        async with one_run:
            return _result(await calls.answer(work, ctx.session.report_progress))

    async def list_resources(ctx: Any, params: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[types.Resource(
            uri=GUIDE, name="guide", mime_type="text/markdown",
            description="How to write a workflow: its sections, keys, transforms and functions.",
        )])  # fmt: skip

    async def read_resource(ctx: Any, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        if str(params.uri) != GUIDE:
            raise ValueError(f"there is no resource {params.uri}; there is {GUIDE}")
        from engine.guide import guide

        return types.ReadResourceResult(contents=[
            types.TextResourceContents(uri=GUIDE, mime_type="text/markdown", text=guide()),
        ])  # fmt: skip

    return Server(
        "weirflow", version=version("weirflow"), instructions=_INSTRUCTIONS.format(said=permissions.said),
        on_list_tools=list_tools, on_call_tool=call_tool, on_list_resources=list_resources,
        on_read_resource=read_resource,
    )  # fmt: skip


def serve(permissions: Permissions) -> None:
    """Serve the client on stdin and stdout until it goes; a run that is under way then is cancelled."""

    async def serving() -> None:
        calls = Calls()
        server = server_of(permissions, calls)
        async with anyio.create_task_group() as group:
            await group.start(_until_told, calls)
            click.echo(f"weirflow serves MCP on stdin and stdout: {permissions.said}", err=True)
            async with stdio_server() as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())
            group.cancel_scope.cancel()

    anyio.run(serving)


async def _until_told(calls: Calls, *, task_status: TaskStatus[None]) -> None:
    """End the process when a signal says so. Its thread that reads stdin cannot be woken, so that it is not waited for;
    what runs is brought to its end first."""
    codes = {signal.SIGINT: exit_codes.INTERRUPTED, signal.SIGTERM: exit_codes.TERMINATED}
    with anyio.open_signal_receiver(*codes) as signals:
        task_status.started()
        async for each in signals:
            await calls.stop(f"the server was told to stop ({each.name})")
            os._exit(codes[each])


_ARGUMENTS: dict[str, type[BaseModel]] = {
    "validate": WorkflowArguments, "plan": PlanArguments, "run": RunArguments, "list": ListArguments,
}  # fmt: skip


def _work(arguments: BaseModel, permissions: Permissions) -> Work:
    def work(progress: Progress, cancellation: Cancellation) -> Answer:
        match arguments:
            case RunArguments():
                return tools.run(arguments, permissions, progress=progress, cancellation=cancellation)
            case PlanArguments():
                return tools.plan(arguments, permissions)
            case WorkflowArguments():
                return tools.validate(arguments, permissions)
            case ListArguments():
                return tools.listing(arguments, permissions)
        raise AssertionError(f"no tool takes {type(arguments).__name__}")

    return work


_DESCRIBED = {
    "validate": "Check a workflow and say everything that is wrong with it, each finding with its place and what would "
    "work. Opens nothing but the file and local data files.",
    "plan": "Show what a workflow will do: its sources, steps, columns with types, engine and deliveries. Reads only a "
    "sample of the sources; nothing is written.",
    "run": "Preview a workflow: make each delivery of its first rows and show these. Nothing is written or sent.",
    "list": "List the workflows of the served folder, past runs, or the language: a guide to writing workflows, its "
    "transforms, functions, operators and file formats.",
}
_DELIVERING = "Run a workflow and deliver what it says, or with preview only show its first rows and files."


def _described(permissions: Permissions) -> list[types.Tool]:
    described = {**_DESCRIBED, "run": _DELIVERING} if permissions.delivers else _DESCRIBED
    return [
        types.Tool(
            name=name, description=text, input_schema=_ARGUMENTS[name].model_json_schema(),
            annotations=types.ToolAnnotations(
                title=f"{name} (weirflow)", read_only_hint=name != "run" or not permissions.delivers,
                destructive_hint=name == "run" and permissions.delivers, idempotent_hint=name != "run",
                open_world_hint=bool(permissions.hosts),
            ),
        )
        for name, text in described.items()
    ]  # fmt: skip


def _said(error: ValidationError) -> str:
    """What is wrong with arguments, without the values that were given."""
    found = [f"{'.'.join(str(part) for part in each['loc']) or 'arguments'}: {each['msg'].lower()}"
             for each in error.errors(include_url=False, include_input=False)]  # fmt: skip
    return "; ".join(found)


def _refused(said: str) -> Answer:
    return Answer(text=said, data={"status": "failed", "error": said}, is_error=True)


def _result(answer: Answer) -> types.CallToolResult:
    # dates and paths of a plan become text, as on the command line
    data = json.loads(json.dumps(answer.data, default=str))
    return types.CallToolResult(content=[types.TextContent(text=answer.text)], structured_content=data,
                                is_error=answer.is_error)  # fmt: skip
