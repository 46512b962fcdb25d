"""What answers become: columns of every type, values of their own, rows."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.model import ModelServer
from tests.workflows import inline, workflow

ROWS = [{"id": 1, "text": "a"}, {"id": 2, "text": None}]
DELIVERY = {"file_delivery": {"format": "csv"}}


def result_of(operation: dict[str, Any], tmp_path: Path, *, engine: str = "auto", **more: Any) -> wf.RunResult:
    document = workflow([inline("main", ROWS, {"text": "string"})], ai_operations=[operation],
                        delivery_rules=DELIVERY, **more)  # fmt: skip
    return wf.compile(document, engine=engine).run(out=tmp_path)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_fields_of_every_type_become_columns_of_it(model: ModelServer, tmp_path: Path, engine: str) -> None:
    types = {"s": "string", "i": "integer", "n": "number", "d": "decimal(10,2)", "b": "boolean", "day": "date",
             "at": "datetime", "j": "object", "l": "array", "k": "list(integer)", "o": "struct(x: date)"}  # fmt: skip
    model.script = [{"s": "x", "i": 7, "n": 1.5, "d": 12.5, "b": True, "day": "2026-01-31", "at": "2026-01-31T10:00:00",
                     "j": '{"a": 1}', "l": ["p", "q"], "k": [1, 2], "o": {"x": "2026-02-01"}}]  # fmt: skip
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    result = result_of({"type": "extract", "instruction": "read", "columns": ["text"],
                        "output_schema": {"type": "object", "fields": fields}}, tmp_path, engine=engine)  # fmt: skip
    first, second = result["data"].drop("id", "text").to_dicts()
    assert first == {
        "s": "x", "i": 7, "n": 1.5, "d": Decimal("12.50"), "b": True, "day": date(2026, 1, 31),
        "at": datetime(2026, 1, 31, 10), "j": '{"a": 1}', "l": ["p", "q"], "k": [1, 2], "o": {"x": date(2026, 2, 1)},
    }  # fmt: skip
    assert set(second.values()) <= {None}  # a row that says nothing is not asked about
    assert len(model.calls) == 1


def test_a_list_of_objects_is_one_column_of_the_row(model: ModelServer, tmp_path: Path) -> None:
    model.script = [{"answer": [{"item": "pen", "count": 2}, {"item": "ink", "count": 1}]}]
    schema = {"type": "array", "fields": [{"name": "item", "type": "string"}, {"name": "count", "type": "integer"}]}
    operation = {"type": "extract", "instruction": "read {{text}}", "output_schema": schema, "output_variable": "lines"}
    exploded = {"type": "explode", "input_source": "lines", "output_variable": "each", "config": {"field": "lines"}}
    result = result_of(operation, tmp_path, transforms=[exploded])
    assert result["lines"]["lines"].to_list()[0] == [{"item": "pen", "count": 2}, {"item": "ink", "count": 1}]
    assert [each["lines"] for each in result["each"].to_dicts()][:2] == [
        {"item": "pen", "count": 2}, {"item": "ink", "count": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "said", "rows"),
    [
        ({"type": "string"}, {"answer": "fine"}, [{"all": "fine"}]),
        ({"type": "object", "fields": [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]},
         {"a": 1, "b": "x"}, [{"a": 1, "b": "x"}]),
        ({"type": "array", "items": {"type": "object", "fields": [{"name": "a", "type": "integer"}]}},
         {"answer": [{"a": 1}, {"a": 2}]}, [{"a": 1}, {"a": 2}]),
        ({"type": "array", "items": {"type": "integer"}}, {"answer": [1, 2]}, [{"all": [1, 2]}]),
    ],
)  # fmt: skip
def test_an_answer_about_all_rows_is_a_frame_of_its_own(
    model: ModelServer, tmp_path: Path, schema: dict[str, Any], said: Any, rows: list[dict[str, Any]]
) -> None:
    model.script = [said]
    operation = {"type": "extract", "instruction": "read", "scope": "batch", "output_schema": schema,
                 "output_variable": "all"}  # fmt: skip
    result = result_of(operation, tmp_path)
    assert result["all"].to_dicts() == rows
    assert result["data"].columns == ["id", "text"]
    assert model.calls[0].data == {"rows": ROWS}


def test_answers_of_normalize_take_the_place_of_the_columns_they_are_about(model: ModelServer, tmp_path: Path) -> None:
    model.script = [{"text": "A"}]
    operation = {"type": "normalize", "instruction": "write {{text}} in capitals",
                 "output_schema": {"type": "object", "fields": [{"name": "text", "type": "string"}]}}  # fmt: skip
    assert result_of(operation, tmp_path)["data"].to_dicts() == [{"id": 1, "text": "A"}, {"id": 2, "text": None}]


@pytest.mark.parametrize(
    ("kind", "said", "columns"),
    [
        ("sentiment", {"answer": "Positive"}, {"ai_sentiment": "positive"}),
        ("validate", {"is_valid": False, "reason": "too short"}, {"is_valid": False, "reason": "too short"}),
        ("generate", {"answer": "Dear you"}, {"ai_generate": "Dear you"}),
    ],
)
def test_types_have_answers_of_their_own(
    model: ModelServer, tmp_path: Path, kind: str, said: Any, columns: dict[str, Any]
) -> None:
    model.script = [said]
    found = result_of({"type": kind, "instruction": "do {{text}}"}, tmp_path)["data"].to_dicts()[0]
    assert found == {"id": 1, "text": "a", **columns}


def test_no_rows_ask_nothing(model: ModelServer, tmp_path: Path) -> None:
    nothing = [{"field": "id", "operator": "greater_than", "value": 9}]
    result = result_of({"type": "summarize", "instruction": "short", "output_variable": "short"}, tmp_path,
                       filters=nothing)  # fmt: skip
    assert result["short"].to_dicts() == [{"short": None}]
    assert model.calls == []
