"""`weirflow bench`: data made from the sources, and what the runs over it took."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from engine.bench.domains import joined_columns
from engine.bench.made_sources import make_sources, samples_of
from engine.bench.measurement import BenchResult, Measurement, StepTime
from engine.bench.workflow import measured_workflow
from engine.cli.main import run_command_line
from ir.writing import to_json
from tests.workflows import inline, workflow

EXAMPLES = Path(__file__).parents[2] / "examples"


def orders(count: int = 40) -> list[dict[str, Any]]:
    """Every fourth order without an amount, three regions, customers C-0 to C-9."""
    return [
        {
            "order": number,
            "customer": f"C-{number % 10}",
            "region": ["north", "south", "west"][number % 3],
            "amount": None if number % 4 == 0 else number / 8,
            "sold": f"2026-01-{number % 28 + 1:02d}",
            "paid": number % 2 == 0,
            "price": f"{number}.50",
        }
        for number in range(count)
    ]


CUSTOMERS = [{"id": f"C-{number}", "name": f"Customer {number}"} for number in range(10)]
SHOP = workflow(
    [inline("orders", orders(), {"sold": "date", "price": "decimal(10,2)"}), inline("customers", CUSTOMERS)],
    name="shop",
    transforms=[
        {"type": "map", "config": {"rename": {"customer": "buyer"}}},
        {"type": "enrich", "config": {"source": "customers", "on": {"buyer": "id"}, "how": "inner"}},
        {"type": "aggregate", "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}},
    ],
    delivery_rules={"file_delivery": [{"format": "pdf", "destination": {"path": "/nowhere/at/all"}}]},
)


def made(plan: wf.Plan, rows: int, folder: Path) -> dict[str, pl.DataFrame]:
    paths = make_sources(plan, samples_of(plan), rows, folder)
    document = measured_workflow(plan, paths, as_written=False)
    again = wf.compile(document, base=folder)
    return {name: again.collect(name) for name in paths}


def test_the_largest_source_has_the_rows_asked_for_and_the_others_their_proportion(tmp_path: Path) -> None:
    rows = made(wf.compile(SHOP), 1000, tmp_path)
    assert {name: each.height for name, each in rows.items()} == {"orders": 1000, "customers": 250}


def test_made_rows_have_the_schema_of_the_sources(tmp_path: Path) -> None:
    plan = wf.compile(SHOP)
    for name, rows in made(plan, 500, tmp_path).items():
        assert rows.schema == plan.collect(name).schema


def test_every_key_finds_a_partner_and_a_key_stands_once(tmp_path: Path) -> None:
    rows = made(wf.compile(SHOP), 1000, tmp_path)
    assert rows["customers"]["id"].n_unique() == 250
    assert set(rows["orders"]["customer"]) <= set(rows["customers"]["id"])
    assert rows["orders"]["customer"].n_unique() > 200


def test_made_columns_follow_the_sample(tmp_path: Path) -> None:
    rows = made(wf.compile(SHOP), 4000, tmp_path)["orders"]
    assert rows["order"].n_unique() == 4000
    assert set(rows["region"]) == {"north", "south", "west"}
    assert 0.2 < rows["amount"].null_count() / 4000 < 0.3
    assert (rows["amount"].min(), rows["amount"].max()) >= (0.125, 0)
    assert rows["amount"].max() <= 39 / 8  # type: ignore[operator]
    assert set(rows["paid"]) == {True, False}
    assert rows["price"].is_between(Decimal("0.50"), Decimal("39.50")).all()
    assert rows["sold"].is_between(datetime.date(2026, 1, 1), datetime.date(2026, 1, 28)).all()


def test_columns_are_followed_through_renames_and_joins() -> None:
    graph = wf.compile(SHOP).compiled.graph
    assert joined_columns(graph) == [{("orders", "customer"), ("customers", "id")}]


def test_a_key_of_two_columns_stands_once(tmp_path: Path) -> None:
    days = [{"day": day, "shop": shop, "weather": "sun"} for day in range(4) for shop in ("a", "b")]
    visits = [{"day": number % 4, "shop": "ab"[number % 2], "count": number} for number in range(32)]
    plan = wf.compile(
        workflow(
            [inline("visits", visits), inline("days", days)],
            transforms=[{"type": "enrich", "config": {"source": "days", "on": ["day", "shop"]}}],
        )
    )
    rows = made(plan, 4000, tmp_path)
    assert rows["days"].height == 1000
    assert rows["days"].select("day", "shop").n_unique() == 1000


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet", "txt"])
def test_sources_keep_their_format(ending: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"line": ["a", "b", "b"]})
    file = tmp_path / f"source.{ending}"
    if ending == "txt":
        file.write_text("a\nb\nb\n")
    else:
        getattr(frame, f"write_{ending}")(file)
    plan = wf.compile(workflow([{"type": "file", "alias": "lines", "location": str(file)}]))
    (tmp_path / "made").mkdir()
    paths = make_sources(plan, samples_of(plan), 100, tmp_path / "made")
    assert paths["lines"].suffix == f".{ending}"
    assert set(made(plan, 100, tmp_path / "made")["lines"]["line"]) == {"a", "b"}


def test_nested_and_empty_sources_can_be_made(tmp_path: Path) -> None:
    nested = [{"id": 1, "tags": ["a"], "at": {"x": 1}}, {"id": 2, "tags": [], "at": None}]
    kinds = {"a": "string", "b": "integer", "c": "date", "d": "decimal(5,1)", "e": "boolean", "f": "json"}
    plan = wf.compile(workflow([inline("nested", nested), inline("empty", [], kinds)]))
    rows = made(plan, 50, tmp_path)
    assert rows["nested"].height == 50
    assert rows["empty"].schema == plan.collect("empty").schema


def test_bad_rows_of_a_source_and_their_frame_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,amount\n1,2\n2,x\n3,4\n")
    config = {"schema": {"id": "integer", "amount": "integer"}, "max_bad": 5}
    document = workflow(
        [{"type": "file", "alias": "a", "location": "a.csv", "rejects": "bad", "config": config}],
        delivery_rules={"file_delivery": [{"format": "csv", "input_source": "bad", "filename_template": "bad.csv"}]},
    )
    (found,) = wf.bench(document, rows=[20], engines="polars", runs=1, steps=False, base=tmp_path).measurements
    assert found.source_rows == 20


def test_nothing_is_written_where_the_workflow_says(tmp_path: Path) -> None:
    plan = wf.compile(SHOP)
    paths = make_sources(plan, samples_of(plan), 10, tmp_path)
    (delivery,) = measured_workflow(plan, paths, as_written=False)["delivery_rules"]["file_delivery"]
    assert delivery == {"id": "delivery_0", "format": "parquet", "filename_template": "delivery_0.parquet",
                        "options": {"overwrite": True}}  # fmt: skip
    assert "/nowhere" not in json.dumps(measured_workflow(plan, paths, as_written=True))


def test_a_bench_measures_each_size_on_each_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.json").write_text(to_json(SHOP))
    code = run_command_line(
        ["bench", "shop.json", "--rows", "100,400", "--runs", "1", "--format", "json", "--json", "times.json"]
    )
    captured = capsys.readouterr()
    assert code == 0, captured.err
    found = json.loads(captured.out)["measurements"]
    assert [(each["rows"], each["engine"], each["source_rows"]) for each in found] == [
        (100, "polars", 125), (100, "duckdb", 125), (400, "polars", 500), (400, "duckdb", 500)
    ]  # fmt: skip
    for each in found:
        assert min(each["seconds"]) > 0
        assert min(each["compile_seconds"]) > 0
        assert each["peak_memory_bytes"] > 50_000_000
        assert [step["name"] for step in each["steps"]] == ["orders", "customers", "map_1", "enrich_2", "aggregate_3"]
        assert each["slow_step"] in {step["name"] for step in each["steps"]}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["shop.json", "times.json"]


def measurement(engine: str, *seconds: float) -> Measurement:
    return Measurement(
        engine=engine, chosen="duckdb", rows=1000, source_rows=1500, seconds=seconds, cpu_seconds=seconds,
        compile_seconds=seconds, peak_memory_bytes=10**8,
        steps=(StepTime(name="a", kind="source", cpu_seconds=0.1), StepTime(name="b", kind="sort", cpu_seconds=0.3)),
    )  # fmt: skip


def test_pytest_benchmark_compares_the_files(tmp_path: Path) -> None:
    for name, factor in (("before", 2.0), ("after", 1.0)):
        result = BenchResult(workflow="shop", measurements=(measurement("auto", factor, 2 * factor, 3 * factor),))
        (tmp_path / f"{name}.json").write_text(json.dumps(result.as_pytest_benchmark()))
    command = [sys.executable, "-m", "pytest_benchmark", "compare", "before.json", "after.json"]
    compared = subprocess.run(
        [*command, "--columns=min,mean,max,rounds"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "shop 1000 rows" in compared
    assert compared.count("shop[auto-1000]") == 2
    assert "2.0000" in compared
    assert "6.0000" in compared


def test_the_numbers_of_a_measurement() -> None:
    found = measurement("auto", 0.5, 0.25)
    assert found.rows_per_second == 6000
    assert found.slowest is not None
    assert found.slowest.name == "b"
    stats = BenchResult(workflow="w", measurements=(found,)).as_pytest_benchmark()["benchmarks"][0]["stats"]
    assert (stats["min"], stats["max"], stats["mean"], stats["rounds"], stats["total"]) == (0.25, 0.5, 0.375, 2, 0.75)


def test_a_bench_from_python_takes_inputs_and_one_engine() -> None:
    result = wf.bench(
        EXAMPLES / "hr" / "headcount.yaml", rows=[50], engines="duckdb", runs=1, inputs={"as_of": "2026-06-30"}
    )
    (found,) = result.measurements
    assert (found.engine, found.chosen, found.rows) == ("duckdb", "duckdb", 50)


@pytest.mark.parametrize("arguments", [["--rows", "many"], ["--rows", "0"], ["--engines", "spark"]])
def test_what_is_no_size_or_engine_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["bench", "x.yaml", *arguments]) == 2
    assert "is no" in capsys.readouterr().err


def test_a_workflow_that_does_not_compile_is_not_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["bench", str(tmp_path / "none.yaml")]) == 2
    assert "IR101" in capsys.readouterr().err
