"""Runs by the API: begun with checked inputs, listed a page at a time, shown with all that became of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.service.serving import Served, orders_folder, serving

MONTHLY = """\
ir_version: "3.1"
name: monthly
goal: Orders of a month.
runtime_inputs:
  - {name: month, type: date, required: true}
  - {name: region, type: select, options: [north, south], default_value: north}
data_sources:
  - type: file
    alias: orders
    location: monthly.csv
    config: {schema: {id: integer, amount: integer}, on_bad_row: quarantine, max_bad: 5}
delivery_rules:
  file_delivery: {format: csv, filename_template: "{{inputs.region}}_{{inputs.month}}.csv"}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = orders_folder(tmp_path_factory.mktemp("service"))
    (folder / "monthly.yaml").write_text(MONTHLY)
    (folder / "monthly.csv").write_text("id,amount\n1,7\n2,many\n3,9\n")
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def run_id(served: Served) -> str:
    """Of a run that rejected a row."""
    begun = served.ask("POST", "/api/runs", {"workflow": "monthly", "inputs": {"month": "2026-01-31"}})
    assert begun.status == 202, begun.body
    assert begun.json["status"] == "queued"
    assert served.ended(begun.json["run_id"])["status"] == "incomplete"
    return str(begun.json["run_id"])


def test_a_run_is_shown_with_its_steps_deliveries_and_rejected_rows(served: Served, run_id: str) -> None:
    found = served.ask("GET", f"/api/runs/{run_id}").json
    assert [(each["name"], each["rows_in"], each["rows_out"], each["dead_letters"]) for each in found["steps"]] == [
        ("orders", 3, 2, 1), ("csv", 2, 2, 0)
    ]  # fmt: skip
    [delivery] = found["deliveries"]
    assert (delivery["id"], delivery["status"], delivery["rows"]) == ("csv", "delivered", 2)
    [file] = delivery["files"]
    assert (file["name"], file["bytes"], file["can_be_downloaded"]) == ("north_2026-01-31.csv", 18, True)
    assert found["letters"] == [{"step": "orders", "rule": "", "rows": 1}]
    assert found["inputs"] == {"month": "2026-01-31"}
    letters = served.ask("GET", f"/api/runs/{run_id}/letters").json
    assert letters["count"] == 1
    assert letters["letters"][0]["values"] == {"id": "2", "amount": "many"}


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({}, "IR311"), ({"month": "2026-01-31", "colour": "red"}, "IR310"), ({"month": "January"}, "IR208")],
)
def test_inputs_that_do_not_fit_are_refused_before_a_run_is_asked_for(
    served: Served, inputs: dict[str, str], code: str
) -> None:
    before = len(served.ask("GET", "/api/runs?workflow=monthly").json["runs"])
    refused = served.ask("POST", "/api/runs", {"workflow": "monthly", "inputs": inputs})
    assert refused.status == 422
    assert [each["code"] for each in refused.json["error"]["diagnostics"]] == [code]
    assert len(served.ask("GET", "/api/runs?workflow=monthly").json["runs"]) == before


def test_runs_are_listed_a_page_at_a_time(served: Served) -> None:
    begun = [served.ask("POST", "/api/runs", {"workflow": "orders"}).json["run_id"] for _ in range(3)]
    first = served.ask("GET", "/api/runs?workflow=orders&limit=2").json
    second = served.ask("GET", f"/api/runs?workflow=orders&limit=2&after={first['next']}").json
    assert [each["run_id"] for each in first["runs"] + second["runs"]] == begun[::-1]
    assert second["next"] is None


def test_runs_are_listed_by_how_they_stand(served: Served, run_id: str) -> None:
    found = served.ask("GET", "/api/runs?status=incomplete&status=failed").json["runs"]
    assert [each["run_id"] for each in found] == [run_id]


def test_a_delivered_file_is_downloaded(served: Served, run_id: str) -> None:
    found = served.ask("GET", f"/api/runs/{run_id}/deliveries/csv/files/0", scope="read")
    assert (found.status, found.body) == (200, b"id,amount\n1,7\n3,9\n")
    assert found.headers["content-type"] == "text/csv; charset=utf-8"
    assert found.headers["content-disposition"].startswith('attachment; filename="north_2026-01-31.csv"')
    for path in ("csv/files/1", "csv/files/-1", "csv/files/x", "other/files/0", "..%2F..%2Fcsv/files/0"):
        assert served.ask("GET", f"/api/runs/{run_id}/deliveries/{path}").status == 404


