"""What rows bring along stays a value: it chooses no path, host, header or parameter, and is no template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.plugins.account import PluginAccount
from connectors.plugins.plugin import Plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

TOKEN = "t-0123456789"
PARAMETERS = {"type": "object", "required": ["id"], "properties": {
    "id": {"type": "string"}, "text": {"type": "string"}, "tag": {"type": "string"}}}  # fmt: skip


@pytest.fixture
def orders(tmp_path: Path) -> Plugin:
    return plugin_of(
        tmp_path / "plugins",
        connection={"type": "object", "required": ["token"],
                    "properties": {"token": {"type": "string", "writeOnly": True}}},
        auth={"type": "bearer", "token": "{{connection.token}}"},
        actions={"cancel": {
            "kind": "delete", "parameters": PARAMETERS,
            "request": {"method": "DELETE", "path": "/orders/{{params.id}}/lines", "query": {"tag": "{{params.tag}}"},
                        "headers": {"X-Text": "{{params.text}}"}},
        }, "note": {
            "kind": "write", "parameters": PARAMETERS,
            "request": {"method": "POST", "path": "/notes", "body": {"text": "{{params.text}}", "id": "{{params.id}}"}},
        }},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a/b", "/api/orders/a%2Fb/lines"),
        ("../../admin", "/api/orders/..%2F..%2Fadmin/lines"),
        ("7?force=1#x", "/api/orders/7%3Fforce%3D1%23x/lines"),
        ("%2e%2e", "/api/orders/%252e%252e/lines"),
        ("@evil.example", "/api/orders/%40evil.example/lines"),
        ("a\\b", "/api/orders/a%5Cb/lines"),
        ("ä ö", "/api/orders/%C3%A4%20%C3%B6/lines"),
    ],
)
def test_a_value_in_a_path_is_one_part_of_it(receiver: HttpReceiver, orders: Plugin, value: str, path: str) -> None:
    with opened(orders, receiver.url, token=TOKEN) as session:
        called(session, orders, "cancel", {"id": value})
    assert receiver.requests == [f"DELETE {path}"]


@pytest.mark.parametrize("value", ["..", ".", ""])
def test_a_value_that_would_be_another_path_is_refused(receiver: HttpReceiver, orders: Plugin, value: str) -> None:
    with opened(orders, receiver.url, token=TOKEN) as session, pytest.raises(ConnectorProblem):
        called(session, orders, "cancel", {"id": value})
    assert receiver.requests == []


def test_a_value_in_a_query_is_one_value(receiver: HttpReceiver, orders: Plugin) -> None:
    with opened(orders, receiver.url, token=TOKEN) as session:
        called(session, orders, "cancel", {"id": "7", "tag": "a&admin=1#x"})
    assert receiver.requests == ["DELETE /api/orders/7/lines?tag=a%26admin%3D1%23x"]


@pytest.mark.parametrize("text", ["a\r\nX-Admin: 1", "a\nb", "a\0b"])
def test_a_value_that_would_break_a_header_is_refused(receiver: HttpReceiver, orders: Plugin, text: str) -> None:
    with opened(orders, receiver.url, token=TOKEN) as session, pytest.raises(ConnectorProblem):
        called(session, orders, "cancel", {"id": "7", "text": text})
    assert receiver.requests == []


@pytest.mark.parametrize(
    "text", ["{{connection.token}}", "{{params.id}}", '{"$base64": "x"}', "${TOKEN}", "'; DROP TABLE x; --", '","a":"'],
)  # fmt: skip
def test_a_value_is_never_read_as_a_template(receiver: HttpReceiver, orders: Plugin, text: str) -> None:
    with opened(orders, receiver.url, token=TOKEN) as session:
        called(session, orders, "note", {"id": "7", "text": text})
    assert json.loads(receiver.posts[0].body) == {"text": text, "id": "7"}
    assert TOKEN.encode() not in receiver.posts[0].body


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254", "http://[64:ff9b::a9fe:a9fe]", "http://127.0.0.1:1", "http://2130706433"]
)
def test_a_run_without_private_networks_reaches_none_of_their_addresses(orders: Plugin, address: str) -> None:
    parts: dict[str, Any] = {"token": TOKEN, "api_base": address, "allow_unencrypted": True}
    account = PluginAccount(ref=None, base=Path(), policy=Policy(private_networks=False), parts=parts)

    def call() -> None:
        called(open_session(orders, account, pace=FakePace(most_attempts=1)), orders, "cancel", {"id": "7"})

    with pytest.raises(ConnectorProblem) as refused:
        call()
    assert refused.value.code == "IR502"
    assert TOKEN not in str(refused.value)
