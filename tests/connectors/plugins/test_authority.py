"""Who asks: tokens, keys and signatures, which go only where they are meant for and are shown nowhere."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connectors.http.blocking import waited_for
from connectors.plugins.plugin import Plugin
from connectors.problem import ConnectorProblem
from ir.redaction import redact
from tests.connectors.plugins.calling import called, opened, plugin_of
from tests.servers.http_receiver import HttpReceiver

NOW_S = 1_774_000_000.0
PART = {"type": "string", "writeOnly": True, "description": "A part."}


def api(folder: Path, auth: dict[str, Any], *parts: str, **manifest: Any) -> Plugin:
    connection = {"type": "object", "properties": dict.fromkeys(parts, PART)}
    actions = {"ping": {"kind": "write", "request": {"method": "POST", "path": "/ping", "body": {"a": 1}}}}
    return plugin_of(folder, auth=auth, connection=connection, **{"actions": actions, **manifest})


def pinged(plugin: Plugin, receiver: HttpReceiver, **connection: Any) -> dict[str, str]:
    """The headers with which a call arrived, their names in lower case."""
    with opened(plugin, receiver.url, now=lambda: NOW_S, **connection) as session:
        called(session, plugin, "ping", {})
    return {name.lower(): value for name, value in receiver.posts[-1].headers.items()}


def test_a_token_goes_into_the_header(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, {"type": "bearer", "token": "{{connection.token}}"}, "token")
    assert pinged(plugin, receiver, token="t0ken-1234567")["authorization"] == "Bearer t0ken-1234567"


def test_a_user_and_a_password(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, {"type": "basic", "user": "{{connection.user}}", "password": "{{connection.password}}"},
                 "user", "password")  # fmt: skip
    # printf 'ada:open sesame' | base64
    assert pinged(plugin, receiver, user="ada", password="open sesame")["authorization"] == "Basic YWRhOm9wZW4gc2VzYW1l"


def test_keys_in_a_header_and_in_the_query(receiver: HttpReceiver, tmp_path: Path) -> None:
    keys = [{"in": "query", "name": "key", "value": "{{connection.key}}"},
            {"in": "header", "name": "X-Token", "value": "{{connection.token}}"}]  # fmt: skip
    plugin = api(tmp_path, {"type": "api_key", "keys": keys}, "key", "token")
    headers = pinged(plugin, receiver, key="k&1", token="t1")
    assert headers["x-token"] == "t1"
    assert receiver.requests == ["POST /api/ping?key=k%261"]


def test_a_signature_of_the_body(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, {"type": "hmac", "format": "generic", "header": "X-Sig", "secret": "{{connection.secret}}"},
                 "secret")  # fmt: skip
    headers = pinged(plugin, receiver, secret="s3cret-1234")
    assert headers["x-sig"] == hmac.new(b"s3cret-1234", receiver.posts[0].body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("service", "method", "path", "query"),
    [
        ("s3", "GET", "/bucket/a%20b/%C3%BC.txt", "list-type=2&prefix=a%2Fb&delimiter=%2F"),
        ("s3", "PUT", "/bucket/key", ""),
        ("sqs", "POST", "/queue", "Action=SendMessage&Body=a%2Bb%20c"),
    ],
)
def test_signature_4_is_the_one_that_amazons_own_library_makes(
    service: str, method: str, path: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib.parse import parse_qsl

    from connectors.plugins.http.bodies import Body
    from connectors.plugins.http.building import Built
    from connectors.plugins.http.sigv4 import SigV4

    url, body = f"https://amazon.example{path}", b"hello" if method != "GET" else None
    ours = Built(method=method, url=url, query=parse_qsl(query), headers={"Content-Type": "text/plain"},
                 body=Body(body, "text/plain"), timeout_s=30)  # fmt: skip
    signs = SigV4(access_key="AKIDEXAMPLE", secret_key="wJalrXUtnFEMI", session_token="sess", service=service,
                  region="eu-west-1", now=lambda: NOW_S)  # fmt: skip
    waited_for(signs.sign(ours))

    moment = datetime.fromtimestamp(NOW_S, UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment.replace(tzinfo=None))
    theirs = AWSRequest(method=method, url=ours.address, data=body, headers={"Content-Type": "text/plain"})
    if service != "s3":
        theirs.headers["x-amz-content-sha256"] = ours.headers["x-amz-content-sha256"]
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", "sess"), service, "eu-west-1").add_auth(theirs)
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]


OAUTH = {"type": "oauth2", "token_url": "https://accounts.example/token", "scopes": ["mail", "files"]}
PARTS = ("client_id", "client_secret", "refresh_token")


def test_many_calls_wait_for_one_new_token(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, OAUTH, *PARTS)
    receiver.answers = ['{"access_token": "fresh-token-1", "expires_in": 3600}']

    async def all_at_once(session: Any) -> None:
        await asyncio.gather(*[session.call(plugin.action("ping"), {}) for _ in range(25)])

    parts = {"client_id": "app", "client_secret": "s3cret-of-app", "refresh_token": "refresh-1"}
    with opened(plugin, receiver.url, now=lambda: NOW_S, **parts) as session:
        waited_for(all_at_once(session))
    assert receiver.asked("POST", "/token") == 1
    assert receiver.asked("POST", "/api/ping") == 25
    assert {each.headers["Authorization"] for each in receiver.posts[1:]} == {"Bearer fresh-token-1"}
    assert parse_qs(receiver.posts[0].body.decode()) == {
        "grant_type": ["refresh_token"], "refresh_token": ["refresh-1"], "client_id": ["app"],
        "client_secret": ["s3cret-of-app"],
    }  # fmt: skip


def test_a_token_is_renewed_before_it_ends(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin, clock = api(tmp_path, OAUTH, *PARTS), [NOW_S]
    receiver.answers = ['{"access_token": "first-token", "expires_in": 100}', "{}",
                        '{"access_token": "second-token", "expires_in": 100}']  # fmt: skip
    with opened(plugin, receiver.url, now=lambda: clock[0], client_id="a", refresh_token="r-1") as session:
        for _ in range(2):
            called(session, plugin, "ping", {})
            clock[0] += 50
    assert [each.headers.get("Authorization") for each in receiver.posts] == [
        None, "Bearer first-token", None, "Bearer second-token",
    ]  # fmt: skip


def test_a_token_that_is_refused_is_fetched_once_more(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, OAUTH, *PARTS)
    receiver.fail("POST", "/token", status=200, body='{"access_token": "old-token-1"}')
    receiver.fail("POST", "/token", status=200, body='{"access_token": "new-token-1"}')
    receiver.fail("POST", "/ping", status=401)
    assert pinged(plugin, receiver, client_id="a", refresh_token="r-1")["authorization"] == "Bearer new-token-1"


def test_a_client_names_itself_as_the_manifest_says(receiver: HttpReceiver, tmp_path: Path) -> None:
    auth = {**OAUTH, "grant": "client_credentials", "client_auth": "basic"}
    plugin = api(tmp_path, auth, "client_id", "client_secret")
    receiver.answers = ['{"access_token": "app-token-1"}']
    pinged(plugin, receiver, client_id="app", client_secret="hush-hush")
    # printf 'app:hush-hush' | base64
    assert receiver.posts[0].headers["Authorization"] == "Basic YXBwOmh1c2gtaHVzaA=="
    assert parse_qs(receiver.posts[0].body.decode()) == {"grant_type": ["client_credentials"], "scope": ["mail files"]}


def test_a_revoked_token_says_what_to_do(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, OAUTH, *PARTS)
    receiver.fail("POST", "/token", status=400, body='{"error": "invalid_grant"}')
    with pytest.raises(ConnectorProblem, match="revoked, or has expired") as met:
        pinged(plugin, receiver, client_id="a", refresh_token="r-1")
    assert (met.value.code, receiver.posts) == ("IR586", [])


def test_a_token_alone_is_taken_as_it_is(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, OAUTH, *PARTS)
    assert pinged(plugin, receiver, access_token="given-token")["authorization"] == "Bearer given-token"


def test_a_dry_run_shows_the_request_without_its_secrets(receiver: HttpReceiver, tmp_path: Path) -> None:
    action = {"kind": "write", "request": {"method": "POST", "path": "/{{connection.account}}/ping",
              "query": {"sig": "{{connection.token}}"}, "body": {"note": "{{connection.token}}"}}}  # fmt: skip
    connection = {
        "type": "object",
        "properties": {"token": PART, "account": {"type": "string", "description": "Whose."}},
    }
    plugin = plugin_of(tmp_path, auth={"type": "bearer", "token": "{{connection.token}}"}, connection=connection,
                       actions={"ping": action})  # fmt: skip
    with opened(plugin, receiver.url, token="hunter2-hunter2", account="acme") as session:
        (shown,) = session.rendered(plugin.action("ping"), {})
    assert (shown.method, shown.url) == ("POST", f"{receiver.url}/api/acme/ping?sig=***")
    assert (shown.headers["Authorization"], shown.body) == ("Bearer ***", {"note": "***"})
    assert receiver.requests == []


def test_secrets_go_out_encrypted_or_not_at_all(tmp_path: Path) -> None:
    plugin = api(tmp_path, {"type": "bearer", "token": "{{connection.token}}"}, "token", base_url="http://shop.example")
    with (
        pytest.raises(ConnectorProblem, match="would go out unencrypted"),
        opened(plugin, "http://shop.example", token="t0ken-1234567") as session,
    ):
        called(session, plugin, "ping", {})


def test_credentials_that_are_none_are_told_without_a_value(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = plugin_of(tmp_path, connection={"type": "object", "required": ["token"], "properties": {"token": PART}},
                       auth={"type": "bearer", "token": "{{connection.token}}"},
                       actions={"ping": {"kind": "read", "request": {"path": "/ping"}}})  # fmt: skip
    with pytest.raises(ConnectorProblem, match='"token" is missing'), opened(plugin, receiver.url):
        pass
    with (
        pytest.raises(ConnectorProblem, match='unknown key "tokn"') as met,
        opened(plugin, receiver.url, tokn="abcdefg"),
    ):
        pass
    assert "abcdefg" not in str(met.value)


def test_a_fetched_token_is_hidden_from_then_on(receiver: HttpReceiver, tmp_path: Path) -> None:
    plugin = api(tmp_path, OAUTH, *PARTS)
    receiver.answers = [json.dumps({"access_token": "very-fresh-token"})]
    pinged(plugin, receiver, client_id="a", refresh_token="r-1")
    assert redact("it is very-fresh-token") == "it is ***"
