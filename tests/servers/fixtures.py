"""Fixtures for real servers; tests/conftest.py hands them to every test.

postgres, mariadb                    an empty database of the test's own on the session's server (a Database)
postgres_instance, mariadb_instance  a server of the test's own (an Instance: kill, start, frozen) with a database
s3                                   an empty bucket of the test's own (a Bucket)
gcs, azure                           an empty bucket, an empty container (a GcsBucket, a Container)
chromium                             a browser without a screen, of the module
mail_server                          a mail server of the test's own, whose account is the secret `email` (a MailServer)

Where a server is not installed (see tests/servers/install.py) its tests are left out, and the summary says which; with
CI or WEIRFLOW_REQUIRE_SERVERS set they fail.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.azure import ACCOUNT, Container
from tests.servers.gcs import GcsBucket
from tests.servers.kinds import CHROMIUM, PROGRAMS
from tests.servers.mariadb import MariaDB
from tests.servers.mongodb import Documents, admin
from tests.servers.postgres import Postgres
from tests.servers.running import Access, Database, Instance, Tool, how_to_get
from tests.servers.s3 import Bucket
from tests.servers.session import FOLDER, shared, started

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.servers.smtp import MailServer

_numbers = itertools.count(1)


def running(kind: str) -> Access:
    """The session's server of this kind; without its program the test is left out or, on CI, fails."""
    _require(kind)
    return shared(kind)


@pytest.fixture
def postgres() -> Iterator[Database]:
    with database_of("postgresql", Postgres(), running("postgres")) as database:
        yield database


@pytest.fixture
def mariadb() -> Iterator[Database]:
    with database_of("mysql", MariaDB(), running("mariadb")) as database:
        yield database


@pytest.fixture
def encrypted_mariadb() -> Iterator[Database]:
    """One whose certificate is `home("encrypted_mariadb") / "cert.pem"`."""
    with database_of("mysql", MariaDB(), running("encrypted_mariadb")) as database:
        yield database


def home(kind: str) -> Path:
    """The folder of the session's server of this kind."""
    return Path(os.environ[FOLDER]) / kind


@pytest.fixture
def postgres_instance() -> Iterator[Instance]:
    yield from _instance("postgres", "postgresql", Postgres())


@pytest.fixture
def mariadb_instance() -> Iterator[Instance]:
    yield from _instance("mariadb", "mysql", MariaDB())


@pytest.fixture
def s3() -> Iterator[Bucket]:
    with bucket_of(running("s3")) as bucket:
        yield bucket


@pytest.fixture
def gcs() -> GcsBucket:
    """A bucket of the server's memory, which goes with the session."""
    access = running("gcs")
    bucket = GcsBucket(endpoint=f"http://{access.host}:{access.port}", name=_own_name("bucket").replace("_", "-"))
    bucket.create()
    return bucket


@pytest.fixture
def azure() -> Iterator[Container]:
    access = running("azurite")
    container = Container(
        endpoint=f"http://{access.host}:{access.port}/{ACCOUNT}", name=_own_name("container").replace("_", "-")
    )
    container.create()
    yield container
    container.drop()


@contextmanager
def bucket_of(access: Access) -> Iterator[Bucket]:
    """An empty bucket, gone afterwards."""
    bucket = Bucket(
        endpoint=f"http://{access.host}:{access.port}", name=_own_name("bucket").replace("_", "-"),
        access_key=f"AKIA{access.admin_password.upper()}", secret_key=access.password,
    )  # fmt: skip
    bucket.create()
    yield bucket
    bucket.drop()


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    from tests.servers.smtp import MailServer

    with MailServer().running() as server:
        monkeypatch.setenv("WEIRFLOW_EMAIL", server.url)
        yield server


@pytest.fixture
def mongodb() -> Iterator[Documents]:
    yield from _documents("mongodb")


@pytest.fixture
def mongodb_standalone() -> Iterator[Documents]:
    yield from _documents("mongodb_standalone")


def _documents(kind: str) -> Iterator[Documents]:
    access = running(kind)
    documents = Documents(access=access, client=admin(access), name=_own_name("test"))
    documents.create()
    yield documents
    documents.drop()


@contextmanager
def database_of(scheme: str, program: Postgres | MariaDB, access: Access) -> Iterator[Database]:
    """An empty database on a server, gone afterwards."""
    name = _own_name("test")
    program.create_database(access, name)
    yield Database(program=program, access=access, scheme=scheme, name=name)
    program.drop_database(access, name)


def _instance(kind: str, scheme: str, program: Postgres | MariaDB) -> Iterator[Instance]:
    _require(kind)
    home = Path(os.environ[FOLDER]) / _own_name(kind)
    access = started(kind, home)
    try:
        program.create_database(access, "test")
        yield Instance(Database(program=program, access=access, scheme=scheme, name="test"), home)
    finally:
        os.kill(access.keeper, signal.SIGTERM)


def _own_name(stem: str) -> str:
    """A name that no other test of the session has."""
    return f"{stem}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}_{next(_numbers)}"


@pytest.fixture(scope="module")  # while it is open, no event loop can run beside it
def chromium() -> Iterator[Browser]:
    _require_tool(CHROMIUM)
    from tests.servers.chromium import browsing

    with browsing(CHROMIUM) as browser:
        yield browser


def _require(kind: str) -> None:
    _require_tool(PROGRAMS[kind])


def _require_tool(program: Tool) -> None:
    if program.is_installed():
        return
    reason = f"{program.title} is not installed ({how_to_get(program)})"
    if os.environ.get("CI") or os.environ.get("WEIRFLOW_REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)
