"""Calls of a server's tools."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import mcp  # noqa: F401  without the package no session is opened

from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.mcp.answers import output_of
from connectors.plugins.mcp.servers import Server, given_back, lent
from connectors.plugins.mcp.settings import server_name, settings_of
from connectors.plugins.mcp.tools import TOOL
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.plugins.templating import MISSING, Roots, compiled, compiled_path
from connectors.problem import ConnectorProblem
from ir.redaction import redacted


def open_mcp(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
             now: Callable[[], float]) -> McpSession:  # fmt: skip
    """A session of a plugin whose driver is mcp. The server is begun by the first call."""
    name = server_name(plugin.manifest.base_url or plugin.key)
    settings = settings_of(name, policy=account.policy, base=account.base, ref=account.ref)
    return McpSession(plugin, lent(settings), files, pace)


class McpSession:
    """The tools of one server. Servers say nothing of limits: whoever calls says how many calls go at once."""

    def __init__(self, plugin: Plugin, server: Server, files: FileStore | None, pace: Pace) -> None:
        self.plugin = plugin
        self._server = server
        self._files = files
        self._pace = pace

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        arguments = self._arguments(action, params, key)
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(params)
        attempt = 1
        while True:
            await self._pace.before(self._server.settings.name)
            try:
                return Outcome(output=await self._called(action, arguments), attempts=attempt, requests=attempt)
            except ConnectorProblem as problem:
                await self._pace.again(problem, attempt, is_repeatable=is_repeatable)
                attempt += 1

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        output = (await self.call(action, params)).output
        yield output if isinstance(output, list) else [] if output is None else [output]

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        return [RenderedRequest(method="CALL", url=f"mcp:{self._server.settings.name}/{_tool(action)}",
                                body=redacted(self._arguments(action, params, "{key}")))]  # fmt: skip

    async def close(self) -> None:
        await given_back(self._server)

    def _arguments(self, action: Action, params: Mapping[str, Any], key: str | None) -> dict[str, Any]:
        """The arguments of the tool: the parameters as they are, or what the manifest's body makes of them."""
        checked = action.checked(params)
        written = action.manifest.request.body if action.manifest.request is not None else None
        if written is None:
            return checked
        made = compiled(written)(Roots(values={"params": checked, "connection": {}, "key": key or ""}))
        return dict(made) if isinstance(made, Mapping) else {}

    async def _called(self, action: Action, arguments: dict[str, Any]) -> Any:
        tool = _tool(action)
        result = await self._server.asked(lambda client: client.call_tool(tool, arguments))
        output = output_of(result, self._files, tool=tool)
        response = action.manifest.response
        if action.manifest.output_schema is None and isinstance(output, Mapping) and list(output) == ["result"]:
            # how servers wrap a result that is no object
            output = output["result"]
        elif response.select is not None:
            output = compiled_path(response.select)(Roots(values={"response": output}))
        elif response.output is not None:
            output = compiled(response.output)(Roots(values={"response": output, "params": arguments}))
        return None if output is MISSING else output


def _tool(action: Action) -> str:
    request = action.manifest.request
    named = request.driver.get(TOOL) if request is not None else None
    return str(named) if named is not None else action.name
