"""Conditionals: each row lands in one branch, a run takes one, and their deliveries run with what is theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"id": 1, "customer": "Ada", "amount": 12},
    {"id": 2, "customer": "Bo", "amount": 30},
    {"id": 3, "customer": "Cy", "amount": None},
    {"id": 4, "customer": "Di", "amount": 90},
]
TYPES = {"id": "integer", "customer": "string", "amount": "integer"}


def csv(name: str, **more: Any) -> dict[str, Any]:
    return {"delivery_rules": {"file_delivery": {"format": "csv", "filename_template": f"{name}.csv", **more}}}


def over(amount: Any) -> list[dict[str, Any]]:
    return [{"field": "amount", "operator": "greater_than", "value": amount}]


def document(*conditionals: dict[str, Any], rows: Any = ROWS, **sections: Any) -> dict[str, Any]:
    return workflow([inline("orders", rows, TYPES)], conditionals=list(conditionals), **sections)


def ids(folder: Path) -> dict[str, list[int]]:
    """The first column of every file that was made."""
    return {
        path.stem: [int(line.partition(",")[0]) for line in path.read_text().splitlines()[1:]]
        for path in folder.glob("*.csv")
    }


def statuses(result: wf.RunResult) -> dict[str, str]:
    return {each.id: each.status for each in result.deliveries}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_row_goes_to_the_first_branch_that_holds_and_null_to_else(tmp_path, engine):
    split = {
        "condition": over(50),
        "then_actions": csv("huge"),
        "elif_branches": [{"condition": over(20), "then_actions": csv("large")}],
        "else_actions": csv("others"),
    }
    result = wf.run(document(split, **csv("all")), engine=engine, out=tmp_path)
    assert result.status == "succeeded"
    assert ids(tmp_path) == {"huge": [4], "large": [2], "others": [1, 3], "all": [1, 2, 3, 4]}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_branch_without_rows_makes_no_file_and_says_why(tmp_path, engine):
    split = {"id": "large", "condition": over(100), "then_actions": csv("large"), "else_actions": csv("others")}
    result = wf.run(document(split), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"others": [1, 2, 3, 4]}
    [left_out] = [each for each in result.deliveries if each.status == "skipped"]
    assert (result.status, result.exit_code, left_out.rows) == ("succeeded", 0, 0)
    assert left_out.error == "the branch large.then has no rows (amount greater_than 100)"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("condition", "more", "made"),
    [
        ([{"field": "{{data.count}}", "operator": "greater_than", "value": 3}], {}, "then"),
        ([{"field": "{{data.count}}", "operator": "greater_than", "value": 4}], {}, "else"),
        ([{"field": "{{inputs.mode}}", "operator": "equals", "value": "full"}], {}, "then"),
        ([{"field": "{{run.year}}", "operator": "less_than", "value": 2000}], {}, "else"),
        ([{"field": "{{totals.amount}}", "operator": "greater_than", "value": 131}], {}, "then"),
        (over(80), {"scope": "run", "match": "any"}, "then"),
        (over(80), {"scope": "run", "match": "all"}, "else"),
        (over(11), {"match": "all"}, "else"),
    ],
)
def test_a_run_takes_one_branch_with_all_rows(tmp_path, engine, condition, more, made):
    split = {"condition": condition, "then_actions": csv("then"), "else_actions": csv("else"), **more}
    totals = {"type": "reduce", "output_variable": "totals", "config": {"aggregates": {"amount": "sum(amount)"}}}
    mode = {"name": "mode", "type": "text", "default_value": "full"}
    found = document(split, transforms=[totals], runtime_inputs=[mode])
    result = wf.run(found, engine=engine, out=tmp_path)
    assert ids(tmp_path) == {made: [1, 2, 3, 4]}
    assert sorted(each.status for each in result.deliveries) == ["delivered", "skipped"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_branch_that_the_run_takes_delivers_also_without_rows(tmp_path, engine):
    empty = [{"field": "{{data.count}}", "operator": "equals", "value": 0}]
    split = {"condition": empty, "then_actions": csv("nothing"), "else_actions": csv("something")}
    wf.run(document(split, rows=[]), engine=engine, out=tmp_path)
    assert ids(tmp_path) == {"nothing": []}
