"""The servers that are measured, started privately as for the tests, and what their processes take."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.databases.address import Address
from tests.servers.kinds import PROGRAMS
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.running import Database
from tests.servers.session import close_session, open_session, shared

KINDS = ("postgres", "mysql", "sqlite")
_PROGRAMS = {"postgres": ("postgres", Postgres()), "mysql": ("mariadb", MariaDB())}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One database: a URL, or the path of a file. `pid` is the server's process."""

    kind: str
    url: str
    pid: int | None = None
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    database: str = ""

    @property
    def path(self) -> Path:
        return Path(self.url)

    @property
    def address(self) -> Address:
        if self.kind == "sqlite":
            return Address(kind="sqlite", path=self.path)
        return Address(kind=self.kind, host=self.host, port=self.port, user=self.user, password=self.password,
                       database=self.database)  # fmt: skip

    def execute(self, *statements: str) -> None:
        """Run statements, and leave them done."""
        with closing(self.connect()) as connection:
            cursor = connection.cursor()
            for each in statements:
                cursor.execute(each)
            connection.commit()

    def connect(self) -> Any:
        """A connection of the usual driver."""
        if self.kind == "sqlite":
            return sqlite3.connect(self.path)
        if self.kind == "postgres":
            import psycopg

            return psycopg.connect(self.url)
        import pymysql

        return pymysql.connect(host=self.host, port=self.port, user=self.user, password=self.password,
                               database=self.database, local_infile=True, charset="utf8mb4")  # fmt: skip


@contextmanager
def places(kinds: tuple[str, ...], folder: Path) -> Iterator[dict[str, Place]]:
    """A database of each kind whose server is installed; gone afterwards."""
    alive = open_session()
    try:
        found: dict[str, Place] = {}
        for kind in kinds:
            if kind == "sqlite":
                found[kind] = Place(kind=kind, url=str(folder / "orders.db"))
                found[kind].path.unlink(missing_ok=True)
            elif PROGRAMS[_PROGRAMS[kind][0]].is_installed():
                found[kind] = _served(kind)
        yield found
    finally:
        if alive is not None:
            close_session(alive)


def _served(kind: str) -> Place:
    name, program = _PROGRAMS[kind]
    access = shared(name)
    program.create_database(access, "bench")
    scheme = "postgresql" if kind == "postgres" else kind
    database = Database(program=program, access=access, scheme=scheme, name="bench")
    return Place(kind=kind, url=database.url, pid=access.pid, host=access.host, port=access.port, user=access.user,
                 password=access.password, database="bench")  # fmt: skip


def settled_cpu_seconds(pid: int | None) -> float:
    """The same once the server has counted those of its processes that have just ended."""
    before = cpu_seconds(pid)
    for _ in range(20 if pid is not None else 0):
        time.sleep(0.1)
        now = cpu_seconds(pid)
        if now == before:
            return now
        before = now
    return before


def cpu_seconds(pid: int | None) -> float:
    """What a server's process and those it made have taken so far, also those that have ended; 0 without a server."""
    if pid is None:
        return 0.0
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == pid:
                total += sum(map(int, fields[11:15]))
            elif int(fields[1]) == pid:
                total += sum(map(int, fields[11:13]))
    return total / _TICKS
