"""Calls of a MongoDB database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from connectors.databases.address import Address
from connectors.databases.mongodb.client import database_of
from connectors.plugins.account import PluginAccount
from connectors.plugins.apart import paced, pages_apart
from connectors.plugins.database_account import account_address, in_config
from connectors.plugins.files import FileStore
from connectors.plugins.mongo.reading import Document, pages_of, request_of
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest

_QUERY = {"find": "filter", "aggregate": "pipeline"}
"""What reads, and which parameter is what is asked."""


def open_mongo(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
               now: Callable[[], float]) -> MongoSession:  # fmt: skip
    """A session of a plugin whose driver is mongo; nothing is connected yet.

    Raises:
        ConnectorProblem: IR59x for the credential, IR584 without pymongo, IR502 where the policy forbids the host.
    """
    return MongoSession(account_address(plugin, account), pace)


class MongoSession:
    """One database."""

    def __init__(self, address: Address, pace: Pace) -> None:
        self._address = address
        self._pace = pace

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        checked = action.checked(params)
        operation = operation_of(action)
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(checked)
        work: Callable[[], Any]
        if operation in _QUERY:
            work = lambda: [each for page in self._pages(operation, checked) for each in page]  # noqa: E731
        else:
            work = lambda: self._written(operation, checked, key)  # noqa: E731
            # without a key of the call nothing tells documents that were added from those that were not
            is_repeatable = is_repeatable and (operation != "insert" or key is not None)
        output, attempts = await paced(work, pace=self._pace, connection=self._address.identity,
                                       is_repeatable=is_repeatable)  # fmt: skip
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Document]]:
        checked = action.checked(params)
        operation = operation_of(action)
        if operation not in _QUERY:
            yield [(await self.call(action, params)).output]
            return
        await self._pace.before(self._address.identity)
        async for page in pages_apart(lambda: self._pages(operation, checked)):
            yield page

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        checked = action.checked(params)
        operation = operation_of(action)
        shown = f"mongodb: {self._address.shown}"
        if operation in _QUERY:
            request = in_config(lambda: request_of(operation, checked), query=_QUERY[operation])
            return [RenderedRequest(method=operation.upper(), url=shown, body=request.shown(checked["collection"]))]
        return [RenderedRequest(method=operation.upper(), url=shown, body=checked)]

    async def close(self) -> None:
        """Each call has a connection of its own."""

    def _pages(self, operation: str, params: Mapping[str, Any]) -> Iterator[list[Document]]:
        request = in_config(lambda: request_of(operation, params), query=_QUERY[operation])
        with database_of(self._address, params["collection"], key=("config", "collection")) as database:
            yield from pages_of(database, params, request)

    def _written(self, operation: str, params: Mapping[str, Any], key: str | None) -> dict[str, Any]:
        from connectors.plugins.mongo.writing import WRITES

        with database_of(self._address, params["collection"], key=("config", "collection")) as database:
            return in_config(lambda: WRITES[operation](database[params["collection"]], params, key), query="filter")


def operation_of(action: Action) -> str:
    """What the driver does for an action: find, aggregate, insert, update, upsert or delete."""
    assert action.manifest.request is not None
    return str(action.manifest.request.driver["operation"])
