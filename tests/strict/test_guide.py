"""The guide for prompts: every example in it is valid, it names everything there is, and it fits a prompt."""

from __future__ import annotations

import re
from typing import Any

import pytest

import weirflow as wf
from engine.guide import guide, tokens_of
from engine.guide.words import EXAMPLE, SECTIONS, SOURCES, TRANSFORM_EXAMPLES
from ir.loading import loads
from ir.model.workflow import Workflow
from tests.workflows import both_engines, inline, workflow
from transforms.conditions import OPERATORS
from transforms.expressions.functions import FUNCTIONS
from transforms.registry import TRANSFORMS

GUIDE = guide()
ORDERS = inline(
    "orders",
    [{"id": 1, "customer": "Ada", "amount": "10.00", "ordered_at": "2026-01-05T10:00:00", "tags": ["a"],
      "address": {"city": "Oslo", "zip": "0150"}, "status": "paid"}],
    schema={"id": "integer", "customer": "string", "amount": "decimal(10,2)", "ordered_at": "datetime",
            "tags": "list(string)", "address": "struct(city: string, zip: string)", "status": "string"},
)  # fmt: skip
CUSTOMERS = inline("customers", [{"name": "Ada", "tier": "gold"}])


def yaml(text: str) -> dict[str, Any]:
    return loads(text, file="w.yaml", syntax="yaml").value


def test_every_section_transform_operator_and_function_is_named() -> None:
    assert set(SECTIONS) == set(Workflow.model_fields) - {"description"}
    assert list(TRANSFORM_EXAMPLES) == list(TRANSFORMS)
    words = set(re.findall(r"\w+", GUIDE))
    assert {each.name for each in OPERATORS.values()} <= words
    assert {each.name for each in FUNCTIONS.values() if not each.hidden} <= words


def test_it_fits_a_prompt() -> None:
    assert tokens_of(GUIDE) < 6_000


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_the_example_of_a_transform_is_valid(kind: str) -> None:
    shown = f"{{type: {kind}, config: {TRANSFORM_EXAMPLES[kind]}}}"
    assert shown in GUIDE
    step = yaml(f"step: {shown}")["step"]
    document = workflow([ORDERS, CUSTOMERS], transforms=[step])
    assert [str(each) for each in wf.validate(document)] == []


@pytest.mark.parametrize("source", re.findall(r"^- (\{type.*?\})(?:: .*)?$", SOURCES, flags=re.MULTILINE))
def test_the_example_of_a_source_is_valid(source: str) -> None:
    document = workflow([yaml(f"source: {source}")["source"]])
    # the file of the example is not there, and validate asks no database
    assert [str(each) for each in wf.validate(document) if each.code not in {"IR505", "IR508"}] == []


def test_the_whole_workflow_is_valid_and_gives_what_it_says() -> None:
    document = yaml(EXAMPLE)
    assert EXAMPLE.strip() in GUIDE
    assert wf.validate(document) == []
    rows = both_engines(document).to_dicts()
    assert [(row["tier"], str(row["month"]), str(row["revenue"]), row["orders"]) for row in rows] == [
        ("gold", "2026-01-01", "120.50", 1),
        ("silver", "2026-02-01", "40.00", 1),
    ]
