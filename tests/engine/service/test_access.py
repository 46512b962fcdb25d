"""Who is let in: every route of the list, without a key, and with each kind of wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.journal.journal import Journal
from engine.service.store.keys import SCOPES, create_key, list_keys, revoke_key
from engine.service.web.console.throttle import FAILURES
from engine.service.web.routes import Route, all_routes
from tests.engine.service.in_process import Office, office
from tests.engine.service.serving import orders_folder

ROUTES = [each for each in all_routes() if each.kind == "api"]
GUARDED = [each for each in ROUTES if each.scope is not None]
OPEN = {("GET", "/healthz"), ("GET", "/api/openapi.json")}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office(orders_folder(tmp_path / "flows"), monkeypatch) as found:
        yield found


def _path(route: Route) -> str:
    return re.sub(r"{\w+}", "x", route.path)


def test_nothing_but_what_is_listed_here_is_open_to_everybody() -> None:
    pages = {("GET", "/login"), ("POST", "/login"), ("GET", "/static/{name}")}
    assert {(each.method, each.path) for each in all_routes() if each.scope is None} <= OPEN | pages


def test_no_route_lets_a_caller_in_who_has_no_valid_key(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = served.context.journal
    expired = create_key(journal, "expired", ["admin"], expires_at="2026-01-31T00:00:00.000000+00:00")[1]
    made, revoked = create_key(journal, "revoked", ["admin"])
    revoke_key(journal, made.key)
    with Journal(tenant="other") as others:
        foreign = create_key(others, "foreign", ["admin"])[1]
    right = served.key("admin")
    wrong = {
        "no key": None, "garbage": "x", "an empty one": "", "expired": expired, "revoked": revoked,
        "of another tenant": foreign, "with another secret": right[:-1] + ("A" if right[-1] != "A" else "B"),
        "its public part": right.partition(".")[0], "control characters": "wf_\x01\x02", "bytes": "wf_\xff\xfe",
    }  # fmt: skip
    monkeypatch.setattr("engine.service.web.console.throttle.FAILURES", 10**9)
    for route in GUARDED:
        for name, key in wrong.items():
            answer = served.ask(route.method, _path(route), scope=None, key=key)
            assert answer.status_code == 401, (route.method, route.path, name)
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", GUARDED, ids=lambda each: f"{each.method} {each.path}")
def test_a_key_with_a_smaller_scope_is_not_enough(served: Office, route: Route) -> None:
    assert route.scope is not None
    needed = SCOPES.index(route.scope)
    for scope in SCOPES[:needed]:
        assert served.ask(route.method, _path(route), scope=scope).status_code == 403
    assert served.ask(route.method, _path(route), scope=route.scope).status_code not in {401, 403}


def test_a_cookie_opens_no_api(served: Office) -> None:
    cookie = {"Cookie": f"session={served.key()}; weirflow={served.key()}"}
    assert served.ask("GET", "/api/runs", scope=None, headers=cookie).status_code == 401


def test_whoever_sends_many_wrong_keys_waits_and_keeps_nobody_out(served: Office) -> None:
    key = served.key("read")
    assert served.ask("GET", "/api/runs", key=key).status_code == 200
    wrong = [f"wf_{number:012x}.{'A' * 43}" for number in range(FAILURES + 1)]
    statuses = [served.ask("GET", "/api/runs", key=each).status_code for each in wrong]
    assert statuses == [401] * FAILURES + [429]
    assert int(served.ask("GET", "/api/runs", key=wrong[0]).headers["retry-after"]) > 0
    assert served.ask("GET", "/api/runs", key=key).status_code == 200


def test_the_use_of_a_key_is_noted(served: Office) -> None:
    key = served.key("read")
    served.ask("GET", "/api/runs", key=key)
    [found] = list_keys(served.context.journal)
    assert found.used_at is not None
    assert key.partition(".")[2] not in str(found)


def test_a_key_of_another_tenant_sees_nothing_of_this_one(served: Office) -> None:
    assert served.ask("POST", "/api/runs", json={"workflow": "orders"}).status_code == 202
    with Journal(tenant="other") as others:
        key = create_key(others, "foreign", ["admin"])[1]
    assert served.ask("GET", "/api/runs", key=key).status_code == 401
