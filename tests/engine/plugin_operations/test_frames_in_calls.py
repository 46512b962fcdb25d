"""Calls whose config names a frame: its rows are sent as a list, all at once or some at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import ENGINES, inline, workflow

SCHEMA = {"id": "integer", "price": "decimal(10,2)", "due": "date", "more": "json"}
ROWS = [
    {"id": 1, "price": "1.25", "due": "2026-01-31", "more": {"a": [1]}},
    {"id": 2, "price": None, "due": None, "more": None},
    {"id": 3, "price": "3.00", "due": None, "more": 4},
]
SENT = [
    {"id": 1, "price": 1.25, "due": "2026-01-31", "more": {"a": [1]}},
    {"id": 2, "price": None, "due": None, "more": None},
    {"id": 3, "price": 3, "due": None, "more": 4},
]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as running:
        yield running


def _document(receiver: HttpReceiver, body: Any, rows: list[dict[str, Any]] = ROWS, **more: Any) -> dict[str, Any]:
    settings = more.pop("settings", {})
    operation = {"id": "send", "plugin_key": "http", "operation_type": "request",
                 "config": {"url": f"{receiver.url}/orders", "body": body}, **more}  # fmt: skip
    return workflow([inline("orders", rows, SCHEMA)], settings=settings, plugin_operations=[operation])


@pytest.mark.parametrize("engine", ENGINES)
def test_all_rows_are_one_body(receiver: HttpReceiver, engine: str, tmp_path: Path) -> None:
    document = _document(receiver, {"orders": "{{data}}", "day": "{{run.date}}"}, output_variable="answer")
    document["transforms"] = [{"type": "map", "input_source": "answer", "config": {"columns": {"taken": "answer"}}}]
    wf.compile(document, engine=engine, now=datetime(2026, 2, 1, tzinfo=UTC)).run(out=tmp_path)
    assert [each.json for each in receiver.posts] == [{"orders": SENT, "day": "2026-02-01"}]


def test_the_rows_of_another_frame_are_those_of_the_input(receiver: HttpReceiver, tmp_path: Path) -> None:
    wf.compile(_document(receiver, "{{orders}}", input_source="orders", execution_scope="once")).run(out=tmp_path)
    assert [each.json for each in receiver.posts] == [SENT]


def test_a_batch_is_some_rows_in_each_call(receiver: HttpReceiver, tmp_path: Path) -> None:
    document = _document(receiver, "{{data}}", execution_scope="batch", settings={"batch_rows": 2})
    wf.compile(document).run(out=tmp_path)
    assert [each.json for each in receiver.posts] == [SENT[:2], SENT[2:]]


def test_a_frame_without_rows_is_an_empty_list(receiver: HttpReceiver, tmp_path: Path) -> None:
    wf.compile(_document(receiver, "{{data}}", [])).run(out=tmp_path)
    wf.compile(_document(receiver, "{{data}}", [], execution_scope="batch")).run(out=tmp_path)
    assert [each.json for each in receiver.posts] == [[]]


def test_a_column_of_the_name_stands_before_the_frame(receiver: HttpReceiver, tmp_path: Path) -> None:
    rows = [{"orders": 1}, {"orders": 2}]
    document = _document(receiver, "{{orders}}", input_source="orders")
    document["data_sources"] = [inline("orders", rows)]
    wf.compile(document).run(out=tmp_path)
    assert [each.json for each in receiver.posts] == [1, 2]


def test_more_rows_than_a_value_may_have_are_refused_before_anything_is_sent(
    receiver: HttpReceiver, tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text("id\n" + "7\n" * 100_001)
    document = _document(receiver, "{{data}}")
    document["data_sources"] = [{"type": "file", "alias": "orders", "location": "orders.csv"}]
    plan = wf.compile(document, base=tmp_path)
    assert "100,001 rows are too much" in str(plan.requests()[0].calls[0].why_not)
    with pytest.raises(wf.WorkflowError, match="100,001 rows are too much for one value of a call") as met:
        plan.run(out=tmp_path)
    assert [each.code for each in met.value.diagnostics] == ["IR670"]
    assert receiver.requests == []


def test_a_dry_run_shows_the_first_rows_and_how_many_there_are(receiver: HttpReceiver) -> None:
    rows = [{"id": each} for each in range(1, 1001)]
    document = _document(receiver, {"orders": "{{data}}"}, rows)
    document["data_sources"] = [inline("orders", rows)]
    [found] = wf.compile(document).requests()
    assert (found.summary, found.calls[0].call) == ("http request, once with all rows", "the call, with 1,000 rows")
    assert found.calls[0].requests[0].body == {"orders": [{"id": 1}, {"id": 2}, {"id": 3}, "… and 997 more"]}
    assert receiver.requests == []
    assert json.dumps(found.as_json()).count('"id"') == 3


def test_rows_within_a_text_are_refused_also_beside_a_frame_that_is_a_value(receiver: HttpReceiver) -> None:
    with pytest.raises(wf.WorkflowError) as met:
        wf.compile(_document(receiver, {"orders": "{{data}}", "note": "orders: {{data}}."}))
    [found] = met.value.diagnostics
    assert (found.code, found.pointer[-2:], found.message) == (
        "IR303", ("body", "note"), '"data" is a list of rows, and a text holds none')  # fmt: skip
