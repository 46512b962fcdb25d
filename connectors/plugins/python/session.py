"""Calls of actions that are methods of an installed package."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from connectors.plugins.account import PluginAccount, connect
from connectors.plugins.apart import apart, paced, pages_apart
from connectors.plugins.files import FileStore
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.python.installed import factory_of
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.problem import ConnectorProblem
from ir.redaction import redacted

_PAGE = 1000


def open_python(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
                now: Callable[[], float]) -> PythonSession:  # fmt: skip
    """A session of a plugin whose driver is python.

    Raises:
        ConnectorProblem: IR695 where no installed package brings it, IR585 or IR59x for the credentials.
    """
    factory = factory_of(plugin)
    connection = connect(plugin.manifest, account)
    return PythonSession(plugin, factory(dict(connection.parts)), connection.name, files, pace)


class PythonSession:
    """The methods of one object. They are called in threads: each may block, and several may go at once."""

    def __init__(self, plugin: Plugin, own: Any, connection: str, files: FileStore | None, pace: Pace) -> None:
        self.plugin = plugin
        self._own = own
        self._connection = connection
        self._files = files
        self._pace = pace

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        checked = action.checked(params)
        is_repeatable = bool(is_retry_safe) or action.is_repeatable_with(checked)

        def work() -> Any:
            output = self._called(action, checked, key)
            return self._each(action, output) if isinstance(output, Iterator) else output

        output, attempts = await paced(work, pace=self._pace, connection=self._connection,
                                       is_repeatable=is_repeatable)  # fmt: skip
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        checked = action.checked(params)
        await self._pace.before(self._connection)

        def read() -> Iterator[list[Any]]:
            output = self._called(action, checked, None)
            if not isinstance(output, Iterator):
                yield output if isinstance(output, list) else [] if output is None else [output]
                return
            page: list[Any] = []
            for each in output:
                page.append(each)
                if len(page) == _PAGE:
                    yield page
                    page = []
            yield page

        async for page in pages_apart(lambda: self._told(action, read())):
            yield page

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        return [RenderedRequest(method="CALL", url=f"python:{self.plugin.key}/{action.name}",
                                body=redacted(action.checked(params)))]  # fmt: skip

    async def close(self) -> None:
        close = getattr(self._own, "close", None)
        if close is not None:
            await apart(close)

    def _called(self, action: Action, params: Mapping[str, Any], key: str | None) -> Any:
        method = getattr(self._own, action.name, None)
        if method is None:
            raise ConnectorProblem("IR695", f"the package of {self.plugin.key} has no method {action.name}")
        known = inspect.signature(method).parameters
        given = {"key": key, "files": self._files}
        try:
            return method(dict(params), **{name: value for name, value in given.items() if name in known})
        except ConnectorProblem:
            raise
        except Exception as error:
            raise self._problem(action, error) from error

    def _each(self, action: Action, output: Iterator[Any]) -> list[Any]:
        return list(self._told(action, output))

    def _told(self, action: Action, items: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from items
        except ConnectorProblem:
            raise
        except Exception as error:
            raise self._problem(action, error) from error

    def _problem(self, action: Action, error: Exception) -> ConnectorProblem:
        passing = {"TimeoutError": "timeout", "ConnectionError": "network_error"}
        names = [each.__name__ for each in type(error).__mro__]
        reason: Any = next((passing[each] for each in names if each in passing), None)
        return ConnectorProblem("IR691", f"{self.plugin.key} {action.name}: {type(error).__name__}: {error}",
                                reason=reason, sent=action.kind != "read")  # fmt: skip
