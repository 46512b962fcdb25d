"""What a test has in hand: how a server is reached, an own database there, and the server itself to break."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

PATIENCE_S = 60


def free_port() -> int:
    """A port for a server that cannot be told to find one: below those that the system hands out by itself, of which
    any could be taken by a connection before the server listens."""
    while True:
        port = random.SystemRandom().randrange(15_000, 30_000)  # hypothesis seeds the other one
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a server is reached, by an administrator and by an ordinary user."""

    port: int
    admin: str
    admin_password: str
    user: str
    password: str
    host: str = "127.0.0.1"
    pid: int = 0
    keeper: int = 0

    def save(self, path: Path) -> None:
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self)))
        beside.rename(path)

    @classmethod
    def load(cls, path: Path) -> Access:
        return cls(**json.loads(path.read_text()))


class Tool(Protocol):
    """Something that tests need of the system."""

    title: str
    packages: Sequence[str]

    def is_installed(self) -> bool: ...


def how_to_get(tool: Tool) -> str:
    """What would bring a tool that is missing."""
    return f"Debian: apt-get install {' '.join(tool.packages)}" if tool.packages else "make test fetches it"


class Program(Tool, Protocol):
    """A kind of server: where its program is, how it is made ready, started and asked."""

    leaves_root: bool
    stop_signal: signal.Signals

    def prepare(self, home: Path, access: Access) -> None: ...
    def command(self, home: Path, port: int) -> list[str]: ...
    def settle(self, home: Path, access: Access) -> None: ...


class SqlProgram(Program, Protocol):
    """A server of SQL databases."""

    def connect(self, access: Access, database: str | None = None, *, is_admin: bool = False) -> Any: ...
    def create_database(self, access: Access, name: str) -> None: ...
    def drop_database(self, access: Access, name: str) -> None: ...
    def disconnect(self, access: Access, name: str) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An empty database of the test's own.

    `scheme` is postgresql or mysql; `user` owns this database and may nothing else, `admin` may all. The password has
    letters that a URL must escape.
    """

    program: SqlProgram
    access: Access
    scheme: str
    name: str

    @property
    def host(self) -> str:
        return self.access.host

    @property
    def port(self) -> int:
        return self.access.port

    @property
    def user(self) -> str:
        return self.access.user

    @property
    def password(self) -> str:
        return self.access.password

    @property
    def url(self) -> str:
        """scheme://user:password@host:port/name, escaped."""
        return self.url_as(self.user, self.password)

    def url_as(self, user: str, password: str, *, port: int | None = None, name: str | None = None) -> str:
        """The same for another user, port or database."""
        signed = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"{self.scheme}://{signed}@{self.host}:{port or self.port}/{self.name if name is None else name}"

    def connect(self, *, is_admin: bool = False) -> Any:
        """A DBAPI connection (psycopg, pymysql) in autocommit."""
        return self.program.connect(self.access, self.name, is_admin=is_admin)

    def execute(self, *statements: str, is_admin: bool = False) -> list[tuple[Any, ...]]:
        """Runs the statements, one after the other; the rows of the last one."""
        with self.connect(is_admin=is_admin) as connection, connection.cursor() as cursor:
            for each in statements:
                cursor.execute(each)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Adds rows, each with a value for every column."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.executemany(f"insert into {table} values ({', '.join(['%s'] * len(rows[0]))})", rows)

    def disconnect(self) -> int:
        """Ends every connection to this database, as a server that restarts or an administrator does; how many."""
        return self.program.disconnect(self.access, self.name)


@dataclass(frozen=True, slots=True)
class Instance:
    """A server of the test's own, to be stopped, killed, frozen and started again."""

    database: Database
    home: Path

    def kill(self) -> None:
        """Ends the server at once, as a power failure does; a busy machine takes a moment to stop listening."""
        self._signal(signal.SIGKILL)
        (self.home / "access.json").unlink()
        access, deadline = self.database.access, time.monotonic() + PATIENCE_S
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline:
                socket.create_connection((access.host, access.port), timeout=1).close()

    def start(self) -> None:
        """Starts it again after kill(), at the same port."""
        os.kill(self.database.access.keeper, signal.SIGUSR1)
        deadline = time.monotonic() + PATIENCE_S
        while not (self.home / "access.json").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.database.program.title} did not start again: {self.home / 'server.log'}")
            time.sleep(0.05)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """The server holds its connections and answers nothing."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """To the server and to the processes it made: one a connection, for PostgreSQL."""
        pid = Access.load(self.home / "access.json").pid
        children = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        for line in (f"{pid} {pid}", *children.splitlines()):
            each, parent = map(int, line.split())
            if parent == pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, number)