def test_a_run_that_failed_goes_on_under_its_own_id(served: Served) -> None:
    rows = served.folder / "monthly.csv"
    text = rows.read_text()
    rows.write_text("id,amount\n" + "1,many\n" * 6)  # one more than max_bad allows
    wanted = {"workflow": "monthly", "inputs": {"month": "2026-02-28", "region": "south"}}
    run_id = served.ask("POST", "/api/runs", wanted).json["run_id"]
    failed = served.ended(run_id)
    assert (failed["status"], failed["can_be_resumed"]) == ("failed", True)
    assert "does not fit integer" in failed["error"]
    assert failed["problem"] == {
        "code": "IR533",
        "title": "a value does not fit its column",
        "place": "monthly.yaml:11:44",
        "hint": 'correct the value, list it in null_values, or declare "amount" as a wider type; max_bad: 6 lets so '
        "many become dead letters",
    }
    [listed] = served.ask("GET", "/api/runs?status=failed").json["runs"]
    assert listed["problem"] == failed["problem"]
    rows.write_text(text)
    assert served.ask("POST", f"/api/runs/{run_id}/resume").status == 202
    found = served.ended(run_id)
    assert (found["status"], found["error"], found["problem"], found["attempts"]) == ("incomplete", None, None, 2)
    again = served.ask("POST", f"/api/runs/{run_id}/resume")
    assert (again.status, again.json["error"]["message"]) == (409, "the run came to its end: nothing is left to do")


def test_a_run_that_is_over_cannot_be_cancelled(served: Served, run_id: str) -> None:
    assert served.ask("POST", f"/api/runs/{run_id}/cancel").status == 409
    assert served.ask("POST", "/api/runs/none/cancel").status == 404


def test_rejected_rows_are_replayed_as_a_run_of_their_own(served: Served, run_id: str) -> None:
    replay = served.ask("POST", f"/api/runs/{run_id}/replay", {"idempotency_key": "once"}).json
    assert (replay["cause"], replay["about"]) == ("replay", {"run_id": run_id})
    found = served.ended(replay["run_id"])
    assert (found["status"], found["letters"]) == ("incomplete", [{"step": "orders", "rule": "", "rows": 1}])
    [delivery] = found["deliveries"]
    assert delivery["files"][0]["name"] == "north_2026-01-31-replay-1.csv"
    assert [each["run_id"] for each in served.ask("GET", f"/api/runs/{run_id}").json["replays"]] == [replay["run_id"]]
    repeated = served.ask("POST", f"/api/runs/{run_id}/replay", {"idempotency_key": "once"})
    assert repeated.json["run_id"] == replay["run_id"]
    again = served.ask("POST", f"/api/runs/{run_id}/replay")
    assert (again.status, again.json["error"]["hint"]) == (409, "again: true takes them once more")


def test_what_a_run_told_is_read_on_from_where_it_was_read(served: Served, run_id: str) -> None:
    first = served.ask("GET", f"/api/runs/{run_id}/logs?limit=1").json
    assert [each["kind"] for each in first["lines"]] == ["run_started"]
    rest = served.ask("GET", f"/api/runs/{run_id}/logs?after={first['next']}").json
    assert rest["lines"][-1]["kind"] == "run_finished"
    last = served.ask("GET", f"/api/runs/{run_id}/logs?after={rest['next']}").json
    assert (last["lines"], last["next"]) == ([], rest["next"])


def test_a_key_that_was_sent_before_asks_for_the_same_or_is_refused(served: Served, run_id: str) -> None:
    wanted = {"workflow": "monthly", "inputs": {"month": "2026-02-28"}, "idempotency_key": "feb"}
    first, again = (served.ask("POST", "/api/runs", wanted) for _ in range(2))
    assert first.json["run_id"] == again.json["run_id"]
    others = [{"inputs": {"month": "2026-03-31"}}, {"workflow": "orders", "inputs": {}}]
    assert [served.ask("POST", "/api/runs", {**wanted, **each}).status for each in others] == [409, 409]
    assert served.ask("POST", f"/api/runs/{run_id}/replay", {"idempotency_key": "feb"}).status == 409
    served.ended(first.json["run_id"])
