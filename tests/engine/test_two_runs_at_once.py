"""Runs of the same workflow at the same time, in one process and in several, do each other no harm."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.long_runs import UNMEASURED
from tests.warm_processes import started
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"id": number, "amount": number * 2} for number in range(200)]


def at_once(count: int, call: Callable[[int], wf.RunResult]) -> list[wf.RunResult | Exception]:
    """What `count` calls give that begin at the same moment."""
    start, found = threading.Barrier(count), dict[int, wf.RunResult | Exception]()

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = call(number)
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return [found[number] for number in range(count)]


def delivering(**delivery: Any) -> dict[str, Any]:
    file = {"format": "csv", "filename_template": "sales.csv", **delivery}
    return workflow(
        [inline("sales", ROWS)], name="twice", settings={"batch_rows": 20}, delivery_rules={"file_delivery": file}
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_of_two_runs_that_make_the_same_new_file_one_delivers_it(tmp_path: Path, engine: str) -> None:
    found = at_once(4, lambda _: wf.run(delivering(), engine=engine, out=tmp_path))
    done = [each for each in found if isinstance(each, wf.RunResult) and each.status == "succeeded"]
    assert len(done) == 1
    lost = [each for each in found if each not in done]
    told = [str(each) if isinstance(each, Exception) else str(each.deliveries[0].error) for each in lost]
    assert all("exists already" in each or "made by someone else" in each for each in told), told
    assert (tmp_path / "sales.csv").read_text().count("\n") == 201
    assert [each.name for each in tmp_path.iterdir()] == ["sales.csv"]


def test_runs_that_overwrite_the_same_file_leave_a_whole_one(tmp_path: Path) -> None:
    found = at_once(4, lambda _: wf.run(delivering(options={"overwrite": True}), out=tmp_path))
    assert [each.status for each in found if isinstance(each, wf.RunResult)] == ["succeeded"] * 4
    assert (tmp_path / "sales.csv").read_text().splitlines()[-1] == "199,398"
    assert [each.name for each in tmp_path.iterdir()] == ["sales.csv"]


def test_runs_that_write_to_one_table_each_write_their_rows_once(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table sales (id bigint, amount bigint)")
    table = {"plugin_key": "sqlite", "path": str(file), "table": "sales", "operation": "insert"}
    document = workflow([inline("sales", ROWS)], delivery_rules={"database_delivery": table})
    found = at_once(4, lambda _: wf.run(document, base=tmp_path))
    assert [each.status for each in found if isinstance(each, wf.RunResult)] == ["succeeded"] * 4, found
    with closing(sqlite3.connect(file)) as connection:
        counts = connection.execute("select count(*), count(distinct id) from sales").fetchone()
    assert counts == (800, 200)


def test_each_run_has_its_own_id_and_its_own_end_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    found = at_once(8, lambda number: wf.run(delivering(), out=tmp_path / str(number), engine="polars"))
    ids = {each.run_id for each in found if isinstance(each, wf.RunResult)}
    assert len(ids) == 8
    with closing(sqlite3.connect(tmp_path / "home" / "journal.db")) as connection:
        kept = dict(connection.execute("select run_id, status from weirflow_runs").fetchall())
    assert kept == dict.fromkeys(ids, "succeeded")


def test_two_processes_that_begin_with_no_journal_both_finish(tmp_path: Path) -> None:
    program = (
        "import sys; import weirflow as wf\n"
        "print(wf.run({'ir_version': '3.1', 'goal': 'x', 'data_sources': [{'type': 'tabular', 'source': 'inline',"
        " 'alias': 'a', 'config': {'rows': [{'k': 1}]}}], 'delivery_rules': {'file_delivery': {'format': 'csv',"
        " 'filename_template': 'x.csv'}}}, out=sys.argv[1]).status)"
    )
    env = {**UNMEASURED, "WEIRFLOW_HOME": str(tmp_path / "home")}
    both = [started([str(tmp_path / name)], program=program, env=env) for name in ("first", "second")]
    assert [each.communicate(timeout=120)[0].strip() for each in both] == ["succeeded", "succeeded"]
