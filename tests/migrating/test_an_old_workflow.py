"""A whole workflow of the original, whose rows were worked out by hand from what it says."""

from __future__ import annotations

from tests.migrating.documents import errors, mail, read, steps, with_rows
from tests.workflows import both_engines

ROWS = [
    {"invoice": "i1", "status": "open", "amount": 700, "email": "a@example.com"},
    {"invoice": "i2", "status": "paid", "amount": 900, "email": "b@example.com"},
    {"invoice": "i3", "status": None, "amount": 60, "email": None},
    {"invoice": "i4", "status": "late", "amount": 49, "email": "d@example.com"},
    {"invoice": "i5", "status": "late", "amount": 1000, "email": "e@example.com"},
]


def test_overdue_invoices_are_claimed_and_the_office_is_told_as_the_old_steps_say() -> None:
    found = steps(
        {**read("table"), "cache": {"enabled": True, "ttl": 300}},
        {"step_id": "step2", "type": "transform", "operation": "rows_to_objects", "input": "{{step1.data.values}}",
         "output_variable": "invoices"},
        {"step_id": "step3", "type": "transform", "operation": "filter", "input": "{{invoices}}",
         "config": {"condition": "item.status != 'paid' && item.amount >= 50"}, "output_variable": "overdue"},
        {"step_id": "step4", "type": "transform", "operation": "sort", "input": "{{overdue}}",
         "config": {"sort_by": [{"field": "amount", "direction": "desc"}]}, "output_variable": "sorted"},
        {"step_id": "step5", "type": "transform", "operation": "aggregate", "input": "{{sorted}}", "config": {
            "aggregations": [{"field": "amount", "operation": "sum", "alias": "total"}]}, "output_variable": "sums"},
        {"step_id": "step6", "type": "scatter_gather", "scatter": {"input": "{{sorted}}", "itemVariable": "inv",
         "steps": [{**mail("claim", "{{inv.email}}", "Pay {{inv.amount}}"),
                    "executeIf": "{{inv.email}} != null && inv.amount < 1000"}]}},
        {**mail("office", "office@example.com", "{{step4.data.length}} owe {{sums.total}}"),
         "executeIf": "{{step4.data.length}} > 0 && sums.total > 500", "dependencies": ["step5"]},
    )  # fmt: skip
    new = with_rows(found, ROWS)
    assert both_engines(new, "sorted")["invoice"].to_list() == ["i5", "i1", "i3"]
    assert both_engines(new, "sums").rows() == [(1760,)]
    assert both_engines(new, "claim_if_then")["invoice"].to_list() == ["i1"]
    (branch,) = found.value["conditionals"]
    assert [tuple(each.values()) for each in branch["condition"]["conditions"]] == [
        ("{{sorted.count}}", "greater_than", 0),
        ("{{sums.total}}", "greater_than", 500),
    ]
    (told,) = branch["then_actions"]["delivery_rules"]["multiple_destinations"]
    assert told["body_template"] == "{{sorted.count}} owe {{sums.total}}"
    assert found.questions == ()
    assert errors(found) == []
