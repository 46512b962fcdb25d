"""What stops a collection from being read, told in plain words and without a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from docs.generator.findings import failing_cases
from tests.connectors.test_mongodb_bad_rows import delivered
from tests.connectors.test_mongodb_reading import source, workflow
from tests.servers.mongodb import Documents
from tests.servers.wire import wire_to


def problem_of(document: Mapping[str, Any]) -> wf.Diagnostic:
    with pytest.raises(wf.WorkflowError) as raised:
        wf.compile(document)
    [problem] = [each for each in raised.value.diagnostics if each.severity == "error"]
    return problem


@pytest.fixture
def shop(mongodb: Documents) -> Documents:
    mongodb.insert("orders", {"_id": 1, "status": "open", "amount": 10})
    return mongodb


@pytest.mark.parametrize(
    ("asked", "config", "code", "message", "hint"),
    [
        ({"table": "order"}, {}, "IR570", r'test_\w+ on 127.0.0.1:\d+ has no collection "order"',
         'did you mean "orders"?'),
        ({"columns": ["amont"]}, {}, "IR521", 'no document of the sample of orders has the key "amont"',
         'did you mean "amount"?'),
        ({"columns": ["refund"]}, {}, "IR521", 'no document of the sample of orders has the key "refund"',
         "declare it where it is rare: config: {schema: {refund: string}}"),
        ({"order_by": ["amont"]}, {}, "IR521", 'no document of the sample of orders has the key "amont"',
         'did you mean "amount"?'),
        ({"query": [{"$project": {"_id": 0, "a": "$amount", "A": "$amount"}}]}, {}, "IR532",
         'the keys "a" and "A" differ only in case', "rename one in a pipeline: query: [{$project: {…}}]"),
        ({"query": [{"$match": {"status": "none"}}, {"$group": {"_id": 1}}]}, {}, "IR525",
         "no document is there to tell the columns",
         "declare them: config: {schema: {column: type}}; weirflow schema pin does it while there are some"),
        ({"query": {"status": "{{inputs.state}}"}}, {}, "IR302", 'there is no input "state"',
         "declare it under runtime_inputs"),
        ({"query": [{"$macth": {}}]}, {}, "IR582", '"$macth" is no stage that a source may have',
         'did you mean "$match" or "$facet"?'),
        ({"query": [{"$facet": {"a": [{"$merge": "x"}]}}]}, {}, "IR582", "$merge writes, and a source only reads",
         "write the rows with a database_delivery"),
        ({"query": [{"$lookup": {"from": "a", "as": "b", "pipeline": [{"$out": "x"}]}}]}, {}, "IR582",
         "$out writes, and a source only reads", "write the rows with a database_delivery"),
        ({"query": [{"$group": {"_id": 1, "a": {"$accumulator": {}}}}]}, {}, "IR582",
         "$accumulator runs JavaScript on the server", "write the condition with operators, or filter in a step"),
        ({"query": {"on": {"$date": "soon"}}}, {}, "IR581", 
         '{"$date": "soon"} is no value: time data \'soon\' does not match ISO-8601 datetime format', None),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_opened_says_why(
    shop: Documents, monkeypatch: pytest.MonkeyPatch, asked: Mapping[str, Any], config: Any, code: str, message: str,
    hint: str | None,
) -> None:  # fmt: skip
    problem = problem_of(workflow(source(shop, monkeypatch, config=config, **asked)))

    assert problem.code == code
    assert problem.message == message or re.fullmatch(message, problem.message)
    assert problem.hint == hint


def test_a_wrong_password_is_told_without_it(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch)
    monkeypatch.setenv("SHOP_MONGO", shop.url_as(shop.access.user, "not-the-password"))

    problem = problem_of(workflow(orders))

    assert problem.code == "IR580"
    assert problem.message.endswith("does not accept the user and password")
    assert "not-the-password" not in str(problem)
    assert problem.pointer == ("data_sources", 0, "database_config", "connection", "credentials_ref")


def test_parts_of_a_credential_reach_the_database_too(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch)
    parts = {"host": shop.access.host, "port": shop.access.port, "user": shop.access.user,
             "password": shop.access.password, "database": shop.name}  # fmt: skip
    monkeypatch.setenv("SHOP_MONGO", json.dumps(parts))

    assert wf.compile(workflow(orders)).collect("data").height == 1


def test_an_option_that_is_none_is_named_no_further(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch)
    monkeypatch.setenv("SHOP_MONGO", shop.url + "&serverSelectionTimeout=hunter2")

    problem = problem_of(workflow(orders))

    assert problem.code == "IR580"
    assert problem.message.endswith("an option of it is not MongoDB's")
    assert "hunter2" not in str(problem)


def test_a_collection_that_the_user_may_not_read_is_named(shop: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = source(shop, monkeypatch)
    monkeypatch.setenv("SHOP_MONGO", shop.url.replace(f"/{shop.name}?", "/books?"))

    problem = problem_of(workflow(orders))

    assert problem.code == "IR583"
    assert problem.message.startswith("the user may not do this with the collection orders of books on 127.0.0.1")
    assert problem.pointer == ("data_sources", 0, "database_config", "table")


def test_a_connection_that_breaks_in_the_middle_stops_the_run(
    mongodb: Documents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mongodb.insert("orders", *({"_id": number, "text": "x" * 1000} for number in range(15_000)))
    orders = source(mongodb, monkeypatch)
    with wire_to(mongodb.access.host, mongodb.access.port) as wire:
        url = mongodb.url_as(mongodb.access.user, mongodb.access.password, port=wire.port,
                             options="&directConnection=true&serverSelectionTimeoutMS=300")  # fmt: skip
        monkeypatch.setenv("SHOP_MONGO", url)
        plan = wf.compile(workflow(orders, **delivered("data")), base=tmp_path)
        wire.cut_after = wire.passed["down"] + 12_000_000
        with pytest.raises(wf.WorkflowError) as raised:
            plan.run()

    [problem] = raised.value.diagnostics
    assert problem.code == "IR583"
    assert "the connection to" in problem.message
    assert problem.pointer is not None
    assert problem.pointer[:2] == ("data_sources", 0)
    assert not list(tmp_path.rglob("*.ndjson"))


def test_validate_opens_nothing_and_checks_the_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_MONGO", raising=False)
    asked = {"connection": {"plugin_key": "mongodb", "credentials_ref": "env:SHOP_MONGO"}, "table": "orders"}
    orders = {"type": "database", "alias": "orders", "database_config": asked}

    assert [each.code for each in wf.validate(workflow(orders))] == ["IR508"]
    asked["query"] = [{"$out": "x"}]
    assert [each.code for each in wf.validate(workflow(orders)) if each.severity == "error"] == ["IR582"]


@pytest.mark.parametrize("case", [each for each in failing_cases() if each.server == "mongodb"],
                         ids=lambda case: f"{case.code}/{case.golden.stem}")  # fmt: skip
def test_a_case_that_needs_a_server_says_its_golden_text(
    case: Any, shop: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB", shop.url)
    said = case.said().replace(f"{shop.name} on {shop.access.host}:{shop.access.port}", "shop on shop.example")

    assert said == case.golden.read_text(encoding="utf-8")
