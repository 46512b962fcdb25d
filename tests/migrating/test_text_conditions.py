"""Conditions that are a text in the original: what JavaScript keeps is kept, and what means something else is told."""

from __future__ import annotations

from typing import Any

import pytest

from ir.migrating import Migration
from tests.migrating.documents import errors, fetch, graph, mail, migrate, only, read, steps, with_rows
from tests.workflows import both_engines

Words = dict[str, Any]

ROWS = [
    {"id": 1, "Sales Person": "Bo", "score": 9, "limit": 5, "status": "paid", "tag": "Rush"},
    {"id": 2, "Sales Person": "Ann", "score": -2, "limit": -2, "status": "open", "tag": ""},
    {"id": 3, "Sales Person": "Cy", "score": None, "limit": 7, "status": None, "tag": None},
]
"""What each condition keeps of them was worked out by node 20."""


def in_a_loop(step: Words) -> Migration:
    """The step in a loop over the rows of a sheet, each of which is called lead."""
    loop = {"id": "each", "type": "loop", "iterateOver": "{{raw}}", "itemVariable": "lead", "loopSteps": [step]}
    return steps(read(), loop)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("{{lead.score}} > 5", [1]),
        ("5 < lead.score", [1]),
        ("lead.score >= -2 && lead.score != 9", [2]),
        ("lead.status != 'paid'", [2, 3]),
        ("!(lead.status == 'paid') && lead.score !== null", [2]),
        ("lead.status == 'paid' || lead.status == 'open' && lead.score > 0", [1]),
        ("(lead.status == 'paid' || lead.status == 'open') && lead.score < 0", [2]),
        ("'{{lead.status}}' === \"paid\"", [1]),
        ("lead?.status == null", [3]),
        ("lead.tag?.includes('us')", [1]),
        ("lead.tag?.includes('RUSH')", []),
        ("['paid', 'late'].includes(lead.status)", [1]),
        ("lead.tag.length > 0", [1]),
        ("lead.tag.length == 0", [2]),
        ("lead.tag != '' && true", [1, 3]),
        ("lead['Sales Person'] == 'Ann'", [2]),
        ("{{lead.score == 9 && lead['status'] == 'paid'}}", [1]),
        ("(lead.score > 5) == false", [2, 3]),
    ],
)
def test_a_condition_that_is_a_text_sends_the_rows_down_the_branch_that_javascript_does(
    text: str, kept: list[int]
) -> None:
    found = in_a_loop({**mail("tell", "{{lead.id}}@example.com", "For {{lead['Sales Person']}}"), "executeIf": text})
    rows = both_engines(with_rows(found, ROWS), "tell_if_then")
    assert rows["id"].to_list() == kept
    assert errors(found) == []


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("{{step1.data.length}} > 10", ("{{raw.count}}", "greater_than", 10)),
        ("raw.values.length", ("{{raw.count}}", "greater_than", 0)),
        ("!{{raw.count}}", ("{{raw.count}}", "less_than_or_equals", 0)),
        ("{{inputs.mode}} == 'full'", ("{{inputs.mode}}", "equals", "full")),
        ("inputs.mode == inputs.other", ("{{inputs.mode}}", "equals", "{{inputs.other}}")),
    ],
)
def test_a_text_about_the_run_is_a_conditional(text: str, condition: tuple[str, str, Any]) -> None:
    found = steps(read(), {**mail("tell", "a@example.com"), "executeIf": text})
    (branch,) = found.value["conditionals"]
    first = branch["condition"].get("conditions", [{}])[0]
    assert (first["field"], first["operator"], first["value"]) == condition
    assert errors(found) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lead.score < 100", "null counted as 0 in the original, and so as less than 100"),
        ("lead.score == lead.limit", "null equalled null"),
        ("lead.tag.includes('us')", "could not carry out includes()"),
    ],
)
def test_what_javascript_means_otherwise_is_told_beside_the_branch(text: str, why: str) -> None:
    found = in_a_loop({**mail("tell", "{{lead.id}}@example.com"), "executeIf": text})
    assert why in only(found, "tell_if").why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lead.active", '"lead.active" alone is no comparison'),
        ("!lead.active", '"lead.active" alone is no comparison'),
        ("lead.score % 2 == 0", '"% 2 == 0" is not read'),
        ("lead.score + 1 > 3", '"+ 1 > 3" is not read'),
        ("lead.score > 3 ? true : false", '"? true : false" is not read'),
        ("lead.name.toLowerCase() == 'a'", '"(" is not read'),
        ("lead.tag.length > 3", "how long tag is has no operator"),
        ("(lead.score > 3", 'a ")" is missing'),
        ("lead.score >", '"the end" is not read'),
        ("{{raw}} && lead.score > 3", "true in JavaScript also where there are no rows"),
        ("nobody.total > 3 && inputs.x == 1", "compares a row and the run at once"),
        ("the lead is good", '"lead" is not read'),
        ("(" * 60 + "1" + ")" * 60, "nested too deeply"),
        ("", "an empty text"),
    ],
)
def test_a_text_that_is_more_than_a_condition_stays_as_a_question(text: str, why: str) -> None:
    inner = [mail("tell", "{{lead.id}}@example.com")]
    found = in_a_loop({"id": "choose", "type": "conditional", "condition": text, "steps": inner})
    assert why in only(found, "choose").why
    assert found.value["x-refused"][0]["was"] in ({"condition": text}, {"conditions": [text]})
    assert "tell" in {each["element"] for each in found.value["x-refused"]}
    assert errors(found) == []


@pytest.mark.parametrize(
    ("text", "made"), [("true", True), ("1 == 2", False), ("inputs.x == 1 || true", True), ("!true", False)]
)
def test_a_condition_that_stands_firm_leaves_its_step_or_takes_it_out(text: str, made: bool) -> None:
    found = steps(read(), {**mail("tell", "a@example.com"), "executeIf": text})
    assert ("delivery_rules" in found.value) is made
    assert "conditionals" not in found.value
    assert only(found, "tell_if").why == f"left out: its condition {'always' if made else 'never'} holds"


def test_a_filter_and_a_rule_of_a_graph_may_be_texts_too() -> None:
    found = migrate(graph({
        "read": fetch(),
        "good": {"type": "operation", "outputs": [{"variable": "good"}], "operation": {
            "operation_type": "transform",
            "transform": {"type": "filter", "input": "orders", "condition": "item.status != 'paid' && item.id < 3"}}},
        "pick": {"type": "choice", "choice": {"default": "out", "rules": [
            {"condition": "good.length >= 1", "next": "tell"}]}},
        "tell": {"type": "operation", "next": "out", "operation": {"operation_type": "deliver", "deliver": {
            "plugin_key": "google-mail", "action": "send_email",
            "config": {"recipients": {"to": ["a@example.com"]}, "content": {"subject": "s", "html_body": "b"}}}}},
        "out": {"type": "end"},
    }))  # fmt: skip
    assert both_engines(with_rows(found, ROWS), "good")["id"].to_list() == [2]
    (branch,) = found.value["conditionals"]
    assert branch["condition"]["conditions"] == [
        {"field": "{{good.count}}", "operator": "greater_than_or_equals", "value": 1}
    ]
