"""Opening a connection to see whether it works: nothing is read but what the server says of itself, nothing written."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from connectors.databases.database import Server
from connectors.messages.sender import SendingAccount
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.place import Place
from engine.connections.connection import Connection
from ir.records import dataclass

PROBE = "weirflow-connection-test"
"""The name of a file that is asked for in a store, and not expected to be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How it went. `server` is what answered, None after a problem."""

    connection: Connection
    seconds: float
    place: str = ""
    server: Server | None = None
    problem: ConnectorProblem | None = None
    warnings: tuple[ConnectorProblem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The trial as `weirflow connections test --format json` prints it."""
        found: dict[str, Any] = {
            "names": list(self.connection.names), "plugin": self.connection.plugin,
            "credentials_ref": self.connection.looked_up, "place": self.place or self.connection.place,
            "works": self.problem is None, "seconds": round(self.seconds, 3),
        }  # fmt: skip
        if self.server is not None:
            found["server"] = {"product": self.server.product, "version": self.server.version,
                               "user": self.server.user, "database": self.server.database,
                               "may": dict(self.server.abilities)}  # fmt: skip
        if self.problem is not None:
            found["problem"] = _as_json(self.problem)
        if self.warnings:
            found["warnings"] = [_as_json(each) for each in self.warnings]
        return found


def tried(connection: Connection, *, base: Path, policy: Policy) -> Trial:
    """Open the connection once and ask what is there."""
    started = time.perf_counter()
    try:
        place, server, warnings = _asked(connection, base, policy)
    except ConnectorProblem as problem:
        return Trial(connection=connection, seconds=time.perf_counter() - started, problem=problem)
    return Trial(connection=connection, seconds=time.perf_counter() - started, place=place, server=server,
                 warnings=warnings)  # fmt: skip


def _asked(connection: Connection, base: Path, policy: Policy) -> tuple[str, Server, tuple[ConnectorProblem, ...]]:
    if connection.kind == "storage":
        return _store(connection, base, policy)
    if connection.kind == "mail":
        return _mail(connection, base, policy)
    from connectors.databases.reaching import database_address
    from connectors.databases.registry import sql_database

    address = database_address(connection.plugin, connection.reference, connection.path, base=base, policy=policy)
    if address.kind == "mongodb":
        from connectors.databases.mongodb.server import server

        return address.shown, server(address), address.warnings
    return address.shown, sql_database(address.kind).server(address), address.warnings


def _store(connection: Connection, base: Path, policy: Policy) -> tuple[str, Server, tuple[ConnectorProblem, ...]]:
    """A store is asked for a file: its answer tells that there is such a bucket, and that it lets us look."""
    url = connection.path or f"{connection.plugin}://"
    policy.check_read(url)
    account = Account(policy=policy, base=base, ref=connection.reference)
    place = Place(url=f"{url.rstrip('/')}/{PROBE}", account=account)
    with place.asked() as store:
        store.exists(place.inner)
    return connection.place, Server(product=store.kind.name, version=""), ()


def _mail(connection: Connection, base: Path, policy: Policy) -> tuple[str, Server, tuple[ConnectorProblem, ...]]:
    """A mail server is logged in to, or Gmail's own interface is asked for its labels; no mail is begun."""
    from connectors.messages.email.connecting import connected, farewell
    from connectors.messages.email.gmail import GMAIL, GmailSender
    from connectors.messages.email.kind import EMAIL

    kind = EMAIL if connection.plugin == "email" else GMAIL
    sending = SendingAccount(plugin_key=connection.plugin, credentials_ref=connection.reference, config={}, base=base,
                             policy=policy)  # fmt: skip
    if kind is GMAIL and GMAIL.token(sending) is not None:
        sender = GMAIL.open(sending)
        assert isinstance(sender, GmailSender)
        try:
            sender.look()
        finally:
            sender.close()
        return GMAIL.connection(sending), Server(product="Gmail", version=""), ()
    account = kind.account_of(connection.reference, policy=policy, base=base)
    client = connected(account, policy)
    size = client.esmtp_features.get("size", "")
    abilities = {"encrypted": account.encryption != "none", "addresses beyond ASCII": client.has_extn("smtputf8")}
    farewell(client)
    product = "a mail server" + (f" of mails up to {int(size):,} bytes" if size.isdigit() and int(size) else "")
    return account.shown, Server(product=product, version="", user=account.user, abilities=abilities), account.warnings


def _as_json(problem: ConnectorProblem) -> dict[str, Any]:
    found: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if problem.notes:
        found["notes"] = list(problem.notes)
    if problem.hint:
        found["hint"] = problem.hint
    return found
