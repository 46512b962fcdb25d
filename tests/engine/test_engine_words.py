"""What stops an engine is told in plain sentences, the same on both engines, at its step and its column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

LARGEST = 2**63 - 1


def stopped(document: dict[str, Any], engine: str) -> wf.Diagnostic:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, engine=engine).collect("data")
    [found] = failure.value.diagnostics
    assert found.code == "IR490"
    return found


def mapped(row: dict[str, Any], text: str, **schema: str) -> dict[str, Any]:
    step = {"type": "map", "config": {"columns": {"fine": "1 + 1", "x": text, "other": "'a'"}}}
    return workflow([inline("rows", [row], schema or None)], transforms=[step])


INTEGER = "compute with decimals, as in cast(x as decimal(38,0)), or with numbers"
DECIMAL = "cast to number first, or to a decimal with fewer digits"
WIDER = "cast to a wider type; try_cast gives null for what does not fit"
CAST = "try_cast gives null for what does not convert"
GUARD = "keep such rows away from it: case when … then … end"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("row", "text", "message", "hint"),
    [
        ({"a": LARGEST}, "a + 1", "9223372036854775808 does not fit an integer of 64 bits", INTEGER),
        ({"a": -LARGEST}, "a - 2", "-9223372036854775809 does not fit an integer of 64 bits", INTEGER),
        ({"a": 2**62}, "a * 4", "18446744073709551616 does not fit an integer of 64 bits", INTEGER),
        ({"a": -LARGEST - 1}, "-a", "9223372036854775808 does not fit an integer of 64 bits", INTEGER),
        ({"a": -LARGEST - 1}, "abs(a)", "9223372036854775808 does not fit an integer of 64 bits", INTEGER),
        ({"a": 1e300}, "cast(a as integer)", "1e+300 does not fit an integer of 64 bits", INTEGER),
        ({"a": 1e10}, "cast(a as decimal(4,2))", "1e+10 does not fit decimal(4,2)", WIDER),
        ({"a": 12345}, "cast(a as decimal(4,2))", "12345 does not fit decimal(4,2)", WIDER),
        ({"a": "x?1"}, "case when a > 'a' then cast(a as integer) end", '"x?1" cannot be cast to integer', CAST),
        ({"a": "31/13/2026"}, "strptime(a, '%d/%m/%Y')", '"31/13/2026" cannot be read by its pattern', GUARD),
        ({"a": 13}, "make_date(2026, a, 1)", "there is no date of year 2026, month 13, day 1", GUARD),
        ({"a": 10**12}, "date_add('day', a, make_date(2026, 1, 1))",
         "the result lies beyond the dates and times that can be computed", GUARD),
        ({"a": 2**62}, "date_add('hour', a, cast(make_date(2026, 1, 1) as datetime))",
         "the result lies beyond the dates and times that can be computed", GUARD),
    ],
)  # fmt: skip
def test_a_value_that_stops_an_expression(engine, row, text, message, hint):
    found = stopped(mapped(row, text), engine)
    assert (found.message, found.hint) == (message, hint)
    assert found.pointer == ("transforms", 0, "config", "columns", "x")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("value", "kind", "text", "message", "hint"),
    [
        ("9" * 20, "decimal(38,0)", "a * a", "a product has more than 38 digits", DECIMAL),
        ("12345.67", "decimal(10,2)", "cast(a as decimal(4,2))", "12345.67 does not fit decimal(4,2)", WIDER),
    ],
)
def test_a_decimal_that_stops_an_expression(engine, value, kind, text, message, hint):
    found = stopped(mapped({"a": value}, text, a=kind), engine)
    assert found.pointer == ("transforms", 0, "config", "columns", "x")
    assert (found.message, found.hint) == (message, hint)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["aggregate", "window"])
def test_a_sum_beyond_64_bits(engine, kind):
    key = "aggregates" if kind == "aggregate" else "columns"
    step = {"type": kind, "config": {key: {"n": "count(*)", "s": "sum(a)"}}}
    found = stopped(workflow([inline("rows", [{"a": LARGEST}] * 2)], transforms=[step]), engine)
    assert found.message == "18446744073709551614 does not fit an integer of 64 bits"
    assert found.pointer == ("transforms", 0, "config", key, "s")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


SORTED = {"transforms": [{"type": "sort", "config": {"by": ["text"]}}, {"type": "aggregate", "config": {
    "aggregates": {"n": "count(*)", "all": "string_agg(text)"}}}]}  # fmt: skip


@pytest.mark.usefixtures("home")
def test_a_memory_limit_that_is_too_small(tmp_path):
    pl.DataFrame({"text": [f"{number:08} {'x' * 80}" for number in range(100_000)]}).write_csv(tmp_path / "rows.csv")
    document = workflow([{"type": "file", "alias": "rows", "location": "rows.csv"}], settings={"memory_limit": "2 MB"},
                        delivery_rules={"file_delivery": {"format": "csv"}}, **SORTED)  # fmt: skip
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document, engine="duckdb", base=tmp_path).run(out=tmp_path / "out")
    [found] = failure.value.diagnostics
    assert found.message == "the memory was not enough: 1.9 MiB were allowed"
    assert found.hint == "allow more in settings: {memory_limit: …}, or leave that out"


@pytest.mark.usefixtures("home")
def test_a_disk_without_room_for_what_is_spilled(tmp_path, request):
    pl.DataFrame({"text": [f"{number:08} {'x' * 80}" for number in range(300_000)]}).write_csv(tmp_path / "rows.csv")
    document = workflow([{"type": "file", "alias": "rows", "location": "rows.csv"}], settings={"memory_limit": "30 MB"},
                        delivery_rules={"file_delivery": {"format": "csv"}}, **SORTED)  # fmt: skip
    plan = wf.compile(document, engine="duckdb", base=tmp_path)
    request.getfixturevalue("full_after_500_kB")
    with pytest.raises(wf.WorkflowError) as failure:
        plan.run(out=tmp_path / "out")
    [found] = failure.value.diagnostics
    assert found.message == "the working files of the run cannot be written: file too large"
    assert found.hint == "make room there, or set WEIRFLOW_HOME to a folder on a larger disk"
