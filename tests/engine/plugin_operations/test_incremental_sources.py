"""Services of which each run reads what is new: by a column that grows, and by what was read already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import weirflow as wf
from engine.cli.main import run_command_line
from engine.plugin_sources.relation import ApiRelation
from tests.servers.service import Service
from tests.workflows import ENGINES


class Ledger(Service):
    """Orders, two a page, newest first; with `since` those at or after that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/orders", self._list)]

    def add(self, number: int, at: str | None, **more: Any) -> None:
        self.orders.insert(0, {"id": number, "at": at, **more})

    async def _list(self, request: web.Request) -> web.Response:
        since, start = request.query.get("since", ""), int(request.query.get("from", "0"))
        found = [each for each in self.orders if (each["at"] or "") >= since]
        page: dict[str, Any] = {"orders": found[start : start + 2]}
        return web.json_response(page | ({"next": str(start + 2)} if start + 2 < len(found) else {}))


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    with Ledger().running() as service:
        service.add(1, "2026-01-01T10:00:00Z")
        service.add(2, "2026-01-02T10:00:00Z")
        yield service


def document(ledger: Ledger, params: Any = None, more: Any = None, **incremental: Any) -> dict[str, Any]:
    config = {
        "params": params or {"since": "{{cursor}}"}, "items": "orders",
        "schema": {"id": "integer", "at": "datetime with time zone"},
        "paging": {"style": "cursor", "parameter": "from", "next": "next"}, "incremental": incremental, **(more or {}),
    }  # fmt: skip
    return {
        "ir_version": "3.1", "name": "ledger", "goal": "The orders that are new",
        "data_sources": [{"type": "api", "alias": "orders", "plugin_key": "http", "endpoint": f"{ledger.url}/orders",
                          "config": config}],
        "transforms": [{"type": "sort", "config": {"by": ["id"]}}],
        "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "new.csv", "columns": ["id"],
                                             "options": {"overwrite": True}}},
    }  # fmt: skip


def run(folder: Path, made: dict[str, Any], **options: Any) -> list[int]:
    """The ids of the rows that the run delivered."""
    assert wf.run(made, base=folder, **options).status == "succeeded"
    return [int(line) for line in (folder / "new.csv").read_text().splitlines()[1:]]


def asked(ledger: Ledger) -> list[str]:
    found = [each.partition("?")[2].replace("%3A", ":") for each in ledger.requests]
    ledger.requests.clear()
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_each_run_asks_for_the_rows_behind_those_of_the_last(tmp_path: Path, ledger: Ledger, engine: str) -> None:
    made = document(ledger, cursor="at")
    assert run(tmp_path, made, engine=engine) == [1, 2]
    assert asked(ledger) == [""]
    ledger.add(3, "2026-01-03T10:00:00Z")
    ledger.add(4, "2026-01-04T10:00:00.500Z")
    assert run(tmp_path, made, engine=engine) == [3, 4]
    assert asked(ledger) == ["since=2026-01-02T10:00:00Z", "since=2026-01-02T10:00:00Z&from=2"]
    assert run(tmp_path, made, engine=engine) == []
    assert run(tmp_path, made, engine=engine, full_refresh=True) == [1, 2, 3, 4]


def test_rows_at_or_before_the_cursor_are_left_out_whatever_the_service_gives(tmp_path: Path, ledger: Ledger) -> None:
    made = document(ledger, params={"all": "yes"}, cursor="at", initial="2026-01-02")
    assert run(tmp_path, made) == [2]
    ledger.add(3, "2026-01-02T10:00:00Z")
    ledger.add(4, "2026-01-02T10:00:01Z")
    assert run(tmp_path, made) == [4]


def test_a_run_that_fails_does_not_move_the_cursor_and_a_resume_reads_the_same(tmp_path: Path, ledger: Ledger) -> None:
    made = document(ledger, cursor="at")
    made["delivery_rules"]["file_delivery"]["options"] = {}
    (tmp_path / "new.csv").mkdir()
    with pytest.raises(wf.WorkflowError):
        wf.run(made, base=tmp_path)
    (tmp_path / "new.csv").rmdir()
    assert run(tmp_path, made) == [1, 2]
    ledger.add(3, "2026-01-03T10:00:00Z")
    made["plugin_operations"] = [{
        "id": "tell", "plugin_key": "http", "operation_type": "request", "execution_scope": "once",
        "config": {"url": f"{ledger.url}/nowhere"},
    }]  # fmt: skip
    made["delivery_rules"]["file_delivery"]["options"] = {"overwrite": True}
    with pytest.raises(wf.WorkflowError, match="404") as failure:
        wf.run(made, base=tmp_path)
    ledger.add(4, "2026-01-04T10:00:00Z")
    ledger.requests.clear()
    ledger.fail("POST", "/nowhere", status=200, body="{}")
    assert wf.resume(failure.value.run_id).status == "succeeded"
    assert (tmp_path / "new.csv").read_text() == "id\n3\n"
    assert asked(ledger) == [""]
    del made["plugin_operations"]
    assert run(tmp_path, made) == [4]


