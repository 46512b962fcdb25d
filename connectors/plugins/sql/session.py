"""Calls of a database with SQL: queries that only read, and rows that are written in one transaction each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, cast

from connectors.databases.address import Address, file_address
from connectors.databases.parameters import statement_of
from connectors.plugins.account import PluginAccount
from connectors.plugins.apart import paced, pages_apart
from connectors.plugins.database_account import account_address, in_config
from connectors.plugins.files import FileStore
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.plugins.sql.reading import Row, pages_of, query_relation, table_relation
from connectors.plugins.sql.writing import Write, statements_of, write_rows

READS = {"query": query_relation, "select": table_relation}


def open_sql(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
             now: Callable[[], float]) -> SqlSession:  # fmt: skip
    """A session of a plugin whose driver is sql; nothing is connected yet. Without credentials each call names a file.

    Raises:
        ConnectorProblem: IR59x for the credential, IR584 without the database's packages, IR502 or IR503 where the
            policy forbids the place.
    """
    is_file = "path" in plugin.manifest.connection.get("properties", {})
    is_told = account.ref is not None or account.parts is not None or not is_file
    return SqlSession(plugin, account, account_address(plugin, account) if is_told else None, pace)


class SqlSession:
    """One database. Connections come from the pool that sources and deliveries have too."""

    def __init__(self, plugin: Plugin, account: PluginAccount, address: Address | None, pace: Pace) -> None:
        self._plugin = plugin
        self._account = account
        self._address = address
        self._pace = pace

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        checked = action.checked(params)
        operation, address = operation_of(action), self.address_of(checked)
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(checked)
        work: Callable[[], Any]
        if operation in READS:
            work = lambda: [row for page in self._pages(address, operation, checked) for row in page]  # noqa: E731
        else:
            write = self._write(action, checked, key)
            # what stands in the ledger is not done again, and rows without a key are not there
            is_repeatable = is_repeatable and (write.action != "insert" or write.key is not None)
            work = lambda: in_config(lambda: write_rows(address, write))  # noqa: E731
        output, attempts = await paced(work, pace=self._pace, connection=address.identity,
                                       is_repeatable=is_repeatable)  # fmt: skip
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Row]]:
        checked = action.checked(params)
        if operation_of(action) not in READS:
            yield [(await self.call(action, params)).output]
            return
        address = self.address_of(checked)
        await self._pace.before(address.identity)
        async for page in pages_apart(lambda: self._pages(address, operation_of(action), checked)):
            yield page

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        checked = action.checked(params)
        operation, address = operation_of(action), self.address_of(checked)
        shown = f"{address.kind}: {address.shown}"
        if operation in READS:
            relation = in_config(lambda: READS[operation](address, checked))
            statement = statement_of(cast("Any", relation.query()), relation.database.dialect, pretty=True)
            body: dict[str, Any] = {"statement": statement.sql}
            if statement.parameters:
                body["values"] = list(statement.parameters)
            return [RenderedRequest(method="SELECT", url=shown, body=body)]
        write = self._write(action, checked, None)
        statements = in_config(lambda: statements_of(address, write))
        return [
            RenderedRequest(method=operation.upper(), url=shown, body={"statements": statements, "rows": write.rows})
        ]

    async def close(self) -> None:
        """The run closes the pools."""

    def address_of(self, params: Mapping[str, Any]) -> Address:
        """The database of a call: that of the credentials, or the file that the call names."""
        if "path" in params:
            self._account.policy.check_write(params["path"], base=self._account.base)
            return file_address(self._account.base / params["path"])
        if self._address is None:
            self._address = account_address(self._plugin, self._account)
        return self._address

    def _pages(self, address: Address, operation: str, params: Mapping[str, Any]) -> Iterator[list[Row]]:
        yield from in_config(lambda: pages_of(READS[operation](address, params)))

    def _write(self, action: Action, params: Mapping[str, Any], key: str | None) -> Write:
        called = f"{action.plugin.key} {action.name}"
        return in_config(lambda: Write.of(operation_of(action), params, key=key, called=called))


def operation_of(action: Action) -> str:
    """What the driver does for an action: query, select, insert, update, upsert or delete."""
    assert action.manifest.request is not None
    return str(action.manifest.request.driver["operation"])
