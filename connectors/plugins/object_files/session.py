"""Calls of a store of files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from connectors.plugins.account import PluginAccount
from connectors.plugins.apart import paced, pages_apart
from connectors.plugins.files import FileStore
from connectors.plugins.object_files.asked import ASKED
from connectors.plugins.object_files.operations import Operations
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.kinds import kind_of, no_file_system
from connectors.storage.s3.store import S3Store

_SCHEME = "s3"


def open_files(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
               now: Callable[[], float]) -> FilesSession:  # fmt: skip
    """A session of a plugin whose driver is files; its credentials are those that locations of the store have.

    Raises:
        ConnectorProblem: IR585 for credentials that are none, IR59x for the secret, IR506 without the store's package,
            IR502 or IR504 where the policy forbids it.
    """
    kind = kind_of(_SCHEME)
    if not kind.is_installed:
        raise no_file_system(_SCHEME)
    if account.parts is not None:
        store = S3Store(kind=kind, scheme=_SCHEME, credentials=account.parts, policy=account.policy)
    else:
        found = Account(policy=account.policy, base=account.base, ref=account.ref).store(_SCHEME)
        if not isinstance(found, S3Store):
            raise ConnectorProblem("IR695", f"the driver files reaches no {found.kind.name}")
        store = found
    return FilesSession(store, files, pace)


class FilesSession:
    """One store."""

    def __init__(self, store: S3Store, files: FileStore | None, pace: Pace) -> None:
        self._operations = Operations(store=store, files=files)
        self._pace = pace
        self._endpoint = store.credentials.endpoint_url or "https://s3.amazonaws.com"
        self._connection = f"{_SCHEME}#{self._endpoint}"

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        from uuid import uuid4

        checked = action.checked(params)
        operation = operation_of(action)
        work: Callable[[], Any]
        match operation:
            case "list":
                work = lambda: [each for page in self._operations.pages(checked) for each in page]  # noqa: E731
            case "upload":
                work = lambda: self._operations.upload(checked, key or uuid4().hex)  # noqa: E731
            case _:
                work = lambda: getattr(self._operations, operation)(checked)  # noqa: E731
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(checked)
        output, attempts = await paced(work, pace=self._pace, connection=self._connection,
                                       is_repeatable=is_repeatable)  # fmt: skip
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        if operation_of(action) != "list":
            yield [(await self.call(action, params)).output]
            return
        checked = action.checked(params)
        await self._pace.before(self._connection)
        async for page in pages_apart(lambda: self._operations.pages(checked)):
            yield page

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        operation, asked = ASKED[operation_of(action)](action.checked(params))
        return [RenderedRequest(method=operation, url=self._endpoint, body=asked)]

    async def close(self) -> None:
        """The store's connections end with it."""


def operation_of(action: Action) -> str:
    """What the driver does for an action: list, upload, download, metadata, delete, delete_many, copy or link."""
    assert action.manifest.request is not None
    return str(action.manifest.request.driver["operation"])
