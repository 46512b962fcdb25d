"""The database of a plugin's credentials, and where in a step's config a database's problems lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from connectors.databases.address import Address, address_of
from connectors.databases.drivers import check_driver
from connectors.databases.reaching import database_address
from connectors.plugins.account import PluginAccount
from connectors.plugins.plugin import Plugin
from connectors.problem import ConnectorProblem
from connectors.secrets.secret import Secret

T = TypeVar("T")
_OUTSIDE = frozenset({"credentials_ref", "plugin_key"})
_BEFORE = frozenset({"database_config", "config"})


def account_address(plugin: Plugin, account: PluginAccount) -> Address:
    """The database that the credentials name; its kind is that of the manifest's connection.

    Raises:
        ConnectorProblem: IR59x for the credential, IR584 without the database's packages, IR502 or IR503 where the
            policy forbids the place.
    """
    kind = str(plugin.manifest.connection.get("x-database", plugin.key))
    if account.parts is None:
        reference = account.ref or plugin.key
        return database_address(kind, reference, None, base=account.base, policy=account.policy, is_written=True)
    parts = dict(account.parts)
    address = address_of(kind, Secret("the connection", parts.get("url") or json.dumps(parts)), base=account.base)
    check_driver(address.kind)
    if address.path is not None:
        account.policy.check_write(address.path)
    for each in address.hosts:
        account.policy.check_endpoint(each)
    return replace(address, warnings=(), policy=account.policy)


def in_config(work: Callable[[], T], *, query: str = "query") -> T:
    """What the work gives, its problems placed in the config of a step; `query` is what the query is called there.

    Raises:
        ConnectorProblem: whose key begins with config, but for those of the credentials.
    """
    try:
        found = work()
    except ConnectorProblem as problem:
        raise placed(problem, query) from problem.__cause__
    return _each(found, query) if isinstance(found, Iterator) else found  # type: ignore[return-value]


def _each(items: Iterator[T], query: str) -> Iterator[T]:
    try:
        yield from items
    except ConnectorProblem as problem:
        raise placed(problem, query) from problem.__cause__


def placed(problem: ConnectorProblem, query: str) -> ConnectorProblem:
    """The same problem, whose place lies in the config of a step."""
    if problem.key and problem.key[0] in _OUTSIDE:
        return problem
    inside = problem.key[1:] if problem.key and problem.key[0] in _BEFORE else problem.key
    if inside[:1] == ("query",):
        inside = (query, *inside[1:])
    problem.key = ("config", *inside)
    return problem
