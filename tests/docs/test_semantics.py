"""Every example of docs/semantics.md gives on both engines the value that stands beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from docs.generator.examples import plain_rows
from tests.workflows import inline, workflow

PAGE = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
ROWS = [
    {"nr": 0, "x": 1, "b": True, "s": "b"},
    {"nr": 1, "x": 2, "b": False, "s": "a"},
    {"nr": 2, "x": None, "b": None, "s": None},
    {"nr": 3, "x": 4, "b": True, "s": "a"},
]
SCHEMA = {"nr": "integer", "x": "integer", "b": "boolean", "s": "string"}


def examples(fence: str) -> list[tuple[str, str]]:
    """(expression, value) of each line in the page's blocks of that fence."""
    blocks = re.findall(rf"^```{fence}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    lines = [line.rpartition(" => ") for block in blocks for line in block.splitlines()]
    return [(text, value) for text, _, value in lines]


def check(step: dict[str, Any], value: str) -> None:
    document = workflow([inline("main", ROWS, SCHEMA)], settings={"timezone": "Europe/Berlin"}, transforms=[step])
    for engine in ("polars", "duckdb"):
        plan = wf.compile(document, engine=engine)
        if value == "error":
            with pytest.raises(wf.WorkflowError):
                plan.collect()
        else:
            assert plain_rows(plan.collect())[0]["found"] == json.loads(value), engine


@pytest.mark.parametrize(("text", "value"), examples("values"))
def test_an_expression_has_the_value_on_the_page(text: str, value: str) -> None:
    check({"type": "map", "config": {"columns": {"found": text}, "select": ["found"]}}, value)


@pytest.mark.parametrize(("text", "value"), examples("aggregates"))
def test_an_aggregate_has_the_value_on_the_page(text: str, value: str) -> None:
    check({"type": "reduce", "config": {"aggregates": {"found": text}}}, value)


def test_the_page_has_examples_of_both_sorts() -> None:
    assert len(examples("values")) > 100
    assert len(examples("aggregates")) > 15
