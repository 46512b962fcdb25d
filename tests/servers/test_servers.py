"""The tests' own servers: shared, private, broken on purpose, and gone when the tests are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pymysql
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.servers import install
from tests.servers.kinds import PROGRAMS
from tests.servers.mongodb import Documents
from tests.servers.running import Database, Instance
from tests.servers.s3 import Bucket
from tests.servers.session import FOLDER, UNMEASURED
from tests.servers.wire import wire_to


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_an_empty_database_of_its_own(database: Database, turn: int) -> None:
    database.execute("create table item (id integer, name varchar(20))")
    database.insert("item", [(turn, "Jürgen 😀")])

    assert database.execute("select * from item") == [(turn, "Jürgen 😀")]


def test_a_wrong_password_is_refused(postgres: Database, mariadb: Database) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.url_as(postgres.user, "wrong"))
    with pytest.raises(pymysql.err.OperationalError):
        pymysql.connect(host=mariadb.host, port=mariadb.port, user=mariadb.user, password="wrong")


def test_a_url_reaches_the_database(postgres: Database) -> None:
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("select current_database(), current_user").fetchall() == [
            (postgres.name, postgres.user)
        ]


def test_connections_end_when_a_test_says_so(database: Database) -> None:
    connection = database.connect()

    assert database.disconnect() >= 1
    with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)), connection.cursor() as cursor:
        cursor.execute("select 1")


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_a_killed_server_starts_again_with_what_was_committed(kind: str, request: pytest.FixtureRequest) -> None:
    instance: Instance = request.getfixturevalue(f"{kind}_instance")
    instance.database.execute("create table item (id integer)", "insert into item values (1)")

    instance.kill()
    with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)):
        instance.database.execute("select * from item")
    instance.start()

    assert instance.database.execute("select * from item") == [(1,)]


def test_a_wire_is_cut_in_the_middle_of_an_answer(postgres: Database) -> None:
    with wire_to(postgres.host, postgres.port) as wire:
        connection = psycopg.connect(postgres.url_as(postgres.user, postgres.password, port=wire.port))
        wire.cut_after = wire.passed["down"] + 100_000
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select repeat('x', 1000) from generate_series(1, 1000)").fetchall()


@pytest.mark.parametrize("kind", ["mongodb", "mongodb_standalone"])
def test_documents_stay_in_the_database_of_their_test(kind: str, request: pytest.FixtureRequest) -> None:
    documents: Documents = request.getfixturevalue(kind)
    with MongoClient[dict[str, int]](documents.url) as client:
        client[documents.name].item.insert_one({"n": 1})
        is_member = "setName" in client.admin.command("hello")
        with pytest.raises(OperationFailure, match="not authorized"):
            client["another"].item.insert_one({"n": 1})

    assert documents.rows("item") == [{"n": 1}]
    assert is_member == (kind == "mongodb")


def test_a_bucket_holds_what_is_put_there(s3: Bucket) -> None:
    s3.put("reports/a b.csv", b"a\n1\n")

    assert s3.keys() == ["reports/a b.csv"]
    assert s3.get("reports/a b.csv") == b"a\n1\n"


def test_servers_end_and_their_data_goes_when_the_tests_are_killed(tmp_path: Path, mariadb: Database) -> None:
    test = tmp_path / "test_waiting.py"
    test.write_text(
        "import os, pathlib, time\n"
        "from tests.conftest import *\n"
        "def test_waits(s3):\n"
        f"    pathlib.Path({str(tmp_path / 'folder')!r}).write_text(os.environ[{FOLDER!r}])\n"
        "    time.sleep(60)\n"
    )
    environment = {name: value for name, value in UNMEASURED.items() if name != FOLDER}
    tests = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest", str(test)], env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _await(lambda: (tmp_path / "folder").exists() and (tmp_path / "folder").read_text() != "")
    folder = Path((tmp_path / "folder").read_text())
    assert folder.is_dir()
    assert folder != Path(os.environ[FOLDER])

    tests.send_signal(signal.SIGKILL)
    tests.wait()

    _await(lambda: not folder.exists())


def test_what_is_missing_is_installed_without_starting_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    answers = iter([False, True, True])  # the lists are not there yet, then they are
    monkeypatch.setattr(install, "_right", lambda: ["sudo", "-n"])
    monkeypatch.setattr(install, "_runs", lambda command: ran.append(command) or next(answers))
    monkeypatch.setattr(type(PROGRAMS["mariadb"]), "is_installed", lambda self: len(ran) == 3)

    assert install.main() == 0
    assert [" ".join(each) for each in ran] == [
        installing := "sudo -n env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -y -o DPkg::Lock::Timeout=300 "
        "install --no-install-recommends mariadb-server-core mariadb-client-core",
        "sudo -n apt-get -q update",
        installing,
    ]


def test_without_the_right_it_says_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "_right", lambda: None)
    monkeypatch.setattr(type(PROGRAMS["postgres"]), "is_installed", lambda self: False)
    for name in ("CI", "WEIRFLOW_REQUIRE_SERVERS"):
        monkeypatch.delenv(name, raising=False)

    assert install.main() == 0
    assert capsys.readouterr().err == (
        "PostgreSQL is not installed, and may not be from here: the tests that need it are left out "
        "(Debian: apt-get install postgresql)\n"
    )


def test_on_ci_a_missing_server_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_right", lambda: None)
    monkeypatch.setattr(type(PROGRAMS["postgres"]), "is_installed", lambda self: False)
    monkeypatch.setenv("CI", "true")

    assert install.main() == 1


def _await(condition: object, patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)
