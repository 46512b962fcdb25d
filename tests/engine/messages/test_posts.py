"""Posts of a whole workflow: where they go, and what a row cannot do to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import weirflow as wf
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import ENGINES, inline, workflow

ORDERS = [{"id": 1, "customer": "Ada"}, {"id": 2, "customer": "Bo"}, {"id": 3, "customer": "Ada"}]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as running:
        yield running


def _document(rules: dict[str, Any], rows: list[dict[str, Any]] = ORDERS, **sections: Any) -> dict[str, Any]:
    return workflow([inline("orders", rows, {"id": "integer", "customer": "string"})], name="orders",
                    delivery_rules=rules, **sections)  # fmt: skip


def _post(url: str, **config: Any) -> dict[str, Any]:
    return {"plugin_key": "http", "config": {"url": url, **config}}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_group_is_posted_to_the_address_of_its_delivery(receiver, engine):
    rules = {"per_group_delivery": _post(f"{receiver.url}/groups")}
    [delivery] = wf.run(_document(rules, grouping={"group_by": "customer"}), engine=engine).deliveries
    assert [(post.json["group"], post.json["count"]) for post in receiver.posts] == [
        ({"customer": "Ada"}, 2), ({"customer": "Bo"}, 1)]  # fmt: skip
    assert delivery.target == f"http to {receiver.url}/groups"


def test_a_value_in_a_url_leads_to_no_other_path_or_query(receiver):
    rows = [{"id": 1, "customer": "../admin?all#x y"}, {"id": 2, "customer": ".."}, {"id": 3, "customer": "Zoë"}]
    rules = {"per_item_delivery": _post(f"{receiver.url}/orders/{{{{customer}}}}/late")}
    [delivery] = wf.run(_document(rules, rows)).deliveries
    assert [post.path for post in receiver.posts] == [
        "/orders/..%2Fadmin%3Fall%23x%20y/late", "/orders/Zo%C3%AB/late"]  # fmt: skip
    assert delivery.outcome == {"sent": 2, "failed": 1}
    assert delivery.error is not None
    assert 'row 2: customer is "..", which leads elsewhere in an address' in delivery.error


def test_the_beginning_of_a_url_may_come_from_an_input(receiver):
    inputs = [{"name": "base", "type": "text", "default_value": f"{receiver.url}/v1"}]
    rules = {"summary_delivery": _post("{{inputs.base}}/orders?of={{workflow}}")}
    wf.run(_document(rules, runtime_inputs=inputs))
    assert [post.path for post in receiver.posts] == ["/v1/orders?of=orders"]


def test_values_stay_values_in_a_text_that_is_json(receiver):
    rows = [{"id": 1, "customer": 'Ada", "paid": true, "x": "\n'}, {"id": None, "customer": None}]
    body = '{"id": {{id}}, "name": "to {{customer}}", "raw": {{customer}}}'
    rules = {"per_item_delivery": _post(receiver.url, body=body)}
    wf.run(_document(rules, rows))
    assert [post.json for post in receiver.posts] == [
        {"id": 1, "name": f"to {rows[0]['customer']}", "raw": rows[0]["customer"]},
        {"id": None, "name": "to ", "raw": None},
    ]


@pytest.mark.parametrize(
    ("delivery", "message"),
    [
        ({**_post("https://api.example.com"), "attachments": ["list"]}, "a post has no attachments"),
        ({**_post("https://api.example.com"), "cc": "ada@example.com"}, "a post has no cc"),
        ({"plugin_key": "http"}, "http needs an address to post to"),
    ],
)
def test_what_a_post_cannot_carry_and_where_it_could_not_go_is_told_when_compiled(delivery, message):
    files = {"id": "list", "format": "csv"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(_document({"file_delivery": files, "summary_delivery": delivery}))
    assert [each.message for each in failure.value.diagnostics] == [message]
