"""MariaDB: how the tests' own server is made, started and asked."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

from tests.servers.account import hand_over, program, unprivileged
from tests.servers.running import Access

FOLDERS = ("/usr/local/mariadb*/bin", "/usr/local/mysql/bin", "/opt/homebrew/opt/mariadb*/bin")
HASTY = ("--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
         "--skip-log-bin", "--innodb-buffer-pool-size=64M")  # fmt: skip


class MariaDB:
    title = "MariaDB"
    packages = ("mariadb-server-core", "mariadb-client-core")
    leaves_root = True
    stop_signal = signal.SIGKILL  # nobody needs its data any more

    def is_installed(self) -> bool:
        return program("mariadbd", *FOLDERS) is not None and program("mariadb-install-db", *FOLDERS) is not None

    def prepare(self, home: Path, access: Access) -> None:
        subprocess.run(
            [str(program("mariadb-install-db", *FOLDERS)), "--no-defaults", f"--datadir={home / 'data'}",
             "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
            check=True, cwd=home, **unprivileged(),
        )  # fmt: skip

    def command(self, home: Path, port: int) -> list[str]:
        # A relative socket is one in the data folder: the path of a socket may have no more than 107 bytes.
        return [
            str(program("mariadbd", *FOLDERS)), "--no-defaults", f"--datadir={home / 'data'}", f"--port={port}",
            "--bind-address=127.0.0.1", "--socket=socket", f"--pid-file={home / 'pid'}", "--local-infile=1",
            "--skip-name-resolve", "--character-set-server=utf8mb4", "--max-connections=400",
            "--max-allowed-packet=64M", *HASTY,
            f"--tmpdir={home}",  # a server that starts removes the temporary tables it finds, also those of others
        ]  # fmt: skip

    def connect(self, access: Access, database: str | None = None, *, is_admin: bool = False) -> Any:
        import pymysql

        user, password = (access.admin, access.admin_password) if is_admin else (access.user, access.password)
        return pymysql.connect(
            host=access.host, port=access.port, user=user, password=password, database=database, autocommit=True,
            connect_timeout=10, charset="utf8mb4", local_infile=True,
        )  # fmt: skip

    def settle(self, home: Path, access: Access) -> None:
        """Makes the administrator and the ordinary user; raises until the server answers."""
        import pymysql

        if not (home / "settled").exists():
            root = pymysql.connect(unix_socket=_socket(home), user="root", autocommit=True, connect_timeout=10)
            with root, root.cursor() as cursor:
                for user, password in ((access.admin, access.admin_password), (access.user, access.password)):
                    cursor.execute(f"create or replace user {user}@'%%' identified by %s", [password])
                cursor.execute(f"grant all privileges on *.* to {access.admin}@'%' with grant option")
            (home / "settled").touch()
        self.connect(access, is_admin=True).close()

    def create_database(self, access: Access, name: str) -> None:
        with self.connect(access, is_admin=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"create database {name}")
            cursor.execute(f"grant all privileges on {name}.* to {access.user}@'%'")

    def drop_database(self, access: Access, name: str) -> None:
        with self.connect(access, is_admin=True) as connection, connection.cursor() as cursor:
            _disconnect(cursor, name)
            cursor.execute(f"revoke all privileges on {name}.* from {access.user}@'%'")
            cursor.execute(f"drop database if exists {name}")

    def disconnect(self, access: Access, name: str) -> int:
        with self.connect(access, is_admin=True) as connection, connection.cursor() as cursor:
            return _disconnect(cursor, name)


def _disconnect(cursor: Any, name: str) -> int:
    cursor.execute("select id from information_schema.processlist where db = %s", [name])
    ids = [row[0] for row in cursor.fetchall()]
    for each in ids:
        try:
            cursor.execute(f"kill {each}")
        except pymysql_error() as error:
            if error.args[0] != 1094:  # it went by itself
                raise
    return len(ids)


class EncryptedMariaDB(MariaDB):
    """One that has a certificate, cert.pem in its home, which nobody else has signed."""

    title = "MariaDB with a certificate"

    def prepare(self, home: Path, access: Access) -> None:
        super().prepare(home, access)
        key, certificate = _certificate()
        for name, content in (("key.pem", key), ("cert.pem", certificate)):
            (home / name).write_bytes(content)
        hand_over(home)

    def command(self, home: Path, port: int) -> list[str]:
        return [*super().command(home, port), f"--ssl-cert={home / 'cert.pem'}", f"--ssl-key={home / 'key.pem'}"]


def _certificate() -> tuple[bytes, bytes]:
    """A key and its certificate for 127.0.0.1."""
    import datetime as dt
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())  # fmt: skip
    return written, certificate.public_bytes(serialization.Encoding.PEM)


def pymysql_error() -> type[Exception]:
    import pymysql

    return pymysql.err.OperationalError  # type: ignore[no-any-return]


def _socket(home: Path) -> str:
    """The socket's path from here, where that is the shorter one."""
    path = home / "data" / "socket"
    return min(str(path), os.path.relpath(path), key=len)
