"""Limits of webhooks by the address of who sends."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from engine.service.web.console.throttle import place_of
from engine.service.webhooks import senders
from engine.service.webhooks.refusing import Turned
from engine.service.webhooks.senders import Senders, networks_of
from tests.engine.service.hooking import SECRET, Hooked, hooking

PROVED = {"Authorization": f"Bearer {SECRET}"}
WRONG = {"Authorization": "Bearer wrong"}
TOKEN = {"validation": {"method": "token", "secret_ref": "orders_hook"}}


@pytest.fixture
def hooked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hooked]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    for name in ("ORDERS", "OTHER"):
        monkeypatch.setenv(f"WEIRFLOW_{name}_HOOK", SECRET)
    monkeypatch.setattr(senders, "FAILURES", 3)
    with hooking(tmp_path, webhook_address_rate=50) as found:
        yield found


def test_who_proves_nothing_waits_at_that_webhook_and_keeps_nobody_else_out(hooked: Hooked) -> None:
    orders = hooked.put("orders", TOKEN)
    other = hooked.put("other", {"validation": {"method": "token", "secret_ref": "other_hook"}})
    assert [hooked.post(orders, headers=WRONG, client="8.8.8.8").status for _ in "1234"] == [401, 401, 401, 429]
    refused = hooked.post(orders, headers=PROVED, client="8.8.8.8")
    assert (refused.status, 0 < int(refused.headers["retry-after"]) <= 60) == (429, True)
    assert hooked.post(other, headers=PROVED, client="8.8.8.8").status == 202
    assert hooked.post(orders, headers=PROVED, client="8.8.4.4").status == 202


def test_who_guesses_urls_is_turned_away_and_those_that_there_are_still_take_events(hooked: Hooked) -> None:
    orders = hooked.put("orders", TOKEN)
    assert [hooked.post("/webhooks/orders/x", client="8.8.8.8").status for _ in "1234"] == [404, 404, 404, 429]
    assert hooked.post(orders, headers=PROVED, client="8.8.8.8").status == 202


def test_an_address_sends_so_many_a_second_and_a_proxy_as_many_as_it_has(hooked: Hooked) -> None:
    orders = hooked.put("orders", TOKEN)
    clock = [1000.0]
    hooked.endpoint._senders.clock = lambda: clock[0]
    hooked.endpoint._senders.rate = 2
    statuses = [hooked.post(orders, headers=PROVED, client="8.8.8.8").status for _ in "123"]
    assert statuses == [202, 202, 429]
    assert hooked.post(orders, headers=PROVED, client="8.8.4.4").status == 202
    assert [hooked.post(orders, headers=PROVED, client="127.0.0.1").status for _ in "123"] == [202] * 3
    clock[0] += 0.5
    assert hooked.post(orders, headers=PROVED, client="8.8.8.8").status == 202


def test_the_minute_ends_and_addresses_are_forgotten() -> None:
    clock = [1000.0]
    found = Senders(clock=lambda: clock[0], rate=1)
    for _ in range(senders.FAILURES):
        found.note_failure("2001:db8::1", "w")
    with pytest.raises(Turned):
        found.check_failures("2001:db8::2", "w")
    clock[0] += 61
    found.check_failures("2001:db8::1", "w")
    for number in range(senders.MOST_PLACES + 5):
        found.note_failure(f"10.0.{number // 256}.{number % 256}", "w")
        found.check_rate(f"10.0.{number // 256}.{number % 256}")
    assert (len(found._failures), len(found._paces)) == (senders.MOST_PLACES, senders.MOST_PLACES)


def test_places_and_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [place_of(each) for each in ("1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1", "unknown")] == [
        "1.2.3.4", "1.2.3.4", "2001:db8::/64", "unknown",
    ]  # fmt: skip
    assert networks_of(["10.0.0.5", "10.1.0.0/24"]) == (ip_network("10.0.0.5"), ip_network("10.1.0.0/24"))
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*, 10.0.0.6")
    assert networks_of(None) == (ip_network("10.0.0.6"),)
