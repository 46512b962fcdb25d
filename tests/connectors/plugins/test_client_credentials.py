"""Apps that ask for their tokens by OAuth 2 client credentials: one request for all, and nothing of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.http.blocking import waited_for
from connectors.plugins.account import PluginAccount
from connectors.plugins.registry import find_plugin
from connectors.plugins.session import Session, open_session
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace
from tests.servers.token_service import TokenService

HTTP = find_plugin("http")


@pytest.fixture
def service() -> Iterator[TokenService]:
    with TokenService().running() as running:
        yield running


def session_of(parts: dict[str, Any], *, policy: Policy | None = None, **options: Any) -> Session:
    account = PluginAccount(ref=None, base=Path(), policy=policy or Policy.open(), parts=parts)
    return open_session(HTTP, account, pace=FakePace(), **options)


def read(service: TokenService, parts: dict[str, Any], *, calls: int = 1, **options: Any) -> None:
    session = session_of(parts, **options)

    async def all_at_once() -> None:
        params = {"url": f"{service.url}/orders"}
        await asyncio.gather(*[session.call(HTTP.action("get"), params) for _ in range(calls)])

    try:
        waited_for(all_at_once())
    finally:
        waited_for(session.close())


def test_all_sessions_of_a_process_use_one_token(service: TokenService) -> None:
    read(service, service.credentials, calls=20)
    read(service, service.credentials, calls=20)
    read(service, {**service.credentials, "scope": "orders:write"})
    assert service.forms == [{"grant_type": "client_credentials"},
                             {"grant_type": "client_credentials", "scope": "orders:write"}]  # fmt: skip


def test_sessions_that_ask_at_once_wait_for_one_request(service: TokenService) -> None:
    sessions = [session_of(service.credentials) for _ in range(5)]

    async def all_at_once() -> None:
        params = {"url": f"{service.url}/orders"}
        await asyncio.gather(*[each.call(HTTP.action("get"), params) for each in sessions])

    waited_for(all_at_once())
    for each in sessions:
        waited_for(each.close())
    assert len(service.forms) == 1


def test_an_app_may_name_itself_in_the_form(service: TokenService) -> None:
    read(service, {**service.credentials, "client_auth": "body", "audience": "https://shop.example"})
    assert service.forms == [{"grant_type": "client_credentials", "audience": "https://shop.example",
                              "client_id": service.client_id, "client_secret": service.client_secret}]  # fmt: skip


def test_tokens_that_were_taken_back_are_renewed_once_for_all(service: TokenService) -> None:
    read(service, service.credentials)
    service.take_back()
    read(service, service.credentials, calls=20)
    assert len(service.forms) == 2


def test_what_is_refused_with_a_new_token_as_well_is_final(service: TokenService) -> None:
    service.fail("GET", "/orders", status=401, times=5)
    with pytest.raises(ConnectorProblem, match="401"):
        read(service, service.credentials)
    assert (len(service.forms), service.asked("GET", "/orders")) == (2, 2)


def test_a_token_that_lasts_half_a_minute_is_used_for_a_part_of_it(service: TokenService) -> None:
    service.lasts_s, now_s = 30, 1000.0
    for passed_s in (0, 14, 15):
        read(service, service.credentials, now=lambda passed_s=passed_s: now_s + passed_s)
    assert len(service.forms) == 2


def test_a_wrong_secret_is_told_without_what_it_is(service: TokenService) -> None:
    with pytest.raises(ConnectorProblem) as met:
        read(service, {**service.credentials, "client_secret": "wr0ng-secret"})
    assert (met.value.code, met.value.message) == (
        "IR586", "HTTP gives no token: the app's id and secret do not fit each other")  # fmt: skip
    assert "wr0ng" not in repr(met.value) + str(met.value.__cause__)


def test_what_is_refused_is_asked_for_again_only_after_a_minute(service: TokenService) -> None:
    wrong, now_s = {**service.credentials, "client_secret": "wr0ng-secret"}, 1000.0
    for passed_s, asked in ((0, 1), (1, 1), (59, 1), (61, 2)):
        with pytest.raises(ConnectorProblem, match="do not fit each other"):
            read(service, wrong, calls=5, now=lambda passed_s=passed_s: now_s + passed_s)
        assert len(service.forms) == asked


def test_a_service_that_takes_no_token_is_not_asked_for_one_by_each_row(service: TokenService) -> None:
    service.fail("GET", "/orders", status=401, times=6)
    for _ in range(5):
        with pytest.raises(ConnectorProblem, match="401"):
            read(service, service.credentials)
    assert (len(service.forms), service.asked("GET", "/orders")) == (2, 6)
    read(service, service.credentials)
    assert len(service.forms) == 2


def test_a_token_that_was_given_goes_along_with_the_query(service: TokenService) -> None:
    read(service, service.credentials)
    read(service, {"access_token": service.tokens[0], "token_type": "bearer", "query": {"api_key": "k-12345678"}})
    assert service.requests[-1] == "GET /orders?api_key=k-12345678"
    with pytest.raises(ConnectorProblem, match='"quer"'):
        session_of({"access_token": service.tokens[0], "quer": {"api_key": "k-12345678"}})


@pytest.mark.parametrize("left_out", ["token_url", "client_id", "client_secret"])
def test_what_is_missing_is_named_before_anything_is_asked(service: TokenService, left_out: str) -> None:
    parts = {name: each for name, each in service.credentials.items() if name != left_out}
    with pytest.raises(ConnectorProblem) as met:
        read(service, parts)
    assert met.value.code == "IR585"
    assert left_out in f"{met.value.message} {met.value.hint}"
    assert service.requests == []


def test_tokens_are_asked_for_where_the_policy_lets_a_run_go(service: TokenService) -> None:
    with pytest.raises(ConnectorProblem) as met:
        read(service, service.credentials, policy=Policy(private_networks=False))
    assert "private address" in f"{met.value.message} {met.value.notes}"
    with pytest.raises(ConnectorProblem, match="unencrypted"):
        session_of({**service.credentials, "token_url": "http://login.example/token"})
    assert service.requests == []


def test_a_dry_run_asks_for_no_token(service: TokenService) -> None:
    session = session_of({**service.credentials, "query": {"api_key": "k-12345678"}})
    [shown] = session.rendered(HTTP.action("get"), {"url": f"{service.url}/orders"})
    waited_for(session.close())
    assert (shown.headers["Authorization"], shown.url) == ("Bearer ***", f"{service.url}/orders?api_key=***")
    assert service.requests == []
