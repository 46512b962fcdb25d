"""What a document says of an operation is checked before anything runs, each finding at its place."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document

ROWS = [{"who": "ada", "amount": 12.5, "date": "2026-01-02", "tags": ["a"]}]
SCHEMA = {"tags": "list(string)"}


def _found(tmp_path: Any, step: dict[str, Any], **sections: Any) -> list[tuple[str, tuple[Any, ...], str, str | None]]:
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(ROWS, step, schema=SCHEMA, **sections), base=tmp_path)
    return [(each.code, each.pointer[2:], each.message, each.hint) for each in failure.value.diagnostics]


def _order(**config: Any) -> dict[str, Any]:
    return {"operation_type": "create_order", "config": {"customer": "{{who}}", **config}}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"plugin_key": "shpo", "operation_type": "create_order"},
         ("IR204", ("plugin_key",), 'there is no plugin "shpo"', 'did you mean "shop"?')),
        ({"operation_type": "create_ordr"},
         ("IR204", ("operation_type",), 'shop has no action "create_ordr"',
          'did you mean "create_order" or "create_orders"?')),
        (_order(amuont=1),
         ("IR201", ("config", "amuont"), 'shop create_order: unknown key "amuont"', 'did you mean "amount"?')),
        (_order(amount="much"), ("IR203", ("config", "amount"),
                                 'shop create_order: expected a number, but this is "much"', None)),
        ({"operation_type": "create_order", "config": {"note": "{{who}}"}},
         ("IR202", ("config",), 'shop create_order: "customer" is missing', None)),
        (_order(note="{{whom}}"),
         ("IR303", ("config", "note"), '"whom" stands for nothing here', 'did you mean "who"?')),
        (_order(note="{{data.whom}}"),
         ("IR401", ("config", "note"), 'the rows have no column "whom"', 'did you mean "who"?')),
        (_order(note="{{inputs.x}}"),
         ("IR302", ("config", "note"), 'there is no input "x"', "declare it under runtime_inputs")),
        (_order(note="{{run.dat}}"), ("IR303", ("config", "note"), 'run.dat: there is no "dat" in it',
                                      'did you mean "date" or "day"?')),
        (_order(note="{{tags.first}}"), ("IR401", ("config", "note"), 'tags is a list, and "first" is no place in one',
                                         "write tags[0].first for the first element, tags[*].first for all")),
        (_order(note="{{who.name}}"), ("IR401", ("config", "note"), "who is string, and nothing lies inside of one",
                                       None)),
        ({**_order(), "execution_scope": "once"},
         ("IR303", ("config", "customer"), '"who" stands for nothing here',
          '"who" is a column, and this call is not about one row: write execution_scope: per_item, or '
          "{{data[0].who}} for the first row's")),
        ({**_order(), "execution_scope": "per_group"},
         ("IR223", ("execution_scope",), "execution_scope per_group needs groups", "write grouping: {group_by: …}")),
        ({**_order(), "execution_scope": "batch"},
         ("IR206", ("execution_scope",), "shop create_order does not take several items at once",
          "write execution_scope: per_item")),
        ({**_order(), "output_variable": "amount"},
         ("IR403", ("output_variable",), 'the rows have a column "amount" already', "give the result another name")),
        ({**_order(), "rejects": "bad"}, ("IR206", ("rejects",), "with on_error: fail the first call that fails ends "
                                          "the run", "write on_error: continue")),
        ({**_order(), "input_source": "{{data.who.x}}"},
         ("IR401", ("input_source",), "who is string, and nothing lies inside of one", None)),
        ({**_order(), "input_source": "{{dta.tags}}"}, ("IR301", ("input_source",), 'there is no frame "dta" here',
                                                        'did you mean "data"?')),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(step, expected, tmp_path, shop):
    assert _found(tmp_path, step) == [expected]


def test_a_column_stands_before_a_word_of_the_run_and_is_said_to(tmp_path, shop):
    plan = wf.compile(document(ROWS, _order(day="{{date}}"), schema=SCHEMA), base=tmp_path)
    [warning] = [each for each in plan.warnings if each.code == "IR656"]
    assert warning.hint == "write item.date for the column and run.date for the run's own"
    plan.run(out=tmp_path)
    assert shop.orders == [{"customer": "ada", "day": "2026-01-02"}]


def test_values_of_a_frame_that_the_rows_come_from_are_those_of_the_row(tmp_path, shop):
    step = {**_order(note="{{main.who}} {{data.amount}}"), "input_source": "few"}
    made = document(ROWS, step, schema=SCHEMA, transforms=[
        {"type": "filter", "config": {"where": "amount > 1"}, "output_variable": "few"},
    ])  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "ada", "note": "ada 12.5"}]


def test_rows_are_followed_through_the_operations_that_add_to_them(tmp_path, shop):
    made = document(
        [{"who": "ada", "amount": 2}, {"who": "bo", "amount": 3}],
        {"operation_type": "put_order", "config": {"id": "{{who}}"}, "output_variable": "link"},
        {"operation_type": "create_order", "input_source": "late", "config": {"customer": "{{main.who}}",
                                                                              "note": "{{late.link}}"}},
        transforms=[{"type": "filter", "input_source": "link", "config": {"where": "amount > 2"},
                     "output_variable": "late"}],
    )  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "bo", "note": "https://shop.example/o/bo"}]


def test_a_column_computed_anew_is_not_taken_for_the_one_it_comes_from(tmp_path, shop):
    step = {**_order(note="{{main.who}}"), "plugin_key": "shop", "id": "op", "input_source": "loud"}
    made = document([{"who": "ada"}, {"who": "bo"}], step, transforms=[
        {"type": "map", "config": {"columns": {"who": "upper(who)"}}, "output_variable": "loud"},
    ])  # fmt: skip
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(made, base=tmp_path)
    assert [each.code for each in failure.value.diagnostics] == ["IR414"]


def test_a_plan_says_how_often_an_action_is_called(tmp_path, shop):
    plan = wf.compile(document(ROWS, {**_order(), "output_variable": "order"}, schema=SCHEMA), base=tmp_path)
    assert "op_0 (plugin): shop create_order, for each row" in plan.explain()
    assert plan.schema("data").names == ("who", "amount", "date", "tags", "order")
    assert shop.requests == []
