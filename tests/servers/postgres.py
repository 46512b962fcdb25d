"""PostgreSQL: how the tests' own server is made, started and asked."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.servers.account import program, unprivileged
from tests.servers.running import Access

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")
# Nothing has to reach the disk; what is committed outlives a killed server all the same.
HASTY = ("fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=400")


class Postgres:
    title = "PostgreSQL"
    packages = ("postgresql",)
    leaves_root = True
    stop_signal = signal.SIGQUIT  # at once, but with its shared memory given back

    def is_installed(self) -> bool:
        return self._bin() is not None

    def prepare(self, home: Path, access: Access) -> None:
        """A new data folder whose superuser needs a password."""
        secret = home / "password"
        secret.write_text(access.admin_password)
        secret.chmod(0o644)
        subprocess.run(
            [f"{self._bin()}/initdb", "-D", str(home / "data"), "-U", access.admin, "-E", "UTF8", "--no-sync",
             "--locale=C.UTF-8", "-A", "scram-sha-256", f"--pwfile={secret}"],
            check=True, cwd=home, **unprivileged(),
        )  # fmt: skip

    def command(self, home: Path, port: int) -> list[str]:
        settings = (*HASTY, "listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}")
        return [f"{self._bin()}/postgres", "-D", str(home / "data"), *(f"--{each}" for each in settings)]

    def connect(self, access: Access, database: str | None = None, *, is_admin: bool = False) -> Any:
        import psycopg

        user, password = (access.admin, access.admin_password) if is_admin else (access.user, access.password)
        return psycopg.connect(
            host=access.host, port=access.port, user=user, password=password, dbname=database or "postgres",
            autocommit=True, connect_timeout=10,
        )  # fmt: skip

    def settle(self, home: Path, access: Access) -> None:
        """Makes the ordinary role; raises until the server answers."""
        with self.connect(access, is_admin=True) as connection:
            if not connection.execute("select from pg_roles where rolname = %s", [access.user]).fetchall():
                connection.execute(f"create role {access.user} login password '{access.password}'")

    def create_database(self, access: Access, name: str) -> None:
        with self.connect(access, is_admin=True) as connection:
            connection.execute(f"create database {name} owner {access.user} template template0 strategy file_copy")

    def drop_database(self, access: Access, name: str) -> None:
        with self.connect(access, is_admin=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")

    def disconnect(self, access: Access, name: str) -> int:
        with self.connect(access, is_admin=True) as connection:
            ended = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
                [name],
            ).fetchall()
        return len(ended)

    def _bin(self) -> Path | None:
        found = program("initdb", *FOLDERS)
        if found is None:
            server = program("postgres", *FOLDERS)
            if server is None or not Path(server).with_name("initdb").exists():
                return None
            found = server
        return Path(found).parent
