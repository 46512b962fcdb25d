"""`weirflow test --update`: what was found takes the place of what was expected, and nothing else changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import weirflow as wf
from ir.editing import CannotEdit
from ir.loading import loads
from ir.replacing import with_value

SALES = Path(__file__).parents[3] / "examples" / "quickstart"
BEFORE = """\
# ours
tests:
  - name: revenue is summed by region   # really
    sources:
      source_0:
        - {region: north, quantity: 2, price: 10.50}
        - {region: south, quantity: 1, price: 3.25}
    expect:
      frames:
        data:
          - {region: north, orders: 1, revenue: 20.00}   # the best
          # no other
      deliveries:
        csv: {rows: [{region: north, revenue: 21.00}, {region: south, revenue: 3.30}, {region: b}], text: nowhere}
        xlsx: {rows: 3}
      diagnostics: [IR440]
  - name: nothing
    sources: {source_0: []}
    expect: {frames: {data: [{region: a}]}}
"""
AFTER = """\
# ours
tests:
  - name: revenue is summed by region   # really
    sources:
      source_0:
        - {region: north, quantity: 2, price: 10.50}
        - {region: south, quantity: 1, price: 3.25}
    expect:
      frames:
        data:
          - {region: north, orders: 1, revenue: 21.00}   # the best
          - {region: south, orders: 1, revenue: 3.25}
          # no other
      deliveries:
        csv: {rows: [{region: north, revenue: 21.00}, {region: south, revenue: 3.25}], text: nowhere}
        xlsx: {rows: 2}
      diagnostics: []
  - name: nothing
    sources: {source_0: []}
    expect: {frames: {data: []}}
"""


@pytest.mark.parametrize("engine", ["polars", "duckdb", "both"])
def test_an_update_writes_what_was_found_and_keeps_comments_and_layout(engine: str, tmp_path: Path) -> None:
    shutil.copytree(SALES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "sales_test.yaml"
    file.write_text(BEFORE, encoding="utf-8")
    report = wf.test(file, engine=engine, update=True)
    assert report.updated == (file,)
    assert file.read_text(encoding="utf-8") == AFTER
    [difference] = wf.test(file).results[0].differences
    assert difference.expected == "the text nowhere"  # a fragment is the author's


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("rows: []\n", [{"a": 1}], "rows: [{a: 1}]\n"),
        ("rows:\n- a: 1  # one\n- a: 2\n", [{"a": 1}, {"a": 3}], "rows:\n- a: 1  # one\n- a: 3\n"),
        ("rows:\n  - {a: 1}  # one\n  - {a: 2}\nx-b: 1\n", [{"a": 1}], "rows:\n  - {a: 1}  # one\nx-b: 1\n"),
        ("rows:\n  - a: 1\n    b: 2\nx-b: 1\n", [{"a": 1, "b": "on"}], 'rows:\n  - a: 1\n    b: "on"\nx-b: 1\n'),
        ("rows:\n", 3, "rows: 3\n"),
        ("rows: 3  # so many\n", 4, "rows: 4  # so many\n"),
    ],
)
def test_a_value_is_replaced_where_it_stands(text: str, value: object, after: str) -> None:
    assert with_value(loads(text, file="a.yaml", syntax="yaml"), ("rows",), value).text == after


def test_a_value_that_is_shared_through_an_alias_is_left() -> None:
    document = loads("one: &rows [{a: 1}]\ntwo: *rows\n", file="a.yaml", syntax="yaml")
    with pytest.raises(CannotEdit):
        with_value(document, ("two",), [{"a": 2}])
