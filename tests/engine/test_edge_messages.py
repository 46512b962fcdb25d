"""Messages of edge cases and of branches, through a real mail server."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"id": 1, "x": 5}, {"id": 2, "x": 7}]
SUMMARY = {"summary_delivery": {"recipient": "team@example.com", "subject": "{{count}} rows"}}
NOTHING = [{"field": "x", "operator": "greater_than", "value": 9}]


def case(condition: str, action: str, **more: Any) -> dict[str, Any]:
    return {"condition": condition, "action": action, **more}


def document(*cases: dict[str, Any], rows: Any = ROWS, **sections: Any) -> dict[str, Any]:
    sections.setdefault("delivery_rules", SUMMARY)
    source = inline("main", rows, {"id": "integer", "x": "integer"})
    return workflow([source], name="report", edge_cases=list(cases), **sections)


def mails(server: Any) -> list[tuple[str, str]]:
    return [(mail.recipients[0], mail.subject) for mail in server.mails]


def statuses(result: wf.RunResult) -> list[str]:
    return [each.status for each in result.deliveries]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("condition", "rows", "filters"),
    [("no_rows_after_filter", ROWS, NOTHING), ("empty_data_source", [], None)],
)
def test_one_message_says_that_there_is_nothing_in_place_of_the_documents_own(
    mail_server, engine, condition, rows, filters, tmp_path
):
    file = {"file_delivery": {"format": "csv"}}
    found = document(case(condition, "send_empty_result_message", message="Nothing today."), rows=rows,
                     delivery_rules={**SUMMARY, **file}, **({"filters": filters} if filters else {}))  # fmt: skip
    result = wf.run(found, engine=engine, out=tmp_path)
    assert mails(mail_server) == [("team@example.com", f"report: {condition.replace('_', ' ')}")]
    assert "Nothing today." in mail_server.mails[0].text
    assert (result.status, sorted(statuses(result))) == ("succeeded", ["delivered", "delivered", "skipped"])
    assert (tmp_path / "report.csv").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_with_rows_the_documents_own_message_goes_out_and_no_other(mail_server, engine):
    cases = [case("no_rows_after_filter", "send_empty_result_message"),
             case("empty_data_source", "alert_admin", recipient="ops@example.com")]  # fmt: skip
    result = wf.run(document(*cases, filters=[{"field": "x", "operator": "less_than", "value": 6}]), engine=engine)
    assert mails(mail_server) == [("team@example.com", "1 rows")]
    assert result.status == "succeeded"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("condition", "rows", "sections", "own", "said"),
    [
        ("empty_data_source", [], {}, "0 rows", "report: the data sources have no rows"),
        ("no_rows_after_filter", ROWS, {"filters": NOTHING}, "0 rows", "report: filters left no rows"),
        ("duplicate_records", [*ROWS, ROWS[0]], {}, "3 rows", "report: records stand more than once"),
        ("missing_required_headers", ROWS, {"normalization": {"required_headers": ["id", "paid"]}}, "2 rows",
         'report: required headers are missing: "paid"'),
        ("missing_required_field", [*ROWS, {"id": None, "x": 1}], {"validation_rules": [
            {"field": "id", "required": True}]}, "3 rows", "report: rows have no value in id"),
    ],
)  # fmt: skip
def test_somebody_is_told_and_the_run_goes_on(mail_server, engine, condition, rows, sections, own, said):
    found = document(case(condition, "alert_admin", recipient="ops@example.com"), rows=rows, **sections)
    wf.run(found, engine=engine)
    assert sorted(mails(mail_server)) == [
        ("ops@example.com", f"report: {condition.replace('_', ' ')}"), ("team@example.com", own)
    ]  # fmt: skip
    [alert] = [mail for mail in mail_server.mails if mail.recipients == ("ops@example.com",)]
    assert said in alert.text


def test_nobody_is_told_of_records_that_stand_once(mail_server):
    alert = case("duplicate_records", "alert_admin", recipient="ops@example.com")
    wf.run(document(alert))
    assert mails(mail_server) == [("team@example.com", "2 rows")]


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        ([case("no_rows_after_filter", "alert_admin")], "IR202"),
        ([case("no_rows_after_filter", "alert_admin", recipient="a@example.com"),
          case("no_rows_after_filter", "skip_execution")], "IR206"),
    ],
)  # fmt: skip
def test_a_message_that_could_reach_nobody_is_refused(cases, code):
    found = wf.validate(document(*cases, filters=NOTHING))
    assert [(each.code, each.pointer[:2]) for each in found if each.severity == "error"] == [(code, ("edge_cases", 0))]


@pytest.mark.parametrize("engine", ENGINES)
def test_branches_send_messages_about_their_own_rows(mail_server, engine):
    mail = {"recipient": "a@example.com", "subject": "{{count}}"}
    split = {
        "condition": [{"field": "x", "operator": "greater_than", "value": 5}],
        "then_actions": {"delivery_rules": {"summary_delivery": mail}},
        "elif_branches": [{
            "condition": [{"field": "x", "operator": "greater_than", "value": 100}],
            "then_actions": {"delivery_rules": {"summary_delivery": {"recipient": "b@example.com", "subject": "!"}}},
        }],
        "else_actions": [
            {"type": "send_to_recipient", "params": {
                "plugin_key": "email", "config": {"to": "c@example.com", "subject": "else {{count}}"}}},
            {"type": "use_template", "value": "Small: {{count}}"},
        ],
    }  # fmt: skip
    rows = [*ROWS, {"id": 3, "x": 8}]
    result = wf.run(document(rows=rows, conditionals=[split]), engine=engine)
    assert mails(mail_server) == [
        ("team@example.com", "3 rows"), ("a@example.com", "2"), ("c@example.com", "else 1")
    ]  # fmt: skip
    assert "Small: 1" in mail_server.mails[2].text
    assert (result.status, statuses(result).count("skipped")) == ("succeeded", 1)


def test_a_branch_that_the_run_takes_sends_its_message_also_without_rows(mail_server):
    empty = {
        "condition": [{"field": "{{data.count}}", "operator": "equals", "value": 0}],
        "then_actions": [{"type": "skip_delivery"}, {"type": "send_to_recipient", "value": "ops@example.com"}],
    }
    wf.run(document(rows=[], conditionals=[empty]))
    assert [mail.recipients for mail in mail_server.mails] == [("ops@example.com",)]
