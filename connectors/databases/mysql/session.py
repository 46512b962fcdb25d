"""A connection to a MySQL or MariaDB server, and what each session says first."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from connectors.attempt import hang_up, stoppable
from connectors.databases.address import Address
from connectors.databases.mysql.problems import problem_of
from connectors.databases.pools import CONNECT_TIMEOUT_S, lent, pooled
from connectors.dialling import addresses_to, dialled
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_SSL = {"ssl_mode": "mode", "sslmode": "mode", "ssl-mode": "mode", "ssl_ca": "ca", "ssl-ca": "ca"}
_TIMEOUTS_MS = {"statement_timeout": 3_600_000, "lock_timeout": 30_000}
"""Options of a credential that are ours, as for PostgreSQL: milliseconds."""


def first_words(address: Address) -> list[str]:
    """What each session says first: it reads only, not for ever, and what statements mean hangs on no setting."""
    statement_ms, lock_ms = (_timeout_ms(address, name) for name in _TIMEOUTS_MS)
    lock_s = max(1, lock_ms // 1000)
    return [
        # timestamps arrive as instants, and texts as they are
        "set time_zone = '+00:00', names utf8mb4",
        # a backslash escapes, and "a" is a text
        "set sql_mode = replace(replace(replace(replace(@@sql_mode, 'NO_BACKSLASH_ESCAPES', 'NO_ENGINE_SUBSTITUTION'), "
        "'ANSI_QUOTES', 'NO_ENGINE_SUBSTITUTION'), 'PIPES_AS_CONCAT', 'NO_ENGINE_SUBSTITUTION'), "
        "'PAD_CHAR_TO_FULL_LENGTH', 'NO_ENGINE_SUBSTITUTION')",
        # MariaDB reads the first of these comments, MySQL the second
        f"set lock_wait_timeout = {lock_s}, innodb_lock_wait_timeout = {lock_s} "
        f"/*M!100100 , max_statement_time = {statement_ms / 1000} */ /*!50708 , max_execution_time = {statement_ms} */",
        "set session transaction read only",
    ]


def _timeout_ms(address: Address, name: str) -> int:
    written = address.options.get(name)
    if written is not None and not written.isdecimal():
        raise ConnectorProblem("IR591", f"the credential's {name} is no number", key=("credentials_ref",),
                               hint="write milliseconds")  # fmt: skip
    return int(written) if written else _TIMEOUTS_MS[name]


@contextmanager
def session(address: Address) -> Iterator[Any]:
    """A cursor of a connection that reads only, one that was opened before if there is one.

    Raises:
        ConnectorProblem: what the server or the network said, also of statements in the block.
    """
    import pymysql

    pool = pooled("pymysql", address, lambda: _reading(address))
    try:
        with (lent(pool, lambda connection: connection.ping(reconnect=False)) as found,
              stoppable(lambda: hang_up(found._sock.fileno())), found.cursor() as cursor):  # fmt: skip
            yield cursor
    except (pymysql.err.Error, OSError) as error:
        raise problem_of(error, address) from error


def _reading(address: Address) -> Any:
    connection = connect(address)
    with connection.cursor() as cursor:
        for each in first_words(address):
            cursor.execute(each)
    return connection


def connect(address: Address, *, database: str | None = None, made_by: Any = None, **more: Any) -> Any:
    """A pymysql connection in autocommit; to `database` where the address names none."""
    import pymysql

    security = tls(address)
    # pymysql would encode a password's text as latin1
    password = (address.password or "").encode()
    policy = address.checking
    connection = (made_by or pymysql.connect)(
        host=address.host or "localhost", port=address.port or 3306, user=address.user, password=password,
        database=address.database or database, charset="utf8mb4", autocommit=True, connect_timeout=CONNECT_TIMEOUT_S,
        ssl_disabled=security.mode == "disabled", ssl_ca=security.ca,
        # without these it prefers an encrypted connection, and takes any
        ssl_verify_cert=security.verifies if security.is_required else None, ssl_verify_identity=security.names or None,
        **({"ssl": {"check_hostname": False}} if security.mode == "required" else {}), **more,
        defer_connect=policy is not None,
    )  # fmt: skip
    if policy is not None:
        _dial(connection, policy)
    _ENCRYPTED[address.identity] = bool(connection._secure)
    return connection


def _dial(connection: Any, policy: Policy) -> None:
    """Connect to an address that was checked; a certificate has to be for the host's name all the same."""
    from pymysql.err import OperationalError

    try:
        found = dialled(connection.host, connection.port, policy, CONNECT_TIMEOUT_S)
    except OSError as error:
        raise OperationalError(2003, str(error)) from error
    found.settimeout(None)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.connect(found)


_ENCRYPTED: dict[str, bool] = {}
"""Whether a server that was asked before talks encrypted: its rows come that way too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What the credential says of encryption."""

    mode: str
    ca: str | None = None

    @property
    def is_required(self) -> bool:
        return self.mode not in {"disabled", "preferred"}

    @property
    def verifies(self) -> bool:
        return self.mode.startswith("verify")

    @property
    def names(self) -> bool:
        """Whether the certificate must be of the host's name."""
        return self.mode == "verify_identity"


def tls(address: Address) -> Security:
    """`ssl_mode` and `ssl_ca` of the credential's options.

    Raises:
        ConnectorProblem: IR591, an option that is none, or a mode that is none.
    """
    named: dict[str, str] = {}
    for key, value in address.options.items():
        if key not in _SSL and key not in _TIMEOUTS_MS:
            raise ConnectorProblem("IR591", f'the credential has the unknown option "{key}"', key=("credentials_ref",),
                                   hint="the options are ssl_mode, ssl_ca, " + ", ".join(_TIMEOUTS_MS))  # fmt: skip
        if key in _SSL:
            named[_SSL[key]] = value
    mode = named.get("mode", "verify_ca" if "ca" in named else "preferred").lower().replace("-", "_")
    if mode not in _MODES:
        raise ConnectorProblem("IR591", f'the credential has the unknown ssl_mode "{mode}"', key=("credentials_ref",),
                               hint=f"the modes are {', '.join(_MODES)}")  # fmt: skip
    return Security(mode=mode, ca=named.get("ca"))


def _address(host: str, policy: Policy) -> str:
    from pymysql.err import OperationalError

    try:
        return addresses_to(host, policy)[0]
    except OSError as error:
        raise OperationalError(2003, str(error)) from error


def driver_url(address: Address) -> str:
    """The URL for connectorx, with the password: give it to nobody else.

    Under a policy that checks addresses its host is one, but where the certificate has to be for the host's name: there
    the driver looks the name up again.
    """
    user = quote(address.user or "", safe="")
    password = f":{quote(address.password, safe='')}" if address.password else ""
    security = tls(address)
    # a server on this machine is reached by the address that was given, not by the socket it names
    query = {"prefer_socket": "false", "tcp_connect_timeout_ms": str(CONNECT_TIMEOUT_S * 1000)}
    if security.is_required:
        query["ssl-mode"] = security.mode
    elif security.mode == "preferred" and _ENCRYPTED.get(address.identity):
        query["ssl-mode"] = "required"
    if security.ca is not None:
        query["ssl-ca"] = security.ca
    host = address.host or "localhost"
    if address.checking is not None and not security.names:
        host = _address(host, address.checking)
    place = f"[{host}]" if ":" in host else host
    database = quote(address.database, safe="")
    return f"mysql://{user}{password}@{place}:{address.port or 3306}/{database}?{urlencode(query)}"
