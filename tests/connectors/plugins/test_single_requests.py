"""Single requests of a manifest, against a service that runs here."""

from __future__ import annotations

from connectors.plugins.registry import find_plugin
from tests.connectors.plugins.calling import called, opened
from tests.servers.http_receiver import HttpReceiver


def test_a_shipped_manifest_sends_one_request_and_reads_its_answer(receiver: HttpReceiver) -> None:
    slack = find_plugin("slack")
    receiver.fail("POST", "/api/chat.postMessage", status=200, body='{"ok": true, "ts": "17.2", "channel": "C1"}')
    with opened(slack, receiver.url, token="xoxb-0123456789") as session:
        outcome = called(session, slack, "post_message", {"channel": "#sales", "text": "Done"})
    assert outcome.output == {"ts": "17.2", "channel": "C1"}
    assert receiver.requests == ["POST /api/chat.postMessage"]
