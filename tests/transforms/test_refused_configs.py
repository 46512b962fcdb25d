"""What a transform refuses before a row moves, on both engines alike."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf

ROWS = [{"id": 1, "kind": "a", "amount": 1.5, "day": "2026-01-31", "tags": ["x"]}]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("transform", "code", "words"),
    [
        ({"type": "pivot", "config": {"index": ["id"], "columns": "kind", "values": "day"}},
         "IR411", "sum takes numbers"),
        ({"type": "pivot", "config": {"index": ["id"], "columns": "kind", "values": "amount", "fill": "none"}},
         "IR405", "'none' is no number"),
        ({"type": "pivot", "config": {"index": ["id"], "columns": "tags", "values": "amount"}},
         "IR408", "list(string)"),
        ({"type": "limit", "config": {"rows": 10**20}}, "IR205", "at most 4294967295"),
        ({"type": "sort", "config": {"by": ["id"], "limit": 2**63}}, "IR205", "at most 4294967295"),
        ({"type": "aggregate", "config": {"group_by": ["id"], "aggregates": {"": "count(*)"}}},
         "IR407", "without a name"),
        ({"type": "map", "config": {"rename": {"id": " "}}}, "IR407", "without a name"),
        ({"type": "map", "config": {"columns": {"a\0b": "id"}}}, "IR407", "NUL"),
        ({"type": "map", "config": {"columns": {"x": "extract(yaer from day)"}}}, "IR410", "yaer is no part of a date"),
        ({"type": "filter", "config": {"conditions": [{"field": "id", "operator": "equals", "value": True}]}},
         "IR405", "true is no number"),
    ],
)  # fmt: skip
def test_it_is_refused_when_compiled(engine: str, transform: dict[str, Any], code: str, words: str) -> None:
    source = {"type": "tabular", "source": "inline", "config": {"rows": ROWS, "schema": {"day": "date"}}}
    document = {"ir_version": "3.1", "goal": "refused", "data_sources": [source], "transforms": [transform]}
    with pytest.raises(wf.WorkflowError) as raised:
        wf.compile(document, engine=engine)
    assert [each.code for each in raised.value.diagnostics] == [code]
    assert words in raised.value.diagnostics[0].message


def test_an_expression_cut_at_its_comma_shows_the_quotes_to_write(tmp_path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("""
ir_version: "3.1"
goal: round
data_sources: [{type: tabular, source: inline, config: {rows: [{v: 1.234}]}}]
transforms: [{type: map, config: {columns: {v: round(v, 2)}}}]
""")
    (found,) = wf.validate(file)
    assert found.hint == "a comma inside { } ends a text: quote the expression as a whole"


@pytest.mark.parametrize("rows", [[], [{}]])
def test_inline_rows_without_a_column_ask_for_their_schema(rows: list[Any]) -> None:
    source = {"type": "tabular", "source": "inline", "alias": "orders", "config": {"rows": rows}}
    (found,) = wf.validate({"ir_version": "3.1", "goal": "no columns", "data_sources": [source]})
    assert (found.code, found.message) == ("IR407", '"orders" has no column')


def test_a_merge_that_names_no_source_is_told() -> None:
    source = {"type": "tabular", "source": "inline", "config": {"rows": [{"id": 1}]}}
    document = {"ir_version": "3.1", "goal": "none", "data_sources": [source],
                "data_merge": {"strategy": "union", "sources": []}}  # fmt: skip
    assert [each.code for each in wf.validate(document)] == ["IR222"]
