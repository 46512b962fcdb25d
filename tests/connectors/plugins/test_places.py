"""Where requests of plugins may go, whatever a manifest, its credentials, data or an answer say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.plugin import Plugin
from connectors.plugins.session import open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

READ = {"read": {"kind": "read", "request": {"path": "/"}}}
NO_PRIVATE = Policy(private_networks=False)


def refused(plugin: Plugin, policy: Policy, **parts: Any) -> ConnectorProblem:
    """Why a call that a policy forbids is not made."""
    account = PluginAccount(ref=None, base=Path(), policy=policy, parts=parts)

    def call() -> None:
        session = open_session(plugin, account)
        try:
            waited_for(session.call(plugin.action("read"), {}))
        finally:
            waited_for(session.close())

    with pytest.raises(ConnectorProblem) as met:
        call()
    return met.value


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "169.254.169.254", "[::ffff:169.254.169.254]", "10.0.0.1", "100.64.0.1", "[64:ff9b::a9fe:a9fe]",
     "localhost"],
)  # fmt: skip
def test_addresses_of_this_side_are_refused_where_the_policy_says_so(tmp_path: Path, host: str) -> None:
    plugin = plugin_of(tmp_path, base_url=f"https://{host}/api", actions=READ)
    assert refused(plugin, NO_PRIVATE).code == "IR502"
    elsewhere = plugin_of(tmp_path / "other", actions=READ)
    assert refused(elsewhere, NO_PRIVATE, api_base=f"https://{host}").code == "IR502"


def test_hosts_that_the_policy_does_not_name_are_refused(tmp_path: Path) -> None:
    assert refused(plugin_of(tmp_path, actions=READ), Policy(hosts=frozenset({"other.example"}))).code == "IR502"


def test_a_part_of_the_connection_cannot_leave_its_place_in_the_host(tmp_path: Path) -> None:
    connection = {"type": "object", "properties": {"tenant": {"type": "string", "description": "Whose."}}}
    plugin = plugin_of(tmp_path, base_url="https://{{connection.tenant}}.shop.example", connection=connection,
                       actions=READ)  # fmt: skip
    account = PluginAccount(ref=None, base=Path(), policy=Policy.open(), parts={"tenant": "evil.example/x?"})
    (shown,) = open_session(plugin, account).rendered(plugin.action("read"), {})
    assert shown.url.startswith("https://evil.example%2Fx%3F.shop.example/")


def upload(folder: Path, **manifest: Any) -> Plugin:
    """An action whose second request goes where the answer of the first says."""
    put = {"method": "PUT", "url": "{{steps.begun.url}}", "is_authenticated": False}
    steps = [{"id": "begun", "request": {"method": "POST", "path": "/begin"}}, {"id": "sent", "request": put}]
    connection = {
        "type": "object",
        "properties": {"token": {"type": "string", "writeOnly": True, "description": "It."}},
    }
    return plugin_of(folder, connection=connection, auth={"type": "bearer", "token": "{{connection.token}}"},
                     actions={"upload": {"kind": "write", "steps": steps}}, **manifest)  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/up", "https://shop.example@evil.example/up", "https://shop.example.evil.example/", "file:///x",
     "//evil.example/up", "https://notfiles.shop.example/up", 7, None],
)  # fmt: skip
def test_an_answer_cannot_lead_a_request_elsewhere(receiver: HttpReceiver, tmp_path: Path, url: Any) -> None:
    receiver.fail("POST", "/begin", status=200, body=json.dumps({"url": url}))
    plugin = upload(tmp_path, hosts=["files.shop.example"])
    with opened(plugin, receiver.url, token="t0ken-1234567") as session, pytest.raises(ConnectorProblem) as met:
        called(session, plugin, "upload", {})
    assert (met.value.code, len(receiver.requests)) == ("IR690", 1)


def test_a_host_that_the_manifest_names_is_reached_without_the_token(receiver: HttpReceiver, tmp_path: Path) -> None:
    receiver.fail("POST", "/begin", status=200, body='{"url": "https://up.files.example/put?sig=1"}')
    plugin = upload(tmp_path, hosts=["*.files.example"])
    with opened(plugin, receiver.url, token="t0ken-1234567") as session:
        called(session, plugin, "upload", {})
    assert receiver.requests == ["POST /api/begin", "PUT /put?sig=1"]
    assert "Authorization" not in receiver.posts[-1].headers
