"""Requests that the vendors' own libraries sign are taken; those that anybody else makes are not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stripe
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook

from tests.engine.service.hooking import Hooked, hooking

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four byte").decode()
FORMER = "whsec_" + base64.b64encode(b"the key that was before it").decode()
BODY = b'{"id": "evt_1", "type": "order.paid",\n "amount": 12.50}'

Sign = Callable[[str, bytes, float], Mapping[str, str]]


def standard(secret: str, body: bytes, now_s: float) -> Mapping[str, str]:
    moment = datetime.fromtimestamp(int(now_s), UTC)
    signature = Webhook(secret).sign("msg_1", moment, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(now_s)), "webhook-signature": signature}


def by_stripe(secret: str, body: bytes, now_s: float) -> Mapping[str, str]:
    signature = stripe.WebhookSignature._compute_signature(f"{int(now_s)}.{body.decode()}", secret)
    return {"Stripe-Signature": f"t={int(now_s)},v1={signature},v0=6ffbb59b2300aae63f272406069a9788598b792a"}


def slack(secret: str, body: bytes, now_s: float) -> Mapping[str, str]:
    signature = SignatureVerifier(secret).generate_signature(timestamp=str(int(now_s)), body=body)
    return {"X-Slack-Signature": str(signature), "X-Slack-Request-Timestamp": str(int(now_s))}


def github(secret: str, body: bytes, now_s: float) -> Mapping[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={mac}", "X-GitHub-Event": "order.paid", "X-GitHub-Delivery": "72d3162e"}


def generic(secret: str, body: bytes, now_s: float) -> Mapping[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


FORMS: Mapping[str, Sign] = {"standard-webhooks": standard, "stripe": by_stripe, "slack": slack, "github": github,
                             "generic": generic}  # fmt: skip
TIMED = ("standard-webhooks", "stripe", "slack")


@pytest.fixture
def hooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooked]:
    monkeypatch.setenv("WEIRFLOW_ORDERS_HOOK", SECRET)
    monkeypatch.setenv("WEIRFLOW_ORDERS_FORMER_HOOK", FORMER)
    with hooking(tmp_path) as found:
        yield found


def put(hooked: Hooked, form: str) -> str:
    refs = ["orders_hook", "orders_former_hook"]
    validation = {"method": "hmac-sha256", "secret_ref": refs, "signature_format": form}
    return hooked.put("orders", {"validation": validation})


@pytest.mark.parametrize("form", FORMS)
def test_what_the_vendors_library_signs_is_taken_with_each_of_several_secrets(hooked: Hooked, form: str) -> None:
    path = put(hooked, form)
    for secret in (SECRET, FORMER):
        found = hooked.post(path, BODY, FORMS[form](secret, BODY, time.time()))
        assert (found.status, found.json["status"] in {"accepted", "duplicate"}) == (202, True), found.body


@pytest.mark.parametrize("form", FORMS)
def test_what_is_signed_with_another_secret_or_changed_on_the_way_is_401_and_not_stored(
    hooked: Hooked, form: str
) -> None:
    path = put(hooked, form)
    signed = FORMS[form](SECRET, BODY, time.time())
    others = FORMS[form](SECRET.replace("YSBr", "YSBs"), BODY, time.time())
    for body, headers in (
        (BODY, others),
        (BODY.replace(b"12.50", b"99.50"), signed),
        (BODY + b" ", signed),
        (BODY, {}),
    ):
        found = hooked.post(path, body, headers)
        assert found.status == 401, found.body
        assert SECRET.encode() not in found.body
    assert hooked.inbox.begin_due(datetime.now(UTC)) == []


def test_a_secret_that_holds_no_key_lets_nobody_in(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_ORDERS_HOOK", "whsec_")
    moment = str(int(time.time()))
    mac = hmac.new(b"", f"m1.{moment}.".encode() + BODY, hashlib.sha256).digest()
    signed = {"webhook-id": "m1", "webhook-timestamp": moment,
              "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}  # fmt: skip
    assert hooked.post(put(hooked, "standard-webhooks"), BODY, signed).status == 401


@pytest.mark.parametrize("form", TIMED)
def test_a_signature_that_is_too_old_or_of_the_future_is_401(hooked: Hooked, form: str) -> None:
    path = put(hooked, form)
    for apart_s, status in ((-290, 202), (-310, 401), (310, 401)):
        found = hooked.post(path, BODY, FORMS[form](SECRET, BODY, time.time() + apart_s))
        assert found.status == status, (apart_s, found.body)


def test_slack_is_answered_its_challenge_only_where_it_has_signed_it(hooked: Hooked) -> None:
    path = put(hooked, "slack")
    body = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"}).encode()
    found = hooked.post(path, body, slack(SECRET, body, time.time()))
    assert (found.status, found.body, found.headers["content-type"]) == (200, b"3eZbrw1aB", "text/plain; charset=utf-8")
    assert hooked.post(path, body, slack("other", body, time.time())).status == 401
    assert hooked.inbox.begin_due(datetime.now(UTC)) == []


def test_an_accepted_event_is_a_run_with_its_payload_as_one_line(hooked: Hooked) -> None:
    path = put(hooked, "standard-webhooks")
    answered = hooked.post(path, BODY, standard(SECRET, BODY, time.time())).json
    [start] = hooked.inbox.begin_due(datetime.now(UTC))
    assert (start.run_id, start.workflow, start.cause) == (answered["run_id"], "orders", "webhook")
    assert json.loads(start.about)["type"] == "order.paid"
    with hooked.context.journal.looking() as connection:
        rows = connection.exec_driver_sql("select run_id, source, body from weirflow_payloads").all()
    assert rows == [(start.run_id, "event", b'{"id": "evt_1", "type": "order.paid",  "amount": 12.50}\n')]
    assert hooked.inbox.begin_due(datetime.now(UTC)) == []
