"""The rows a run could not take, as the folder of the run keeps them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from engine.dead_letters import SCHEMA, DeadLetters


def letters(*rows: dict[str, object]) -> pl.DataFrame:
    empty = dict.fromkeys(SCHEMA)
    return pl.DataFrame([empty | row for row in rows], schema=SCHEMA)


def test_both_files_hold_the_letters_in_the_order_they_were_added(tmp_path: Path) -> None:
    dead = DeadLetters(tmp_path / "run")
    dead.add(letters({"source": "orders", "file": "orders.csv", "row": 2, "column": "amount", "text": "x",
                      "rule": "type", "reason": '"x" is no integer', "original": '{"amount":"x"}'}))  # fmt: skip
    dead.add(letters({"source": "orders", "step": "days"}, {"source": "orders", "step": "days"}).lazy())
    path = dead.finish()
    assert path == tmp_path / "run" / "dead_letters.parquet"
    assert pl.read_parquet(path)["step"].to_list() == [None, "days", "days"]
    lines = (tmp_path / "run" / "dead_letters.ndjson").read_text().splitlines()
    assert json.loads(lines[0]) == {
        "source": "orders", "step": None, "file": "orders.csv", "row": 2, "column": "amount", "text": "x",
        "rule": "type", "reason": '"x" is no integer', "original": '{"amount":"x"}',
    }  # fmt: skip
    assert len(lines) == 3
    assert dead.as_json() == {"count": 3, "path": str(path)}
    assert (dead.of("days"), dead.of("orders")) == (2, 1)
    assert sorted(each.name for each in (tmp_path / "run").iterdir()) == ["dead_letters.ndjson", "dead_letters.parquet"]


def test_without_letters_no_file_is_made(tmp_path: Path) -> None:
    dead = DeadLetters(tmp_path)
    dead.add(letters())
    assert dead.finish() is None
    assert dead.as_json() == {"count": 0, "path": None}
    assert list(tmp_path.iterdir()) == []


def test_letters_that_are_cleared_are_not_counted_and_leave_no_file(tmp_path: Path) -> None:
    dead = DeadLetters(tmp_path)
    dead.add(letters({"source": "orders", "rule": "type"}))
    dead.clear()
    dead.add(letters({"source": "orders", "rule": "json"}))
    assert dead.of("orders") == 1
    assert pl.read_parquet(str(dead.finish())).height == 1


def test_a_frame_of_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="dead letters are"):
        DeadLetters(tmp_path).add(letters({"source": "orders"}).with_columns(pl.col("row").cast(pl.Int32)))
