"""Single requests of a manifest, against a service that runs here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import weirflow as wf
from connectors.plugins.registry import find_plugin
from tests.connectors.plugins.calling import called, opened
from tests.servers.http_receiver import HttpReceiver
from tests.workflows import inline, workflow


def test_a_shipped_manifest_sends_one_request_and_reads_its_answer(receiver: HttpReceiver) -> None:
    slack = find_plugin("slack")
    receiver.fail("POST", "/api/chat.postMessage", status=200, body='{"ok": true, "ts": "17.2", "channel": "C1"}')
    with opened(slack, receiver.url, token="xoxb-0123456789") as session:
        outcome = called(session, slack, "post_message", {"channel": "#sales", "text": "Done"})
    assert outcome.output == {"ts": "17.2", "channel": "C1"}
    assert receiver.requests == ["POST /api/chat.postMessage"]


def test_a_number_with_a_point_may_stand_in_a_config(
    receiver: HttpReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "month.yaml"
    step = {"id": "deal", "plugin_key": "hubspot", "operation_type": "create_deal",
            "config": {"properties": {"amount": "AMOUNT"}}}  # fmt: skip
    document = json.dumps(workflow([inline("orders", [{"a": 1}])], plugin_operations=[step]))
    file.write_text(document.replace('"AMOUNT"', "120.50"))
    monkeypatch.setenv("WEIRFLOW_HUBSPOT", json.dumps({"token": "pat-0123456789", "api_base": receiver.url}))
    wf.compile(file).run()
    assert [each.json["properties"] for each in receiver.posts] == [{"amount": "120.5"}]


def test_the_names_that_locations_of_a_store_have_for_parts_of_credentials_are_known(receiver: HttpReceiver) -> None:
    dropbox = find_plugin("dropbox")
    receiver.fail("POST", "/oauth2/token", status=200, body='{"access_token": "t-1", "expires_in": 100}')
    receiver.fail("POST", "/2/files/get_metadata", status=200, body='{"name": "a.csv"}')
    with opened(dropbox, receiver.url, refresh_token="r-0123456789", app_key="k", app_secret="s-0123456789") as session:
        assert called(session, dropbox, "get_metadata", {"path": "/a.csv"}).output == {"name": "a.csv"}
    assert receiver.requests == ["POST /oauth2/token", "POST /2/files/get_metadata"]
