"""What a server says of itself: asked when somebody wants to know, never by a plan."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.http.blocking import waited_for
from connectors.plugins.mcp.servers import given_back, lent
from connectors.plugins.mcp.settings import settings_of
from connectors.policy import Policy
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import Tool

_MOST_PAGES = 100


def tools_and_about(name: str, *, policy: Policy, base: Path) -> tuple[list[Tool], str | None, str | None]:
    """The tools of a server, its title and its version.

    Raises:
        ConnectorProblem: IR687 for its settings, IR692 where it does not answer, IR594 without the package.
    """
    if find_spec("mcp") is None:
        raise ConnectorProblem("IR594", "servers of the protocol need the package mcp",
                               hint="pip install 'weirflow[mcp]'")  # fmt: skip
    return waited_for(_asked(name, policy, base))


async def _asked(name: str, policy: Policy, base: Path) -> tuple[list[Tool], str | None, str | None]:
    server = lent(settings_of(name, policy=policy, base=base))
    try:
        return await server.asked(_told)
    finally:
        await given_back(server)


async def _told(client: Client) -> tuple[list[Tool], str | None, str | None]:
    tools: list[Tool] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None:
            break
    about = client.server_info
    return tools, (about.title or about.name) if about is not None else None, about.version if about else None
