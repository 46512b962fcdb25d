"""Bad rows beside what else a run does: several deliveries, first passes, checks, rules, joins, an end by force."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.test_bad_rows import delivering, engine, home, letters, orders, run  # noqa: F401
from tests.warm_processes import ran, started
from tests.workflows import files_under, inline

pytestmark = [pytest.mark.filterwarnings("ignore:.*left out of"), pytest.mark.usefixtures("home")]
TYPED: dict[str, Any] = {"schema": {"id": "integer", "amount": "integer"}, "max_bad": 5}
CONTENT = "id,region,amount\n1,north,10\n2,south,ten\n3,south,30\n"


@pytest.fixture(autouse=True)
def _orders(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(CONTENT)


def test_several_deliveries_of_one_source_count_its_bad_row_once(tmp_path, engine):  # noqa: F811
    document = delivering(
        orders(**TYPED),
        transforms=[
            {"type": "aggregate", "input_source": "orders", "output_variable": "totals",
             "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}},
        ],
        delivery_rules={"file_delivery": [{"format": "csv"}, {"format": "ndjson"},
                                          {"format": "json", "input_source": "totals"}]},
    )  # fmt: skip
    result = run(document, tmp_path, engine)
    assert result.dead_letters["count"] == 1
    assert [each.rows for each in result.deliveries] == [2, 2, 2]
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == [
        {"region": "north", "total": 10}, {"region": "south", "total": 30},
    ]  # fmt: skip


def test_a_bad_row_that_a_first_pass_meets(tmp_path, engine):  # noqa: F811
    config = {"index": ["id"], "columns": "region", "values": "amount", "function": "sum"}
    result = run(delivering(orders(**TYPED), transforms=[{"type": "pivot", "config": config}]), tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,north,south\n1,10,\n3,,30\n"
    assert result.dead_letters["count"] == 1


def test_a_check_asks_the_rows_without_the_bad_ones(tmp_path, engine):  # noqa: F811
    (tmp_path / "prices.csv").write_text("id,price\n1,5\n1,five\n3,7\n")
    document = delivering(
        orders(schema={"id": "integer"}),
        {"type": "file", "alias": "prices", "location": "prices.csv",
         "config": {"schema": {"price": "integer"}, "max_bad": 1}},
        transforms=[{"type": "enrich", "config": {"source": "prices", "on": {"id": "id"}}}],
    )  # fmt: skip
    result = run(document, tmp_path, engine)
    assert sorted((tmp_path / "out" / "report.csv").read_text().splitlines()[1:]) == [
        "1,north,10,5", "2,south,ten,", "3,south,30,7",
    ]  # fmt: skip
    assert [each["source"] for each in letters(result)] == ["prices"]


def test_dead_letters_of_sources_stand_before_those_of_rules(tmp_path, engine):  # noqa: F811
    rules = [{"field": "amount", "type": "range", "max": 20, "action": "quarantine"}]
    result = run(delivering(orders(**TYPED), validation_rules=rules), tmp_path, engine)
    assert [(each["source"], each["step"]) for each in letters(result)] == [("orders", None), ("orders", "validated")]
    assert result.dead_letters["count"] == 2
    assert (tmp_path / "out" / "report.csv").read_text() == "id,region,amount\n1,north,10\n"


def test_a_join_with_nothing_still_finds_the_bad_rows_of_both_sides(tmp_path, engine):  # noqa: F811
    nobody = inline("nobody", [{"id": 1, "x": 1}])
    document = delivering(
        orders(**TYPED), nobody,
        transforms=[
            {"type": "filter", "input_source": "nobody", "output_variable": "none", "config": {"where": "x > 1"}},
            {"type": "join", "input_source": "orders", "config": {"source": "none", "on": ["id"], "how": "inner"}},
        ],
    )  # fmt: skip
    result = run(document, tmp_path, engine)
    assert (result.deliveries[0].rows, result.dead_letters["count"]) == (0, 1)


def test_one_source_with_too_many_bad_rows_fails_only_its_own_delivery(tmp_path, engine):  # noqa: F811
    (tmp_path / "prices.csv").write_text("id,price\n1,five\n")
    document = delivering(
        orders(**TYPED),
        {"type": "file", "alias": "prices", "location": "prices.csv", "config": {"schema": {"price": "integer"}}},
        delivery_rules={"file_delivery": [{"format": "csv"}, {"format": "json", "input_source": "prices"}]},
    )  # fmt: skip
    result = run(document, tmp_path, engine)
    assert [each.status for each in result.deliveries] == ["delivered", "failed"]
    assert result.deliveries[1].error == 'prices.csv, row 1, column "price": "five" does not fit integer'
    assert (result.status, result.dead_letters["count"]) == ("failed", 1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.csv"]


def test_empty_files_have_no_bad_rows(tmp_path, engine):  # noqa: F811
    (tmp_path / "orders.csv").write_text("id,region,amount\n")
    result = run(delivering(orders(**(TYPED | {"max_bad": 0}), rejects="bad")), tmp_path, engine)
    assert (result.status, result["bad"].shape) == ("succeeded", (0, 7))


def test_a_file_of_bad_rows_alone_leaves_an_empty_report(tmp_path, engine):  # noqa: F811
    (tmp_path / "orders.csv").write_text("id,region,amount\nx,north,1\n")
    result = run(delivering(orders(schema=TYPED["schema"], max_bad="100%")), tmp_path, engine)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,region,amount\n"
    assert result.dead_letters["count"] == 1


def test_plan_preview_and_collect_write_nothing_and_leave_out_the_same_rows(tmp_path, engine, home):  # noqa: F811
    plan = wf.compile(delivering(orders(**TYPED, rejects="bad")), base=tmp_path, engine=engine)
    plan.explain(), plan.to_dict(), plan.sql()
    assert plan.preview("orders")["id"].to_list() == [1, 3]
    assert plan.preview("bad")["amount"].to_list() == ["ten"]
    with pytest.warns(UserWarning, match='1 bad row is left out of "orders"; a run keeps them as dead letters'):
        assert plan.collect("orders")["id"].to_list() == [1, 3]
    assert not home.exists()


def test_a_column_that_the_rejects_have_of_their_own_is_refused(tmp_path):
    (tmp_path / "orders.csv").write_text("id,_row\n1,2\n")
    [found] = wf.validate(delivering(orders(str(tmp_path / "orders.csv"), rejects="bad")))
    assert (found.code, found.pointer) == ("IR403", ("data_sources", 0, "rejects"))


def test_the_command_line_ends_with_three_and_tells_where_they_are(tmp_path, home):  # noqa: F811
    document = delivering(orders(**TYPED))
    (tmp_path / "report.json").write_text(json.dumps(document))
    command = ["run", str(tmp_path / "report.json"), "--out", str(tmp_path / "out")]
    done = ran(command)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[1].split() == ["orders", "source", "3", "2", "1"]
    [folder] = (home / "runs").iterdir()
    assert lines[-1].endswith(f"1 dead letter in {folder / 'dead_letters.parquet'}")
    as_json = ran([*command[:-1], str(tmp_path / "again"), "--format", "json"])
    told = json.loads(as_json.stdout)
    assert (as_json.returncode, told["status"], told["dead_letters"]["count"]) == (3, "incomplete", 1)
    assert pl.read_parquet(told["dead_letters"]["path"]).height == 1


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing_half_written(tmp_path, home, end):  # noqa: F811
    rows = [f"{number},north,{number}" for number in range(1_000_000)]
    rows[900_000] = "900000,north,many"
    (tmp_path / "orders.csv").write_text("id,region,amount\n" + "\n".join(rows) + "\n")
    document = delivering(orders(**TYPED), transforms=[{"type": "sort", "config": {"by": ["amount"]}}])
    (tmp_path / "report.json").write_text(json.dumps(document))
    running = started(["run", str(tmp_path / "report.json"), "--out", str(tmp_path / "out"), "--quiet"])
    until = time.monotonic() + 30
    while not list(home.glob("runs/*/mended-*")) and running.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(end)
    running.wait(timeout=60)
    assert running.returncode in {130, 143}
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
    assert files_under(home) == []
