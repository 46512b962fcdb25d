"""Workflows whose steps are actions of databases, stores, mail servers and any address."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document
from tests.servers.http_receiver import HttpReceiver
from tests.servers.mongodb import Documents
from tests.servers.s3 import Bucket
from tests.servers.smtp import MailServer
from tests.workflows import workflow

ROWS = [{"id": 1, "who": "ada", "total": 12.5}, {"id": 2, "who": "bo'); drop table orders; --", "total": 7.0}]


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table orders (id integer primary key, who text, total numeric)")
        connection.execute("insert into orders values (9, 'dee', 3)")
    connection.close()
    return tmp_path / "shop.db"


def orders(file: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(file) as connection:
        return connection.execute("select id, who, total from orders order by id").fetchall()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_go_into_a_table_and_a_query_of_it_is_read_by_the_next_step(engine, tmp_path, shop_file):
    made = document(
        ROWS,
        {"plugin_key": "sqlite", "operation_type": "insert_rows", "config": {"path": "shop.db", "table": "orders"},
         "output_variable": "added"},
        {"plugin_key": "sqlite", "operation_type": "query", "output_variable": "sums", "depends_on": ["op_0"],
         "execution_scope": "once",
         "config": {"path": "shop.db", "query": "select count(*) as n from orders where total > :least",
                    "parameters": {"least": "{{inputs.least}}"}}},
        runtime_inputs=[{"name": "least", "type": "number", "default_value": 5}],
    )  # fmt: skip
    result = wf.compile(made, engine=engine, base=tmp_path).run(out=tmp_path)
    assert orders(shop_file) == [(1, "ada", 12.5), (2, "bo'); drop table orders; --", 7), (9, "dee", 3)]
    assert result["added"]["inserted"].to_list() == [2]
    assert result["sums"]["n"].to_list() == [2]


def test_each_row_changes_the_row_of_its_id(tmp_path, shop_file):
    config = {"path": "shop.db", "table": "orders", "key_fields": ["id"], "row": {"id": "{{id}}", "who": "{{who}}"}}
    made = document([{"id": 1, "who": "ada"}, {"id": 2, "who": "bo"}],
                    {"plugin_key": "sqlite", "operation_type": "upsert_row", "config": config})  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert orders(shop_file) == [(1, "ada", None), (2, "bo", None), (9, "dee", 3)]


def test_a_reference_in_a_query_is_refused_with_what_to_write(tmp_path):
    made = document(ROWS, {"plugin_key": "sqlite", "operation_type": "query", "execution_scope": "per_item",
                     "config": {"query": "select 1 from orders where who = '{{who}}'"}})  # fmt: skip
    with pytest.raises(wf.WorkflowError) as refused:
        wf.compile(made, base=tmp_path)
    [found] = [each for each in refused.value.diagnostics if each.code == "IR569"]
    assert found.message == "{{who}} stands in a text that is run, where nothing is filled in"
    assert found.hint == "write :name in it, and the value under parameters: {name: …}"


def test_a_value_that_is_an_operator_changes_no_filter(tmp_path, mongodb: Documents, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_MONGODB", mongodb.url)
    mongodb.insert("orders", {"number": 1}, {"number": 2})
    made = document(
        [{"wanted": json.dumps({"$ne": 0})}],
        {"plugin_key": "mongodb", "operation_type": "delete_documents", "on_error": "continue", "rejects": "bad",
         "config": {"collection": "orders", "filter": {"number": "{{wanted}}"}}, "output_variable": "gone"},
        schema={"wanted": "json"},
    )  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert mongodb.rows("orders") == [{"number": 1}, {"number": 2}]
    assert "which is an operator" in result["bad"]["_reason"][0]


def test_a_document_that_is_refused_among_others_has_none_of_them_added_twice(
    tmp_path, mongodb: Documents, monkeypatch
):
    monkeypatch.setenv("WEIRFLOW_MONGODB", mongodb.url)
    mongodb.insert("orders", {"number": 2})
    mongodb.database["orders"].create_index("number", unique=True)
    made = document([{"number": each} for each in (1, 2, 3, 4)],
                    {"plugin_key": "mongodb", "operation_type": "insert_documents", "on_error": "continue",
                     "rejects": "bad", "config": {"collection": "orders"}, "output_variable": "added"})  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert sorted(each["number"] for each in mongodb.rows("orders")) == [1, 2, 3, 4]
    assert result["bad"].select("number", "_row").rows() == [("2", 2)]
    assert result["added"]["inserted"].to_list() == [1, 2]


_NAMED = "https://shop.example/{{who}}"


@pytest.mark.parametrize("url", ["https://{{who}}/orders", "https://{{who}}.example/", "{{who}}",
                                 "https://shop.example{{who}}"])  # fmt: skip
def test_rows_say_what_is_asked_of_an_address_and_not_whom(tmp_path, url):
    def asked(where: str) -> wf.Plan:
        made = document(ROWS, {"plugin_key": "http", "operation_type": "request", "config": {"url": where}})
        return wf.compile(made, base=tmp_path)

    with pytest.raises(wf.WorkflowError) as refused:
        asked(url)
    assert {each.code for each in refused.value.diagnostics} == {"IR569"}
    asked(_NAMED)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as service:
        yield service


def test_an_endpoint_is_a_source_of_all_its_pages(tmp_path, receiver):
    for page in ({"rows": [{"id": 1}, {"id": 2}], "next": "/orders?after=2"}, {"rows": [{"id": 3}]}):
        receiver.fail("GET", "/orders", status=200, body=json.dumps(page))
    source = {"type": "api", "alias": "orders", "plugin_key": "http", "endpoint": f"{receiver.url}/orders", "config": {
        "items": "rows", "paging": {"style": "next_url", "next": "next"}, "schema": {"id": "integer"}}}  # fmt: skip
    made = workflow([source], delivery_rules={"file_delivery": {"format": "csv", "filename_template": "made.csv"}})
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert result["data"]["id"].to_list() == [1, 2, 3]


def test_a_file_of_a_bucket_goes_out_by_mail(tmp_path, s3: Bucket, mail_server: MailServer, monkeypatch):
    s3.put("2026/a.csv", b"a,b\n1,2\n")
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "endpoint_url": s3.endpoint}
    monkeypatch.setenv("WEIRFLOW_S3", json.dumps({**keys, "region": s3.region}))
    made = document(
        [{"who": "a"}],
        {"plugin_key": "s3", "operation_type": "download_file", "output_variable": "report",
         "config": {"bucket": s3.name, "path": "2026/{{who}}.csv"}},
        {"plugin_key": "email", "operation_type": "send_email", "depends_on": ["op_0"],
         "config": {"to": "{{who}}@example.com", "subject": "Your report", "text": "See the file.",
                    "attachments": ["{{report}}"]}},
    )  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    [mail] = mail_server.mails
    assert (mail.recipients, mail.attachments) == (("a@example.com",), {"a.csv": b"a,b\n1,2\n"})


def test_a_value_stays_one_part_of_an_address(tmp_path, receiver):
    rows = [{"who": each} for each in ("a/../b?x=1&y#z", "..", None, "ü")]
    config = {"url": f"{receiver.url}/orders/{{{{who}}}}?by={{{{who}}}}", "body": {}}
    step = {"plugin_key": "http", "operation_type": "request", "config": config, "on_error": "continue",
            "output_variable": "made"}  # fmt: skip
    result = wf.compile(document(rows, step), base=tmp_path).run(out=tmp_path)
    sent = "a%2F..%2Fb%3Fx%3D1%26y%23z"
    assert [each.path for each in receiver.posts] == [f"/orders/{sent}?by={sent}", "/orders/%C3%BC?by=%C3%BC"]
    assert result["data"]["made_error"].to_list() == [
        None, "a part of the address is . or .., which leads elsewhere",
        "who has no value: the path of the address needs it", None,
    ]  # fmt: skip


def test_databases_take_the_general_words_data_and_params(tmp_path, shop_file):
    upsert = {"plugin_key": "sqlite", "operation_type": "upsert",
              "config": {"path": "shop.db", "table": "orders", "data": "{{data}}", "key_fields": ["id"]}}  # fmt: skip
    query = {"plugin_key": "sqlite", "operation_type": "query", "output_variable": "found", "depends_on": ["op_0"],
             "config": {"path": "shop.db", "query": "select who from orders where id = :x",
                        "params": {"x": 1}}}  # fmt: skip
    result = wf.compile(document(ROWS, upsert, query), base=tmp_path).run(out=tmp_path)
    assert [each[0] for each in orders(shop_file)] == [1, 2, 9]
    assert result["found"]["who"].to_list() == ["ada"]
