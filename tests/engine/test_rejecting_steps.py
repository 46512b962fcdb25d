"""What a run does with the rows that a step rejects."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import weirflow as wf
from engine.run_folder import run_folder
from tests.workflows import ENGINES, files_under, inline, workflow
from transforms.rejects import Rejects

NULL = "cast(null as string)"
LETTERS = {
    "source": "'main'", "step": "'strict'", "file": NULL, "row": "k", "column": "'k'", "text": "cast(k as string)",
    "rule": "'range'", "reason": "'too large'", "original": "concat('{\"k\":', cast(k as string), '}')",
}  # fmt: skip


def step(name: str, reads: str, kind: str, **config: object) -> dict[str, object]:
    return {"type": kind, "input_source": reads, "output_variable": name, "config": config}


def rejecting(limit: int, engine: str, rows: int = 3) -> wf.Plan:
    """A step `strict` that rejects each k above the limit."""
    document = workflow(
        [inline("main", [{"k": each} for each in range(1, rows + 1)])],
        name="strict",
        transforms=[
            step("over", "main", "filter", where=f"k > {limit}"),
            step("letters", "over", "map", columns=LETTERS, drop=["k"]),
            step("strict", "main", "filter", where=f"k <= {limit}"),
        ],
        delivery_rules={"file_delivery": {"format": "csv", "input_source": "strict"}},
    )  # fmt: skip
    plan = wf.compile(document, engine=engine)
    plan.compiled.rejects.append(Rejects(letters=plan.compiled.graph["letters"].frame))
    return plan


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("engine", ENGINES)
def test_rejected_rows_are_the_dead_letters_of_the_run(engine: str, tmp_path: Path, home: Path) -> None:
    result = rejecting(1, engine).run(out=tmp_path)
    folder = home / "runs" / result.run_id
    assert (result.status, result.exit_code) == ("incomplete", 3)
    assert result.dead_letters == {"count": 2, "path": str(folder / "dead_letters.parquet")}
    assert [each.get("dead_letters") for each in result.as_json()["steps"]] == [None, 2, None]
    assert pl.read_parquet(result.dead_letters["path"])["row"].to_list() == [2, 3]
    assert json.loads((folder / "dead_letters.ndjson").read_text().splitlines()[0]) == {
        "source": "main", "step": "strict", "file": None, "row": 2, "column": "k", "text": "2", "rule": "range",
        "reason": "too large", "original": '{"k":2}',
    }  # fmt: skip
    assert files_under(folder) == ["dead_letters.ndjson", "dead_letters.parquet"]
    assert (tmp_path / "strict.csv").read_text() == "k\n1\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_without_rejected_rows_leaves_no_folder(engine: str, tmp_path: Path, home: Path) -> None:
    result = rejecting(9, engine).run(out=tmp_path)
    assert (result.status, result.exit_code, result.dead_letters) == ("succeeded", 0, {"count": 0, "path": None})
    assert files_under(home) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_many_rejected_rows_come_in_batches(engine: str, tmp_path: Path) -> None:
    result = rejecting(1, engine, rows=25_001).run(out=tmp_path)
    assert pl.read_parquet(result.dead_letters["path"])["row"].to_list() == list(range(2, 25_002))


@pytest.mark.parametrize("engine", ENGINES)
def test_collecting_and_looking_write_no_dead_letters(engine: str, home: Path) -> None:
    plan = rejecting(1, engine)
    assert plan.collect("strict")["k"].to_list() == plan.preview("strict")["k"].to_list() == [1]
    assert not home.exists()


def test_unfinished_letters_do_not_outlive_a_run(home: Path) -> None:
    with run_folder("r1") as folder:
        (folder / "dead_letters.0.part").touch()
        (folder / "duckdb").mkdir()
    assert not home.exists()
