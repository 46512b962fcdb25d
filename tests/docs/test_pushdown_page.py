"""The page about what databases do says what plans say and what the tables of meanings hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weirflow as wf
from engine.pushdown.meanings import MEANINGS
from ir import types as t
from ir.loading import load
from tests.engine.pushdown.shop import make_shop, rows

PAGE = (Path(__file__).parents[2] / "docs" / "pushdown.md").read_text(encoding="utf-8")
TYPES: dict[str, type[t.DataType]] = {
    "integer": t.Integer, "number": t.Number, "decimal(p,s)": t.Decimal, "string": t.String, "boolean": t.Boolean,
    "date": t.Date, "datetime": t.Datetime, "time": t.Time,
}  # fmt: skip


def test_the_plan_of_the_example_reads_as_the_page_says(tmp_path: Path) -> None:
    make_shop(tmp_path)
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    [said] = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)
    workflow = tmp_path / "workflow.yaml"
    workflow.write_text(f'ir_version: "3.1"\ngoal: test\nsettings: {{}}\n{example}', encoding="utf-8")
    document = load(workflow).value
    plan = wf.compile(document, base=tmp_path)
    shown = plan.explain().replace(f"{tmp_path}/", "")
    assert " ".join(said.split()) in " ".join(shown.split())
    assert rows(document, tmp_path) == [("OSLO", 1, 10.5)]


def test_the_table_says_what_each_database_does() -> None:
    table = PAGE.split("| | PostgreSQL | MySQL, MariaDB | SQLite |")[1].split("\n\n")[0]
    said = {}
    for line in table.strip().splitlines()[1:]:
        name, *words = (each.strip() for each in line.strip("|").split("|"))
        said[name.strip("`")] = [word == "yes" for word in words]
    meanings = [MEANINGS[kind] for kind in ("postgres", "mysql", "sqlite")]
    functions = {name for each in meanings for name in (*each.aggregated, *each.parts)} - {"all rows"}
    assert said == {
        **{name: [issubclass(kind, each.types) for each in meanings] for name, kind in TYPES.items()},
        **{name: [name in each.aggregated | each.parts for each in meanings] for name in functions},
    }


@pytest.mark.parametrize("reason", re.findall(r"^\| (several .*?|the same rows .*?|columns that are not .*?) \|", PAGE,
                                              flags=re.MULTILINE))  # fmt: skip
def test_the_reasons_are_those_that_plans_give(reason: str) -> None:
    code = (Path(__file__).parents[2] / "engine" / "pushdown" / "graph.py").read_text(encoding="utf-8")
    assert reason in code
