"""Deliveries of messages through actions of plugins: a message's parts are the action's parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import MANIFEST
from tests.workflows import inline, workflow

ROWS = [{"who": "ada", "late": 3}, {"who": "bo", "late": 1}]


@pytest.fixture(autouse=True)
def _talking(tmp_path, shop):
    """The shop takes messages: a message is an order whose customer is the recipient."""
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["actions"]["create_order"]["message"] = {"recipient": "customer", "text": "note"}
    (tmp_path / "plugins" / "shop.yaml").write_text(json.dumps(manifest))


def _document(**rules: Any) -> dict[str, Any]:
    return workflow([inline("main", ROWS)], delivery_rules=rules)


def test_a_message_a_row_goes_through_the_action_that_sends(tmp_path, shop):
    made = _document(per_item_delivery={"plugin_key": "shop", "recipient_source": "who", "body_template":
                                        "{{late}} days late", "config": {"amount": "{{late}}"}})  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "ada", "note": "3 days late", "amount": 3},
                           {"customer": "bo", "note": "1 days late", "amount": 1}]  # fmt: skip
    [delivery] = result.deliveries
    assert (delivery.kind, delivery.status, delivery.outcome) == ("message", "delivered", {"sent": 2})


def test_general_words_are_read_as_what_the_action_calls_them(tmp_path, shop):
    made = _document(summary_delivery={"plugin_key": "shop", "config": {"channel": "#late", "message":
                                                                        "{{count}} orders"}})  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "#late", "note": "2 orders"}]


def test_a_message_without_recipient_is_refused(tmp_path):
    [found] = wf.validate(_document(summary_delivery={"plugin_key": "shop", "body_template": "x"}), base=tmp_path)
    assert (found.code, found.message) == ("IR202", "shop needs a recipient")


def test_a_key_that_the_action_does_not_take_is_told_at_its_place(tmp_path):
    made = _document(summary_delivery={"plugin_key": "shop", "recipient": "x", "body_template": "x",
                                       "config": {"amuont": 1}})  # fmt: skip
    [found] = wf.validate(made, base=tmp_path)
    assert (found.code, found.pointer, found.hint) == (
        "IR201", ("delivery_rules", "summary_delivery", "config", "amuont"), 'did you mean "amount"?',
    )  # fmt: skip


def test_copies_that_the_action_has_no_place_for_are_refused(tmp_path):
    made = _document(summary_delivery={"plugin_key": "shop", "recipient": "x", "body_template": "x", "cc": ["y"]})
    [found] = wf.validate(made, base=tmp_path)
    assert (found.code, found.message) == ("IR655", "a message by shop has no cc")


def test_what_one_destination_was_answered_is_read_by_the_next(tmp_path, shop):
    made = _document(multiple_destinations=[
        {"name": "order", "plugin_key": "shop", "execution_scope": "per_item", "recipient_source": "who",
         "body_template": "{{late}}"},
        {"name": "link", "plugin_key": "shop", "operation_type": "put_order", "execution_scope": "per_item",
         "config": {"id": "{{step_result.id}}"}},
    ])  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [each.status for each in result.deliveries] == ["delivered", "delivered"]
    assert shop.requests[2:] == ["PUT /orders/o1", "PUT /orders/o2"]


def test_a_preview_captures_messages_and_sends_none(tmp_path, shop):
    made = _document(per_item_delivery={"plugin_key": "shop", "recipient_source": "who", "body_template": "{{late}}"})
    wf.compile(made, base=tmp_path).run(out=tmp_path, preview=1)
    assert shop.requests == []
    [file] = tmp_path.rglob("0001.json")
    assert json.loads(file.read_text())["to"] == ["ada"]


def test_a_message_that_a_service_refuses_is_named_and_the_others_go_out(tmp_path, shop):
    rows = [{"who": "ada"}, {"who": "nobody"}]
    made = workflow([inline("main", rows)], delivery_rules={
        "per_item_delivery": {"plugin_key": "shop", "recipient_source": "who", "body_template": "hi"},
    })  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [each["customer"] for each in shop.orders] == ["ada"]
    assert result.status == "incomplete"
    assert "there is no such customer" in str(result.deliveries[0].error)