def test_rows_within_the_lag_come_once_where_their_ids_are_seen(tmp_path: Path, ledger: Ledger) -> None:
    lagging = document(ledger, cursor="at", lag="2d")
    assert run(tmp_path, lagging) == [1, 2]
    assert run(tmp_path, lagging) == [1, 2]
    made = document(ledger, cursor="at", lag="2d", seen="id") | {"name": "once"}
    assert run(tmp_path, made) == [1, 2]
    ledger.add(3, "2026-01-01T11:00:00Z")
    ledger.add(4, "2026-01-02T10:00:00Z")
    assert run(tmp_path, made) == [3, 4]
    assert run(tmp_path, made) == []
    ledger.orders[0]["at"] = "2026-01-02T12:00:00Z"  # the order was changed, and is new by its moment
    assert run(tmp_path, made) == [4]


def test_without_an_order_rows_are_new_whose_ids_no_run_has_read(tmp_path: Path, ledger: Ledger) -> None:
    made = document(ledger, params={"all": "yes"}, seen="id")
    assert run(tmp_path, made) == [1, 2]
    ledger.add(3, "2020-01-01T00:00:00Z")
    assert run(tmp_path, made) == [3]
    result = wf.run(made, base=tmp_path)
    assert result.as_json()["incremental"] == [{"source": "orders", "cursor": "id", "since": None, "until": None}]
    assert run(tmp_path, made, full_refresh=True) == [1, 2, 3]


