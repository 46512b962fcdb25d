"""The page about the original's dialects: its example is translated as it says, and gives what it should."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import weirflow as wf
from ir.diagnostics import Problems
from ir.loading import loads
from ir.workflow import read_document
from ir.writing import to_yaml
from tests.dialects.corpus import CORPUS

PAGE = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text(encoding="utf-8")
WRITTEN, TRANSLATED = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_example_is_read_as_the_page_says() -> None:
    document = loads(WRITTEN, file="paid.yaml", syntax="yaml")
    current, workflow = read_document(document, Problems(document))
    assert workflow is not None
    assert to_yaml(current.value) == TRANSLATED


@pytest.mark.parametrize("text", [WRITTEN, TRANSLATED], ids=["original", "3.1"])
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_both_forms_of_the_example_give_the_same(text: str, engine: str) -> None:
    plan = wf.compile(loads(text, file="paid.yaml", syntax="yaml").value, engine=engine, base=CORPUS)
    rows = plan.collect("data").select("id", "city").sort("id").rows()
    assert rows == [(1, "Boston"), (3, None), (5, "Lyon")]


def test_the_form_in_3_1_is_valid_without_a_word() -> None:
    assert wf.validate(loads(TRANSLATED, file="paid.yaml", syntax="yaml").value, base=CORPUS) == []
