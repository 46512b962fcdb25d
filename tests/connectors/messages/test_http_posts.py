"""Posts as a service receives them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.http.answers import retry_after_s
from connectors.messages.http.sending import PostSender
from connectors.messages.message import Message
from connectors.messages.registry import sending_kind
from connectors.messages.sender import SendingAccount
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.servers.http_receiver import HttpReceiver
from tests.servers.token_service import TokenService

ROW = {"id": 7, "name": "Zoë", "due": date(2026, 1, 31), "amount": Decimal("12.50")}


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver().running() as running:
        yield running


def account(config: dict[str, Any], **changed: Any) -> SendingAccount:
    return SendingAccount(**{"plugin_key": "http", "credentials_ref": None, "config": config, "base": Path(),
                             "policy": Policy.open(), **changed})  # fmt: skip


def post(config: dict[str, Any], *, key: str = "k1", payload: Any = ROW, **changed: Any) -> None:
    with closing(sending_kind("webhook-out").open(account(config, **changed))) as sender:
        sender.send(Message(key=key, to=(), payload=payload, config=config))


def refusal(config: dict[str, Any], **changed: Any) -> ConnectorProblem:
    with pytest.raises(ConnectorProblem) as problem:
        post(config, **changed)
    return problem.value


def test_a_row_is_posted_as_json_with_a_key_that_stays_the_same(receiver: HttpReceiver) -> None:
    for _ in range(2):
        post({"url": f"{receiver.url}/hooks", "headers": {"X-Team": "sales"}})

    first, second = receiver.posts
    assert first.json == {"id": 7, "name": "Zoë", "due": "2026-01-31", "amount": 12.5}
    assert (first.headers["Content-Type"], first.headers["X-Team"]) == ("application/json", "sales")
    assert first.key == second.key
    assert [each.json["id"] for each in receiver.taken] == [7]


def test_credentials_come_from_secrets(receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken-of-sales")
    monkeypatch.setenv("LOGIN", "anna:s3cret")
    monkeypatch.setenv("HOOK", f"{receiver.url}/secret-path-of-a-chat")
    url = f"{receiver.url}/hooks"
    post({"url": url, "auth": {"type": "bearer", "secret_ref": "env:TOKEN"}})
    post({"url": url, "auth": {"type": "basic", "secret_ref": "env:LOGIN"}})
    post({"url": url, "auth": {"type": "api_key", "header": "X-Api-Key", "secret_ref": "env:TOKEN"}})
    post({}, credentials_ref="env:HOOK")

    bearer, basic, api_key, chat = receiver.posts
    assert bearer.headers["Authorization"] == "Bearer t0ken-of-sales"
    assert base64.b64decode(basic.headers["Authorization"].removeprefix("Basic ")) == b"anna:s3cret"
    assert api_key.headers["X-Api-Key"] == "t0ken-of-sales"
    assert chat.path == "/secret-path-of-a-chat"


def test_a_post_is_signed_as_standard_webhooks_says(receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    key = b"k" * 24
    monkeypatch.setenv("SIGNING", "whsec_" + base64.b64encode(key).decode())
    config = {"url": f"{receiver.url}/hooks", "signing": {"secret_ref": "env:SIGNING"}}
    with closing(PostSender(account(config), now_s=lambda: 1_769_869_800.9)) as sender:
        sender.send(Message(key="k1", to=(), payload=ROW, config=config))

    (found,) = receiver.posts
    signed = f"{found.headers['webhook-id']}.1769869800.".encode() + found.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert found.headers["webhook-timestamp"] == "1769869800"
    assert found.headers["webhook-signature"] == f"v1,{expected}"
    assert found.headers["webhook-id"] == found.key


@pytest.mark.parametrize(
    ("status", "reason", "sent"),
    [(429, "rate_limit", False), (503, "server_error", False), (500, "server_error", True), (504, "server_error", True),
     (408, "timeout", False), (400, None, False), (401, None, False), (404, None, False)],
)  # fmt: skip
def test_a_status_says_whether_another_attempt_may_help(
    receiver: HttpReceiver, status: int, reason: str | None, sent: bool
) -> None:
    receiver.fail("POST", "/hooks", status=status, body='{"error": "so it is"}', headers={"Retry-After": "7"})

    problem = refusal({"url": f"{receiver.url}/hooks"})

    assert (problem.code, problem.reason, problem.sent, problem.retry_after_s) == ("IR691", reason, sent, 7.0)
    assert problem.message == f'127.0.0.1 answers {status} {{"error": "so it is"}}'


def test_a_lost_connection_may_have_taken_effect_and_a_refused_one_has_not(receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/lost", lost=True)
    receiver.stalls.add("/stall")
    lost = refusal({"url": f"{receiver.url}/lost"})
    silent = refusal({"url": f"{receiver.url}/stall", "timeout_s": 0.5})
    closed = refusal({"url": "http://127.0.0.1:1/hooks"})

    assert (lost.code, lost.reason, lost.sent) == ("IR692", "network_error", True)
    assert (silent.reason, silent.sent) == ("timeout", True)
    assert (closed.reason, closed.sent) == ("network_error", False)
    assert closed.message == "127.0.0.1 cannot be reached: connection refused"


def test_half_an_answer_of_a_post_that_was_taken_is_enough(receiver: HttpReceiver) -> None:
    receiver.halves.add("/hooks")

    post({"url": f"{receiver.url}/hooks"})

    assert len(receiver.posts) == 1


def test_half_an_answer_that_comes_to_no_end_is_enough_as_well(receiver: HttpReceiver) -> None:
    receiver.halves.add("/hooks")
    receiver.stalls.add("/hooks")

    def is_taken(timeout_s: float) -> bool:
        with suppress(ConnectorProblem):
            post({"url": f"{receiver.url}/hooks", "timeout_s": timeout_s})
            return True
        return False

    assert any(is_taken(each) for each in (0.1, 1, 10))  # a busy machine may be long in sending the first half


def test_other_statuses_are_success_where_the_config_says_so(receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/hooks", status=409)

    post({"url": f"{receiver.url}/hooks", "success": [200, 409]})


def test_a_redirect_is_followed_on_the_same_host_alone(receiver: HttpReceiver) -> None:
    receiver.fail("POST", "/old", status=308, headers={"Location": "/new"})
    post({"url": f"{receiver.url}/old"})
    receiver.fail("POST", "/old", status=308, headers={"Location": "http://localhost:1/new"})
    elsewhere = refusal({"url": f"{receiver.url}/old"})
    receiver.fail("POST", "/old", status=302, headers={"Location": "/new"})
    dropping = refusal({"url": f"{receiver.url}/old"})

    assert [each.path for each in receiver.posts] == ["/new"]
    assert elsewhere.message == "127.0.0.1 answers 308: it leads to localhost"
    assert dropping.code == "IR691"


def test_private_addresses_are_out_of_reach_of_a_closed_policy(receiver: HttpReceiver) -> None:
    policy = Policy(private_networks=False)
    port = receiver.url.rpartition(":")[2]

    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "[64:ff9b::7f00:1]", "[::10.0.0.1]",
                 "[::ffff:0:10.0.0.1]", "[fec0::1]"):  # fmt: skip
        assert refusal({"url": f"http://{host}:{port}/hooks"}, policy=policy).code in {"IR502", "IR690", "IR692"}
    assert refusal({"url": f"{receiver.url}/hooks"}, policy=Policy(hosts=frozenset({"example.com"}))).code == "IR502"
    assert receiver.posts == []


def test_a_row_cannot_lead_credentials_elsewhere(receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken-of-sales")
    auth = {"type": "bearer", "secret_ref": "env:TOKEN"}
    opened = account({"url": "https://api.example.com/{{id}}", "auth": auth})
    with closing(sending_kind("http").open(opened)) as sender, pytest.raises(ConnectorProblem) as problem:
        sender.send(Message(key="k", to=(), payload=ROW, config={"url": f"{receiver.url}/x", "auth": auth}))

    assert problem.value.code == "IR690"
    assert receiver.posts == []
    found = sending_kind("http").check(account({"url": "https://{{host}}/x", "auth": auth}))
    assert [each.message for each in found] == [
        "the host of url stands in a template: with auth or signing it has to be written out"
    ]


def test_credentials_do_not_go_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t0ken-of-sales")

    problem = refusal({"url": "http://example.com/x", "auth": {"type": "bearer", "secret_ref": "env:TOKEN"}})

    assert problem.message == "the credentials would go to example.com unencrypted"


def test_headers_of_rows_make_no_headers_of_their_own(receiver: HttpReceiver) -> None:
    problem = refusal({"url": f"{receiver.url}/x", "headers": {"X-Name": "Anna\r\nX-Admin: yes"}})

    assert (problem.code, problem.message) == ("IR690", 'the header "X-Name" holds a line break')


def test_a_config_is_checked_before_anything_is_sent() -> None:
    found = sending_kind("http").check(account({
        "url": "ftp://example.com", "methd": "POST", "method": "GET", "auth": {"type": "digest"},
        "signing": {"format": "github"}, "success": ["ok"], "timeout_s": 0,
    }))  # fmt: skip

    assert [each.message for each in found] == [
        'a post has no "methd": did you mean "method"?',
        "method GET is not one of POST, PUT, PATCH",
        "url is no address that begins with https://",
        'auth.type "digest" is not one of none, bearer, basic, api_key, oauth2_client_credentials',
        "signing needs secret_ref: where the key is",
        "timeout_s is no number of seconds up to 600",
        "success is no list of statuses such as [200, 409]",
    ]


def test_retry_after_is_read_in_both_its_forms() -> None:
    now_s = 1_769_869_800.0  # Sat, 31 Jan 2026 14:30:00 GMT

    assert retry_after_s({"Retry-After": "120"}, now_s=now_s) == 120
    assert retry_after_s({"Retry-After": "Sat, 31 Jan 2026 14:31:30 GMT"}, now_s=now_s) == 90
    assert retry_after_s({"Retry-After": "Sat, 31 Jan 2026 14:00:00 GMT"}, now_s=now_s) == 0
    assert [retry_after_s({"Retry-After": each}, now_s=now_s) for each in ("soon", "nan", "")] == [None, None, None]


def test_posts_of_an_app_go_out_with_its_token_which_is_renewed_after_a_401(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with TokenService().running() as service:
        config = {"url": f"{service.url}/late", "auth": {"type": "oauth2_client_credentials", "scope": "late",
                  "token_url": f"{service.url}/login/token", "client_id": service.client_id}}  # fmt: skip
        config["auth"]["secret_ref"] = "env:APP"
        monkeypatch.setenv("APP", service.client_secret)
        post(config)
        service.take_back()
        post(config)
        assert [each["scope"] for each in service.forms] == ["late", "late"]
        assert [each["id"] for each in service.bodies] == [7, 7]
        service.fail("POST", "/late", status=401, times=2)
        assert refusal(config).hint == "look at the credentials"
        assert len(service.forms) == 3


def test_an_apps_secret_may_be_the_deliverys_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with TokenService().running() as service:
        config = {"url": f"{service.url}/late", "auth": {"type": "oauth2_client_credentials",
                  "token_url": f"{service.url}/login/token", "client_id": service.client_id}}  # fmt: skip
        monkeypatch.setenv("APP", service.client_secret)
        post(config, credentials_ref="env:APP")
        assert [each["id"] for each in service.bodies] == [7]


def test_posts_with_a_token_that_the_service_never_takes_go_out_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    with TokenService().running() as service:
        config = {"url": f"{service.url}/late", "auth": {"type": "oauth2_client_credentials", "secret_ref": "env:APP",
                  "token_url": f"{service.url}/login/token", "client_id": service.client_id}}  # fmt: skip
        monkeypatch.setenv("APP", service.client_secret)
        service.fail("POST", "/late", status=401, times=9)
        assert [refusal(config).hint for _ in range(3)] == ["look at the credentials"] * 3
        assert (len(service.forms), service.asked("POST", "/late")) == (2, 4)
        monkeypatch.setenv("APP", "wr0ng-secret")
        assert [refusal(config).code for _ in range(3)] == ["IR586"] * 3
        assert len(service.forms) == 3