def test_too_many_rows_to_remember_end_the_run(tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.plugin_sources.newer.MOST_SEEN", 1)
    with pytest.raises(wf.WorkflowError, match="more than 1 rows without a cursor, which are too many") as failure:
        wf.run(document(ledger, params={"all": "yes"}, seen="id"), base=tmp_path)
    assert failure.value.diagnostics[0].pointer[-2:] == ("incremental", "seen")
    assert run(tmp_path, document(ledger, cursor="at", seen="id")) == [1, 2]


def test_a_limit_that_cuts_rows_off_ends_the_run(tmp_path: Path, ledger: Ledger) -> None:
    made = document(ledger, more={"limit": 3}, cursor="at")
    assert run(tmp_path, made) == [1, 2]
    for number in (3, 4, 5):
        ledger.add(number, f"2026-01-0{number}T00:00:00Z")
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(made, base=tmp_path)
    [found] = failure.value.diagnostics
    assert (found.code, found.hint) == ("IR597", "leave limit out, or raise it")
    assert run(tmp_path, document(ledger, cursor="at")) == [3, 4, 5]


def test_rows_without_a_cursor_are_told_and_bad_ones_are_dead_letters(tmp_path: Path, ledger: Ledger) -> None:
    ledger.add(3, None)
    ledger.add(4, "soon")
    made = document(ledger, more={"max_bad": 1}, cursor="at")
    result = wf.run(made, base=tmp_path)
    assert result.dead_letters["count"] == 1
    assert [(each.code, each.message) for each in result.warnings if each.code == "IR599"] == [
        ("IR599", '1 rows of "orders" have no at: no later run reads such rows')
    ]
    assert (tmp_path / "new.csv").read_text() == "id\n1\n2\n3\n"


def test_the_plan_says_where_a_source_starts(
    tmp_path: Path, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    made = document(ledger, cursor="at", lag="1h", seen="id")
    assert "every row for now: no run has come to its end yet" in str(wf.compile(made, base=tmp_path).explain())
    run(tmp_path, made)
    shown = " ".join(wf.compile(made, base=tmp_path).explain().split())
    assert ("only rows whose at is at or after 2026-01-02 09:00:00+00:00, from the last run, 1h back for late rows, "
            "without those that were read, told by id") in shown  # fmt: skip


@pytest.mark.parametrize(
    ("word", "sent"),
    [("{{cursor.epoch}}", "1767348000"), ("{{cursor.epoch_ms}}", "1767348000000"), ("{{cursor.date}}", "2026-01-02"),
     ("after:{{cursor.epoch}}", "after:1767348000"), ("'{{cursor}}'", "'2026-01-02T10:00:00Z'")],
)  # fmt: skip
def test_a_moment_goes_out_in_the_form_that_the_service_reads(
    tmp_path: Path, ledger: Ledger, word: str, sent: str
) -> None:
    made = document(ledger, params={"q": word}, cursor="at", initial="2026-01-01T00:00:00Z")
    run(tmp_path, made)
    ledger.requests.clear()
    run(tmp_path, made)
    assert asked(ledger)[0].replace("%27", "'") == f"q={sent}"


@pytest.mark.parametrize(
    ("made", "code", "message"),
    [
        ({"params": {"q": "after:{{cursor}}"}, "cursor": "at"}, "IR597",
         "{{cursor}} has no value in the first run, and stands within a text"),
        ({"cursor": "atx"}, "IR401", '"orders" has no column "atx"'),
        ({"cursor": "at", "seen": "ident"}, "IR401", '"orders" has no column "ident"'),
        ({"params": {"q": "{{cursor.day}}"}, "cursor": "at"}, "IR401",
         'a cursor that is datetime with time zone has no "day"'),
        ({"params": {"q": "{{cursor}}"}, "seen": "id"}, "IR303", '"cursor" stands for nothing here'),
        ({"seen": "id", "lag": "1d"}, "IR206", "lag is a value of a cursor, and none is named"),
        ({}, "IR202", "neither a cursor nor seen is named"),
        ({"cursor": "id", "lag": "1d"}, "IR597", "the lag behind a number is a number, such as 1000"),
        ({"more": {"schema": None}, "cursor": "id"}, "IR597",
         'nothing tells the columns of "orders" where a run finds nothing new'),
    ],
)  # fmt: skip
def test_what_cannot_work_is_told_before_anything_is_asked(
    tmp_path: Path, ledger: Ledger, made: dict[str, Any], code: str, message: str
) -> None:
    found = wf.validate(document(ledger, **made), base=tmp_path)
    assert [(each.code, each.message) for each in found if each.severity == "error"] == [(code, message)]
    assert ledger.requests == []


def test_the_command_line_starts_over_and_says_how_far_it_came(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "ledger.json"
    file.write_text(json.dumps(document(ledger, cursor="at")))
    assert run_command_line(["run", str(file)]) == 0
    assert "orders is read up to at 2026-01-02 10:00:00+00:00" in " ".join(capsys.readouterr().out.split())
    assert run_command_line(["run", str(file), "--full-refresh"]) == 0
    assert (tmp_path / "new.csv").read_text() == "id\n1\n2\n"


@pytest.mark.parametrize(
    ("plugin", "action", "config", "cursor", "sent"),
    [
        ("gmail", "search_emails", {"query": "subject:invoice after:{{cursor.epoch}}"}, "date",
         {"query": "subject:invoice after:1767225600"}),
        ("github", "list_issues", {"owner": "ada", "repo": "engine", "since": "{{cursor}}"}, "updated_at",
         {"since": "2026-01-01T00:00:00Z"}),
        ("stripe", "list_payments", {"created_after": "{{cursor.moment}}"}, "created",
         {"created_after": "2026-01-01T00:00:00Z"}),
        ("airtable", "list_records", {"base_id": "appLkNDICXNqxSDhG", "table": "Invoices",
                                      "formula": "IS_AFTER(CREATED_TIME(), '{{cursor}}')"}, "createdTime",
         {"formula": "IS_AFTER(CREATED_TIME(), '2026-01-01T00:00:00Z')"}),
        ("outlook", "search_emails", {"received_after": "{{cursor}}"}, "received",
         {"received_after": "2026-01-01T00:00:00Z"}),
    ],
)  # fmt: skip
def test_the_forms_of_the_page_are_what_the_services_take(
    tmp_path: Path, plugin: str, action: str, config: dict[str, Any], cursor: str, sent: dict[str, str]
) -> None:
    initial = 1767225600 if cursor == "created" else "2026-01-01T00:00:00Z"
    source = {"type": "api", "alias": "found", "plugin_key": plugin, "operation_type": action,
              "config": {**config, "incremental": {"cursor": cursor, "initial": initial}}}  # fmt: skip
    plan = wf.compile({"ir_version": "3.1", "name": "f", "goal": "g", "data_sources": [source]}, base=tmp_path)
    relation = plan.compiled.graph["found"].source
    assert isinstance(relation, ApiRelation)
    assert sent.items() <= relation.arguments.items()
