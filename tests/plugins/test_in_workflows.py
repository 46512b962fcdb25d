"""Shipped plugins in workflows, as steps, sources and deliveries, against a service that answers as the vendor does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.plugins.replaying import Answering, body_of
from tests.plugins.sent import Sent
from tests.workflows import inline, workflow


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    with Answering().running() as running:
        for name in ("SLACK", "AIRTABLE", "NOTION", "TRELLO", "DISCORD"):
            parts = {"token": f"example-{name}-0123456789", "api_base": running.url}
            monkeypatch.setenv(f"WEIRFLOW_{name}", json.dumps(parts))
        yield running


def run(document: dict[str, Any], **options: Any) -> Any:
    return wf.compile(document, **options).run()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_go_into_a_table_of_airtable_ten_at_a_time(service: Answering, engine: str) -> None:
    def created(sent: Sent) -> dict[str, Any]:
        records = body_of(sent)["records"]
        return {"body": {"records": [{"id": f"rec{index:014}", **each} for index, each in enumerate(records)]}}

    service.make_up(created)
    rows = [{"Number": f"F-{number}", "Amount": number + 0.5} for number in range(23)]
    step = {"id": "invoices", "plugin_key": "airtable", "operation_type": "append_rows", "input_source": "rows",
            "config": {"base_id": "appLkNDICXNqxSDhG", "table": "Invoices", "records": "{{rows}}"}}  # fmt: skip
    run(workflow([inline("rows", rows)], plugin_operations=[step]), engine=engine)
    sent = [body_of(each)["records"] for each in service.sent]
    assert [len(each) for each in sent] == [10, 10, 3]
    assert [each["fields"] for records in sent for each in records] == rows


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_message_of_slack_for_each_row_leaves_its_timestamp_on_the_row(
    service: Answering, engine: str, tmp_path: Any
) -> None:
    def posted(sent: Sent) -> dict[str, Any]:
        body = body_of(sent)
        return {"body": {"ok": True, "channel": body["channel"], "ts": f"{len(service.sent)}.0"}}

    service.make_up(posted)
    rows = [{"channel": "C1", "late": 2}, {"channel": "C2", "late": 3}]
    step = {"id": "told", "plugin_key": "slack", "operation_type": "send_message", "output_variable": "told",
            "config": {"channel": "{{channel}}", "text": "{{late}} invoices are late."}}  # fmt: skip
    delivery = {"file_delivery": {"format": "csv", "filename_template": "told.csv"}}
    plan = wf.compile(
        workflow([inline("rows", rows)], plugin_operations=[step], delivery_rules=delivery), engine=engine
    )
    plan.run(out=tmp_path)
    texts = sorted((body_of(each)["channel"], body_of(each)["text"]) for each in service.sent)
    assert texts == [("C1", "2 invoices are late."), ("C2", "3 invoices are late.")]
    told = pl.read_csv(tmp_path / "told.csv")
    assert told.columns == ["channel", "late", "told"]
    assert [json.loads(each)["channel"] for each in told["told"]] == told["channel"].to_list()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_rows_of_a_notion_database_are_a_source(service: Answering, engine: str) -> None:
    page = {"object": "page", "id": "p1", "url": "https://notion.so/p1", "created_time": "2026-11-01T08:00:00.000Z",
            "properties": {"Amount": {"number": 12.5}}, "archived": False}  # fmt: skip

    def answered(sent: Sent) -> dict[str, Any]:
        if sent.method == "GET":
            return {"body": {"object": "database", "data_sources": [{"id": "bc1211cae3f14939ae345260b16f627c"}]}}
        is_second = "start_cursor" in body_of(sent)
        results = [{**page, "id": "p2"}] if is_second else [page]
        return {"body": {"results": results, "has_more": not is_second, "next_cursor": None if is_second else "c1"}}

    service.make_up(answered)
    source = {"type": "api", "alias": "invoices", "plugin_key": "notion", "operation_type": "query_database",
              "config": {"database_id": "d9824bdc84454327be8b5b47500af6ce"}}  # fmt: skip
    frame = wf.compile(workflow([source]), engine=engine).collect("invoices")
    assert frame.select("id", "url").rows() == [("p1", "https://notion.so/p1"), ("p2", "https://notion.so/p1")]
    assert frame.schema["created_time"] == pl.Datetime("us", "UTC")
