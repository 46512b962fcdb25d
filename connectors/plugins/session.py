"""A plugin opened with its credentials: the face that calls go through, whatever carries them out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field
from importlib import import_module
from typing import Any, Protocol, cast

from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.pace import DefaultPace, Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.problem import ConnectorProblem
from ir.records import dataclass

DRIVERS: Mapping[str, str] = {
    "http": "connectors.plugins.http.session:open_http",
    "sql": "connectors.plugins.sql.session:open_sql",
    "mongo": "connectors.plugins.mongo.session:open_mongo",
    "files": "connectors.plugins.object_files.session:open_files",
    "smtp": "connectors.plugins.smtp.session:open_smtp",
    "imap": "connectors.plugins.imap.session:open_imap",
    "mcp": "connectors.plugins.mcp.session:open_mcp",
    "python": "connectors.plugins.python.session:open_python",
}
"""The function of each driver that opens a session: (plugin, account, files, pace, now) -> Session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a call gave, and what it took."""

    output: Any
    attempts: int = 1
    """The most attempts that one of its requests took."""
    requests: int = 1
    total: int | None = None
    """How many items the service says there are in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRequest:
    """A request as it would be sent, without its secrets."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


class Session(Protocol):
    """Calls of one connection. Used in the loop of connectors.http.blocking; closed by who opened it."""

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        """What the action gives. `key` is the same for the same item of the same run, however often it is tried;
        `is_retry_safe` says more than the manifest knows of whether it may be sent again.

        Raises:
            ConnectorProblem: IR693 for parameters that are none, IR69x for what the service answered or did not.
                `reason`, `retry_after_s` and `sent` say what another attempt would do.
        """
        ...

    def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        """The items of a read, page by page."""
        ...

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        """The requests that a call would send; nothing is sent. What only answers tell stands as {{steps.x}}."""
        ...

    async def close(self) -> None: ...


def open_session(plugin: Plugin, account: PluginAccount, *, files: FileStore | None = None, pace: Pace | None = None,
                 now: Callable[[], float] = time.time) -> Session:  # fmt: skip
    """A session of a plugin; its credentials are resolved and checked here, nothing is sent.

    Raises:
        ConnectorProblem: IR59x or IR585 for the credentials, IR594 where a package is missing, IR502 where the policy
            forbids it.
    """
    module, _, name = DRIVERS[plugin.manifest.driver].partition(":")
    try:
        opens = cast("Callable[..., Session]", getattr(import_module(module), name))
    except ModuleNotFoundError as error:
        missing = str(error.name or "").partition(".")[0]
        extra = {"aiohttp": "http"}.get(missing, missing)
        raise ConnectorProblem("IR594", f"{plugin.manifest.title} needs the package {missing}", key=("plugin_key",),
                               hint=f"pip install 'weirflow[{extra}]'") from error  # fmt: skip
    return opens(plugin, account, files, pace or DefaultPace(), now)
