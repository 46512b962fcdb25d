"""Who sees the console's pages, and whose forms count."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.journal.tables import inbox, sessions
from engine.service.store.keys import SCOPES, Scope, list_keys, revoke_key
from engine.service.web.console.pictures import picture_of
from engine.service.web.console.throttle import FAILURES
from engine.service.web.routes import Route, all_routes
from tests.engine.service.console_folder import HOSTILE, console_folder
from tests.engine.service.in_process import Office, office
from tests.servers.running import Database

PAGES = [each for each in all_routes() if each.kind == "page" and each.scope is not None]
SHOWN = ["/", "/workflows/signups", "/workflows/sold", "/workflows/shop", "/runs", "/schedules", "/hooks", "/keys",
         "/runs/none"]  # fmt: skip


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office(console_folder(tmp_path / "flows"), monkeypatch) as found:
        yield found


def token_of(page: str) -> str:
    """The token of the forms of a page."""
    [*_, found] = re.findall(r'name="form_token" value="([0-9a-f]{64})"', page)
    return str(found)


def log_in(served: Office, scope: Scope = "admin", *, key: str | None = None, then: str = "/", **named: Any) -> Any:
    served.client.cookies.clear()
    form = served.client.get("/login", **named)
    fields = {"api_key": key or served.key(scope), "then": then, "form_token": token_of(form.text)}
    return served.client.post("/login", data=fields, **named)


def path_of(route: Route) -> str:
    return re.sub(r"{\w+}", "x", route.path)


@pytest.mark.parametrize("route", PAGES, ids=lambda each: f"{each.method} {each.path}")
def test_a_page_is_shown_to_nobody_who_is_not_logged_in_with_enough(served: Office, route: Route) -> None:
    answer = served.ask(route.method, path_of(route))
    assert (answer.status_code, 'id="api_key"' in answer.text) == (401, True)
    assert route.scope is not None
    for scope in SCOPES[: SCOPES.index(route.scope)]:
        log_in(served, scope)
        assert served.client.request(route.method, path_of(route)).status_code == 403


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_have(served: Office) -> None:
    cookie = log_in(served).headers["set-cookie"]
    assert re.match(r"weirflow=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", cookie)
    served.client.base_url = "https://testserver"  # type: ignore[assignment]
    cookie = log_in(served).headers["set-cookie"]
    assert re.match(r"__Host-weirflow=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure", cookie)
    assert served.client.get("/runs").status_code == 200


@pytest.mark.parametrize("how", ["logged out", "the key is revoked", "it is too old"])
def test_a_session_ends(served: Office, how: str) -> None:
    log_in(served)
    cookie = {"Cookie": f"weirflow={served.client.cookies['weirflow']}"}
    page = served.client.get("/runs")
    assert page.status_code == 200
    journal = served.context.journal
    match how:
        case "logged out":
            assert served.client.post("/logout", data={"form_token": token_of(page.text)}).status_code == 303
        case "the key is revoked":
            revoke_key(journal, list_keys(journal)[0].key)
        case "it is too old":
            with journal.writing() as connection:
                connection.execute(update(sessions).values(expires_at="2026-01-01T00:00:00.000000+00:00"))
    served.client.cookies.clear()
    assert served.client.get("/runs", headers=cookie).status_code == 401


def test_a_form_counts_only_with_the_token_of_its_session(served: Office) -> None:
    log_in(served)
    others = token_of(served.client.get("/keys").text)
    log_in(served)
    own = token_of(served.client.get("/keys").text)
    wanted = {"name": "new", "scope": "admin", "lasts": "30"}
    for token in ("", "x", "ä", others):
        assert served.client.post("/keys", data={**wanted, "form_token": token}).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert served.client.post("/keys", data={**wanted, "form_token": own}, headers=cross).status_code == 403
    assert len(list_keys(served.context.journal)) == 1
    made = served.client.post("/keys", data={**wanted, "form_token": own})
    assert made.status_code == 200
    [text] = re.findall(r"<code>(wf_[^<]+)</code>", made.text)
    assert log_in(served, key=text).status_code == 303
    assert text not in served.client.get("/keys").text


def test_whoever_logs_in_is_led_to_pages_of_ours_only(served: Office) -> None:
    for wanted in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:1",
    ):
        assert log_in(served, then=wanted).headers["location"] == "/"
    assert log_in(served, then="/runs?status=failed").headers["location"] == "/runs?status=failed"


def test_whoever_tries_many_keys_waits(served: Office) -> None:
    for number in range(FAILURES):
        assert log_in(served, key=f"wf_{number:012x}.{'A' * 43}").status_code == 401
    answer = log_in(served, key=f"wf_{99:012x}.{'A' * 43}")
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert "too many wrong keys" in answer.text


def test_pages_load_nothing_but_their_own_files(served: Office) -> None:
    log_in(served)
    for path in SHOWN:
        page = served.client.get(path)
        rules = page.headers["content-security-policy"]
        assert "default-src 'none'" in rules
        assert "unsafe" not in rules
        assert not re.search(r"<style|\sstyle=|<script(?! src=\"/static/)|\son\w+=|javascript:", page.text), path
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert served.client.get(address).status_code == 200
    assert HOSTILE not in served.client.get("/").text


def test_an_address_of_a_webhook_is_told_to_keys_that_may_edit_and_can_be_changed(served: Office) -> None:
    log_in(served, "run")
    assert "/webhooks/shop/" not in served.client.get("/hooks").text
    log_in(served, "edit")
    page = served.client.get("/hooks").text
    [before] = re.findall(r"/webhooks/shop/[\w-]+", page)
    assert served.client.post("/hooks/shop/rotate", data={"form_token": token_of(page)}).status_code == 303
    page = served.client.get("/hooks").text
    assert before not in page
    assert "The address before counts until" in page
    assert served.ask("POST", "/api/webhooks/shop/rotate", json={"keep_hours": 0}).status_code == 200
    assert "The address before counts until" not in served.client.get("/hooks").text


def test_the_events_of_a_webhook_are_shown_with_their_runs(served: Office) -> None:
    event = {"tenant": "default", "workflow": "shop", "event": "e1", "received_at": "2026-01-31T12:00:00.000000+00:00",
             "body": b"{}", "about": json.dumps({"type": HOSTILE}), "run_id": None}  # fmt: skip
    with served.context.journal.writing() as connection:
        connection.execute(inbox.insert(), [event, {**event, "event": "e2", "about": "{}", "run_id": "r1"}])
    log_in(served)
    for path in ("/hooks", "/workflows/shop"):
        page = served.client.get(path).text
        assert page.count("2026-01-31 12:00:00 UTC") == 2
        assert (page.count("waits for a run"), page.count('href="/runs/r1"')) == (1, 1)
        assert HOSTILE not in page


def test_every_page_is_shown_over_a_journal_in_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Database
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", postgres.url)
    with office(console_folder(tmp_path / "flows"), monkeypatch) as served:
        assert log_in(served).status_code == 303
        assert [served.client.get(path).status_code for path in SHOWN] == [200] * (len(SHOWN) - 1) + [404]


def test_a_page_that_is_not_there_says_so(served: Office) -> None:
    log_in(served)
    for path in ("/runs/none", "/workflows/none", "/runs/none/letters", "/runs/x/deliveries/y/files/0",
                 "/nothing", "/static/none.css"):  # fmt: skip
        answer = served.client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, "<h1>Not found</h1>" in answer.text) == (404, True), path
    assert served.client.get("/runs?after=x").status_code == 422


def test_a_page_does_not_wait_for_a_picture_that_takes_long(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(served)
    may_go_on = threading.Event()
    planned = served.context.planner.plan
    monkeypatch.setattr(type(served.context.planner), "plan",
                        lambda self, workflow: may_go_on.wait(30) and planned(workflow))  # fmt: skip
    monkeypatch.setattr("engine.service.web.console.workflows.picture_of", partial(picture_of, patience_s=0.01))
    page = served.client.get("/workflows/signups").text
    assert 'data-fetch="/workflows/signups/picture"' in page
    may_go_on.set()
    monkeypatch.setattr("engine.service.web.console.workflows.picture_of", partial(picture_of, patience_s=30))
    assert "<svg" in served.client.get("/workflows/signups").text.partition('id="plan"')[2]


def test_a_file_is_put_only_by_a_script_of_our_pages(served: Office) -> None:
    log_in(served, "edit")
    text = (served.context.settings.folder / "signups.yaml").read_text().replace("name: signups", "name: put")
    assert served.ask("PUT", "/api/workflows/put", content=text).status_code == 201
    page = served.client.get("/workflows/put").text
    own = {"X-Form-Token": token_of(page)}
    for headers in ({}, {"X-Form-Token": "x"}, {**own, "Sec-Fetch-Site": "cross-site"}):
        assert served.client.put("/workflows/put/files/a.csv", content=b"a", headers=headers).status_code == 403
    assert served.client.put("/workflows/put/files/a.csv", content=b"a", headers=own).status_code == 201
    assert served.client.get("/workflows/put/files/a.csv").content == b"a"
    log_in(served, "run")
    assert ">Files</h2>" not in served.client.get("/workflows/put").text
    assert served.client.get("/workflows/put/files/a.csv").status_code == 403
