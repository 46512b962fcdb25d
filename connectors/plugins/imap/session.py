"""Calls of a mailbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from connectors.plugins.account import PluginAccount, connect
from connectors.plugins.apart import paced, pages_apart
from connectors.plugins.files import FileStore
from connectors.plugins.imap.account import Mailbox, mailbox_of
from connectors.plugins.imap.operations import Operations
from connectors.plugins.imap.searching import criteria
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest


def open_imap(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
              now: Callable[[], float]) -> ImapSession:  # fmt: skip
    """A session of a plugin whose driver is imap; nothing is connected yet.

    Raises:
        ConnectorProblem: IR585 for credentials that are none, IR586 without any, IR59x for the secret.
    """
    found = connect(plugin.manifest, account)
    return ImapSession(mailbox_of(found.parts, "the credential"), account, files, pace)


class ImapSession:
    """One mailbox; each call has a connection of its own."""

    def __init__(self, mailbox: Mailbox, account: PluginAccount, files: FileStore | None, pace: Pace) -> None:
        self._mailbox = mailbox
        self._operations = Operations(mailbox=mailbox, policy=account.policy, files=files)
        self._pace = pace

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        checked, operation = action.checked(params), operation_of(action)
        work: Callable[[], Any] = lambda: getattr(self._operations, operation)(checked)  # noqa: E731
        if operation == "search":
            work = lambda: [each for page in self._operations.pages(checked) for each in page]  # noqa: E731
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(checked)
        output, attempts = await paced(work, pace=self._pace, connection=self._mailbox.identity,
                                       is_repeatable=is_repeatable)  # fmt: skip
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        if operation_of(action) != "search":
            found = (await self.call(action, params)).output
            yield found if isinstance(found, list) else [found]
            return
        checked = action.checked(params)
        await self._pace.before(self._mailbox.identity)
        async for page in pages_apart(lambda: self._operations.pages(checked)):
            yield page

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        checked, operation = action.checked(params), operation_of(action)
        body = {"folder": checked["folder"], "search": criteria(checked)} if operation == "search" else dict(checked)
        return [RenderedRequest(method=operation.upper(), url=f"imap://{self._mailbox.shown}", body=body)]

    async def close(self) -> None:
        """Connections end with their calls."""


def operation_of(action: Action) -> str:
    """What the driver does for an action: folders, search, get, mark, move or delete."""
    assert action.manifest.request is not None
    return str(action.manifest.request.driver["operation"])
