"""The journal: made when it is needed, shared by runs at the same time, and read without a trace."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.problem import ConnectorProblem
from engine.journal import migrations
from engine.journal.deliveries import deliveries_of, note_delivery
from engine.journal.journal import Journal, SavedCursor, look_up_cursors
from engine.journal.place import journal_url, writing_engine
from engine.journal.records import LedgerEntry
from engine.journal.tables import metadata, versions
from engine.service.service import _check_version
from engine.service.store.workers import note_seen, note_worker
from tests.servers.running import Database
from tests.workflows import files_under


@pytest.fixture(params=["sqlite", "postgres"])
def journal_place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each kind of journal, empty."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    if request.param == "postgres":
        database: Database = request.getfixturevalue("postgres")
        monkeypatch.setenv("WEIRFLOW_JOURNAL", database.url)
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def cursor(value: str = "5", source: str = "orders", run_id: str = "r1") -> SavedCursor:
    return SavedCursor(workflow="sales", source=source, cursor="id", origin="table orders", kind="integer", value=value,
                       run_id=run_id)  # fmt: skip


def entry(run_id: str = "r1", delivery: str = "db", key: str = "k") -> LedgerEntry:
    return LedgerEntry(run_id=run_id, delivery=delivery, workflow="sales", idempotency_key=key, kind="database",
                       target="orders on db")  # fmt: skip


def always(stored: SavedCursor, new: SavedCursor) -> bool:
    return True


def never(stored: SavedCursor, new: SavedCursor) -> bool:
    return False


@pytest.mark.usefixtures("journal_place")
def test_a_cursor_is_kept_until_the_next_one() -> None:
    assert look_up_cursors("sales") == []
    with Journal() as journal:
        journal.save_cursors([cursor("5"), cursor("x", source="lines")], unless=never)
        journal.save_cursors([cursor("7", run_id="r2")], unless=never)
        found = journal.saved_cursors("sales")
    assert [(each.source, each.value, each.run_id) for each in found] == [("lines", "x", "r1"), ("orders", "7", "r2")]
    assert look_up_cursors("sales") == found
    assert look_up_cursors("other") == []
    assert look_up_cursors("sales", tenant="other") == []


@pytest.mark.usefixtures("journal_place")
def test_a_cursor_stays_where_the_one_that_saves_it_is_behind() -> None:
    with Journal() as journal:
        journal.save_cursors([cursor("7")], unless=always)
        journal.save_cursors([cursor("5")], unless=always)
    assert [each.value for each in look_up_cursors("sales")] == ["7"]


@pytest.mark.usefixtures("journal_place")
def test_a_tenant_sees_its_own_alone() -> None:
    with Journal(tenant="a") as journal:
        journal.save_cursors([cursor()], unless=never)
        note_delivery(journal, entry())
    with Journal(tenant="b") as other:
        assert other.saved_cursors("sales") == []
        assert deliveries_of(other, ["r1"]) == {"r1": []}


@pytest.mark.usefixtures("journal_place")
def test_a_delivery_is_pending_until_it_is_told_what_became_of_it() -> None:
    with Journal() as journal:
        note_delivery(journal, entry())
        [pending] = deliveries_of(journal, ["r1"])["r1"]
        assert (pending.status, pending.finished_at) == ("pending", None)
        note_delivery(journal, replace(pending, status="delivered", rows=3, sha256="abc"))
        note_delivery(journal, entry(run_id="r2"))
        [found] = deliveries_of(journal, ["r1"])["r1"]
    assert (found.status, found.rows, found.bytes, found.sha256) == ("delivered", 3, None, "abc")
    assert found.finished_at is not None
    assert found.started_at < found.finished_at


@pytest.mark.usefixtures("journal_place")
def test_the_migrations_make_the_tables_that_the_code_knows() -> None:
    with Journal() as journal:
        journal.saved_cursors("x")
    engine = writing_engine(journal_url())
    with engine.begin() as connection:
        seen = sa.inspect(connection)
        for table in metadata.sorted_tables:
            columns = {each["name"]: (str(each["type"]).upper(), each["nullable"]) for each in
                       seen.get_columns(table.name)}  # fmt: skip
            wanted = {each.name: (each.type.compile(connection.dialect), bool(each.nullable)) for each in table.columns}
            assert columns == wanted
            assert seen.get_pk_constraint(table.name)["constrained_columns"] == [
                each.name for each in table.primary_key.columns
            ]
            indexes = {each["name"] for each in seen.get_indexes(table.name) if not each.get("duplicates_constraint")}
            assert indexes == {each.name for each in table.indexes}
            assert table.name == "weirflow_versions" or "tenant" in columns
    engine.dispose()


@pytest.mark.usefixtures("journal_place")
def test_a_journal_of_an_older_version_is_brought_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
    more = (*migrations.STEPS, ("alter table weirflow_cursors add column note text",))
    monkeypatch.setattr(migrations, "STEPS", more)
    for _ in range(2):
        with Journal() as journal:
            assert len(journal.saved_cursors("sales")) == 1
    engine = writing_engine(journal_url())
    with engine.begin() as connection:
        assert "note" in [each["name"] for each in sa.inspect(connection).get_columns("weirflow_cursors")]
        assert migrations.version_of(connection) == len(more)
    engine.dispose()


@pytest.mark.usefixtures("journal_place")
def test_an_older_journal_stays_as_it_is_while_a_service_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", newest[:3])
    with Journal() as journal:
        note_worker(journal, "reports-7", slots=2)
        monkeypatch.setattr(migrations, "STEPS", newest)
        with pytest.raises(ConnectorProblem, match=r"is of version 3.* while a service uses it: reports-7"):
            migrated()
        note_seen(journal, "reports-7", "gone")
    assert migrated() == len(newest)


@pytest.mark.usefixtures("journal_place")
def test_a_worker_that_was_killed_keeps_nobody_from_an_update_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", newest[:3])
    with Journal() as journal:
        note_worker(journal, "reports-7", slots=2)
    monkeypatch.setattr(migrations, "STEPS", newest)
    monkeypatch.setattr(migrations, "SEEN_WITHIN", timedelta(0))
    assert migrated() == len(newest)


@pytest.mark.usefixtures("journal_place")
def test_a_service_ends_when_its_journal_becomes_one_of_a_newer_version(monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal() as journal:
        with journal.writing() as connection:
            _check_version(journal)
            newer = {"version": len(migrations.STEPS) + 1, "applied_at": ""}
            connection.execute(versions.insert().values(**newer))
        with pytest.raises(migrations.NewerJournal):
            _check_version(journal)


def migrated() -> int:
    """The version of the journal once it was brought up."""
    engine = writing_engine(journal_url())
    try:
        with engine.begin() as connection:
            migrations.migrate(connection)
            return migrations.version_of(connection)
    finally:
        engine.dispose()


def test_cursors_are_found_in_a_journal_that_only_an_older_version_has_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = migrations.STEPS
    monkeypatch.setattr(migrations, "STEPS", newest[:1])
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
    monkeypatch.setattr(migrations, "STEPS", newest)
    assert [each.source for each in look_up_cursors("sales")] == [cursor().source]


def test_a_step_that_fails_leaves_the_journal_as_it_was(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
    good = migrations.STEPS
    bad = ("alter table weirflow_cursors add column note text", "alter table nowhere add column x text")
    monkeypatch.setattr(migrations, "STEPS", (*good, bad))
    with Journal() as journal, pytest.raises(ConnectorProblem, match="no such table: nowhere"):
        journal.saved_cursors("sales")
    monkeypatch.setattr(migrations, "STEPS", good)
    assert len(look_up_cursors("sales")) == 1


def test_a_journal_of_a_newer_version_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = len(migrations.STEPS)
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, ("create table later (x text)",)))
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
    monkeypatch.undo()
    monkeypatch.setenv("WEIRFLOW_HOME", str(home))
    for attempt in (lambda: Journal().saved_cursors("sales"), lambda: look_up_cursors("sales")):
        with pytest.raises(
            ConnectorProblem, match=f"the journal is of version {known + 1}, and this weirflow knows {known}"
        ):
            attempt()


def test_looking_leaves_no_trace(home: Path) -> None:
    assert look_up_cursors("sales") == []
    assert not home.exists()
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
    before = {each.name: each.stat().st_mtime_ns for each in home.iterdir()}
    assert len(look_up_cursors("sales")) == 1
    assert {each.name: each.stat().st_mtime_ns for each in home.iterdir()} == before
    assert set(before) == {"journal.db"}


def test_looking_sees_what_a_run_that_is_still_open_has_written(home: Path) -> None:
    with Journal() as journal:
        journal.save_cursors([cursor()], unless=never)
        holder = sqlite3.connect(home / "journal.db")
        holder.execute("select * from weirflow_cursors").fetchall()
        journal.save_cursors([cursor("9")], unless=never)
        assert [each.value for each in look_up_cursors("sales")] == ["9"]
        holder.close()


def _write(home: str, number: int) -> None:
    import os

    os.environ["WEIRFLOW_HOME"] = home
    with Journal() as journal:
        for count in range(20):
            begun = entry(run_id=f"r{number}", delivery=f"d{count}")
            note_delivery(journal, begun)
            note_delivery(journal, replace(begun, status="delivered", rows=count))
            journal.save_cursors([cursor(str(count), source=f"s{number}")], unless=never)


def test_a_look_takes_no_lock_that_a_writer_would_wait_for(home: Path) -> None:
    with Journal() as journal, journal.writing():
        pass
    with Journal() as journal, journal.looking() as looking:
        assert looking.scalar(sa.text("select count(*) from weirflow_runs")) == 0
        with sqlite3.connect(home / "journal.db", timeout=0) as other:
            other.execute("begin immediate")
            assert looking.scalar(sa.text("select count(*) from weirflow_runs")) == 0


def test_runs_at_the_same_time_make_one_journal_and_lose_nothing(home: Path) -> None:
    writers = [
        multiprocessing.get_context("spawn").Process(target=_write, args=(str(home), number)) for number in range(4)
    ]
    for each in writers:
        each.start()
    for each in writers:
        each.join(120)
    assert [each.exitcode for each in writers] == [0, 0, 0, 0]
    with Journal() as journal:
        for number in range(4):
            assert [each.rows for each in deliveries_of(journal, [f"r{number}"])[f"r{number}"]] == list(range(20))
        assert [each.value for each in journal.saved_cursors("sales")] == ["19"] * 4


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:hunter22@h/d", "WEIRFLOW_JOURNAL names no database that a journal can be kept in"),
        ("hunter22 is no url", "WEIRFLOW_JOURNAL is no URL"),
        ("sqlite:////nowhere/at/all/journal.db", "the journal /nowhere/at/all/journal.db cannot be used"),
        ("postgresql://u:hunter22@127.0.0.1:9/d", "the journal d on 127.0.0.1 cannot be used"),
    ],
)
def test_a_journal_that_cannot_be_used_is_told_without_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", url)
    if url.startswith("sqlite") and sys.platform != "win32":
        monkeypatch.setattr(Path, "mkdir", _refused)
    with pytest.raises(ConnectorProblem) as failure:
        Journal().saved_cursors("sales")
    assert failure.value.code == "IR596"
    assert said in failure.value.message
    assert "hunter22" not in str(failure.value)


def _refused(self: Path, **options: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_a_file_that_is_no_journal_is_not_touched(home: Path) -> None:
    home.mkdir()
    (home / "journal.db").write_text("these are my notes, and no database at all")
    with Journal() as journal, pytest.raises(ConnectorProblem, match="file is not a database"):
        journal.saved_cursors("sales")
    assert (home / "journal.db").read_text().startswith("these are my notes")


def test_a_run_over_files_loads_nothing_that_databases_and_secrets_need(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a\n1\n")
    (tmp_path / "w.yaml").write_text(
        'ir_version: "3.1"\ngoal: g\ndata_sources: [{type: file, location: rows.csv}]\n'
        "delivery_rules: {file_delivery: {format: json}}\n"
    )
    names = ["hvac", "keyring", "pymongo", "psycopg", "pymysql", "connectorx", "adbc_driver_manager",
             "s3fs", "aiohttp"]  # fmt: skip
    script = f"import sys, weirflow as wf; wf.run('w.yaml'); print([each for each in {names} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""})  # fmt: skip
    assert done.stdout == "[]\n"
    assert files_under(tmp_path) == ["rows.csv", "w.json", "w.yaml"]


def test_a_journal_on_postgresql_names_the_driver_that_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", "postgresql://u:hunter22@h/d")
    monkeypatch.setattr("engine.journal.place.find_spec", lambda name: None)
    with pytest.raises(ConnectorProblem) as failure:
        Journal().saved_cursors("sales")
    assert (failure.value.code, failure.value.hint) == ("IR596", "pip install 'weirflow[postgres]'")
