"""Operations of plugins in a run: what is sent, and what becomes of the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import document

ROWS = [{"who": "ada", "amount": 12.5}, {"who": "bo", "amount": 7.0}, {"who": "cy", "amount": 1.25}]
ORDER = {"operation_type": "create_order", "config": {"customer": "{{who}}", "amount": "{{item.amount}}"}}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_config_with_columns_of_the_rows_is_a_call_a_row(engine, tmp_path, shop):
    plan = wf.compile(document(ROWS, {**ORDER, "output_variable": "order"}), engine=engine, base=tmp_path)
    result = plan.run(out=tmp_path)
    assert shop.orders == [{"customer": "ada", "amount": 12.5}, {"customer": "bo", "amount": 7.0},
                           {"customer": "cy", "amount": 1.25}]  # fmt: skip
    assert shop.tokens == {"Bearer s3cret-token-1234"}
    assert result["data"].select("who", "order").rows() == [
        ("ada", {"id": "o1", "total": 12.5}), ("bo", {"id": "o2", "total": 7.0}), ("cy", {"id": "o3", "total": 1.25}),
    ]  # fmt: skip
    [step] = [each for each in result.steps if each.kind == "plugin"]
    assert (step.name, step.rows_in, step.rows_out) == ("op_0", 3, 3)
    assert step.outcome == {"calls": 3, "requests": 3}


def test_a_config_without_columns_is_one_call(tmp_path, shop):
    config = {"customer": "{{inputs.who}}", "note": "on {{run.date}} for {{totals.amount}}"}
    made = document(
        ROWS, {"operation_type": "create_order", "config": config, "output_variable": "order"},
        transforms=[{"type": "reduce", "config": {"aggregates": {"amount": "sum(amount)"}},
                     "output_variable": "totals"}],
        runtime_inputs=[{"name": "who", "type": "text", "default_value": "dee"}],
        delivery_rules={"file_delivery": {"format": "csv", "input_source": "order", "filename_template": "made.csv"}},
    )  # fmt: skip
    plan = wf.compile(made, base=tmp_path, now=datetime(2026, 1, 31, 12, tzinfo=UTC))
    plan.run(out=tmp_path)
    assert shop.orders == [{"customer": "dee", "note": "on 2026-01-31 for 20.75"}]
    assert (tmp_path / "made.csv").read_text() == "id,total\no1,\n"


def test_an_action_that_takes_rows_gets_them_in_batches(tmp_path, shop):
    step = {"operation_type": "append_lines", "config": {"sheet": "q1", "columns_in_order": ["amount", "who"]},
            "output_variable": "appended"}  # fmt: skip
    plan = wf.compile(document(ROWS, step), base=tmp_path)
    result = plan.run(out=tmp_path)
    assert shop.lines == [("q1", [["amount", "who"], [12.5, "ada"], [7.0, "bo"]]), ("q1", [[1.25, "cy"]])]
    assert result["appended"]["updated"].to_list() == [3, 1]
    assert (tmp_path / "made.csv").read_text().splitlines()[0] == "who,amount"


def test_a_read_of_rows_is_a_frame_of_all_its_pages(tmp_path, shop):
    step = {"operation_type": "list_orders", "config": {"status": "open"}, "output_variable": "orders"}
    result = wf.compile(document(ROWS, step), base=tmp_path).run(out=tmp_path)
    assert result["orders"].rows() == [("o0", 0.0), ("o1", 1.5), ("o2", 3.0), ("o3", 4.5), ("o4", 6.0)]


def test_what_a_row_was_answered_is_read_by_the_step_after_it(tmp_path, shop):
    rows = [{"who": "ada"}, {"who": "bo"}]
    made = document(
        rows,
        {"operation_type": "get_customer", "config": {"id": "{{who}}"}, "output_variable": "customer"},
        {"operation_type": "create_order",
         "config": {"customer": "{{customer.name}}", "day": "{{data.customer.since}}"}, "output_variable": "order"},
        {"operation_type": "put_order", "config": {"id": "{{order.id}}"}, "output_variable": "link"},
    )  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "Ada", "day": "2024-05-06"}, {"customer": "Bo", "day": "2024-05-06"}]
    assert result["data"]["link"].to_list() == ["https://shop.example/o/o1", "https://shop.example/o/o2"]


def test_a_list_of_the_rows_is_gone_through_element_by_element(tmp_path, shop):
    rows = [{"who": "ada", "ids": ["a", "b"]}, {"who": "bo", "ids": []}, {"who": "cy", "ids": ["c"]}]
    made = document(
        rows,
        {"operation_type": "put_order", "config": {"id": "{{item}}"}, "input_source": "{{data.ids}}",
         "output_variable": "links"},
        {"operation_type": "create_order", "config": {"customer": "{{who}}", "note": "{{links[0]}}"}},
        schema={"ids": "list(string)"},
    )  # fmt: skip
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    link = "https://shop.example/o/"
    assert result["data"]["links"].to_list() == [[f"{link}a", f"{link}b"], [], [f"{link}c"]]
    assert [each.get("note") for each in shop.orders] == [f"{link}a", None, f"{link}c"]


def test_a_call_a_group_knows_its_rows(tmp_path, shop):
    rows = [{"city": "Rome", "n": 1}, {"city": "Oslo", "n": 2}, {"city": "Rome", "n": 3}]
    config = {"customer": "{{group.key}}", "amount": "{{group.count}}", "tags": "{{group.items[*].city}}"}
    step = {"operation_type": "create_order", "execution_scope": "per_group", "output_variable": "order",
            "config": config}  # fmt: skip
    made = document(rows, step, grouping={"group_by": "city"})
    result = wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "Oslo", "amount": 1, "tags": ["Oslo"]},
                           {"customer": "Rome", "amount": 2, "tags": ["Rome", "Rome"]}]  # fmt: skip
    assert result["order"].rows() == [("Oslo", {"id": "o1", "total": 1.0}), ("Rome", {"id": "o2", "total": 2.0})]


def test_values_keep_their_types_and_texts_are_written_as_in_files(tmp_path, shop):
    rows = [{"who": 7, "amount": "12.50", "on": "2026-01-31", "tags": ["x", "y"]}]
    schema = {"who": "integer", "amount": "decimal(10,2)", "on": "date", "tags": "list(string)"}
    config = {"customer": "{{who}}", "amount": "{{amount}}", "day": "{{on}}", "tags": "{{tags}}",
              "note": "{{amount}} on {{on}}: {{tags}}"}  # fmt: skip
    wf.compile(document(rows, {"operation_type": "new_order", "config": config}, schema=schema), base=tmp_path).run(
        out=tmp_path
    )
    assert shop.orders == [
        {"customer": "7", "amount": 12.5, "day": "2026-01-31", "tags": ["x", "y"], "note": "12.50 on 2026-01-31: x, y"}
    ]


def test_an_optional_parameter_without_a_value_is_left_out(tmp_path, shop):
    rows = [{"who": "ada", "note": None}, {"who": "bo", "note": "soon"}]
    step = {"operation_type": "create_order", "config": {"customer": "{{who}}", "note": "{{note}}"}}
    wf.compile(document(rows, step), base=tmp_path).run(out=tmp_path)
    assert shop.orders == [{"customer": "ada"}, {"customer": "bo", "note": "soon"}]


def test_names_of_columns_go_only_into_an_empty_target(tmp_path, shop):
    shop.lines.append(("q1", [["who"], ["before"]]))
    step = {"operation_type": "append_lines", "config": {"sheet": "q1", "columns_in_order": ["who"]}}
    wf.compile(document(ROWS[:1], step), base=tmp_path).run(out=tmp_path)
    assert shop.lines[1:] == [("q1", [["ada"]])]


def test_the_rows_of_each_group_go_to_a_target_of_its_own(tmp_path, shop):
    rows = [{"city": "Rome", "n": 1}, {"city": "Oslo", "n": 2}, {"city": "Rome", "n": 3}]
    step = {"operation_type": "append_lines", "execution_scope": "per_group",
            "config": {"sheet": "{{group.key}}", "lines": "{{data}}"}}  # fmt: skip
    wf.compile(document(rows, step, grouping={"group_by": "city"}), base=tmp_path).run(out=tmp_path)
    assert shop.lines == [("Oslo", [["city", "n"], ["Oslo", 2]]), ("Rome", [["city", "n"], ["Rome", 1], ["Rome", 3]])]


def test_the_workflow_names_the_version_of_a_plugin_that_it_wants(tmp_path, shop):
    made = document(ROWS[:1], ORDER, plugins={"shop": "^1.1"})
    plan = wf.compile(made, base=tmp_path)
    [step] = [each for each in plan.to_dict()["steps"] if each["type"] == "plugin"]
    assert step["settings"]["version"] == "1.2.0"
    assert len(step["settings"]["manifest_sha256"]) == 64
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile({**made, "plugins": {"shop": "^2"}}, base=tmp_path)
    assert [(each.code, each.pointer) for each in failure.value.diagnostics] == [("IR696", ("plugins", "shop"))]


def test_rows_are_packed_into_calls_where_the_action_takes_several(tmp_path, shop):
    rows = [{"who": who, "at": at} for who, at in (("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "y"))]
    step = {"operation_type": "create_orders", "execution_scope": "batch", "output_variable": "order",
            "config": {"shop": "{{at}}", "orders": [{"customer": "{{who}}"}]}}  # fmt: skip
    result = wf.compile(document(rows, step), base=tmp_path).run(out=tmp_path)
    assert [(place, [each["customer"] for each in orders]) for place, orders in shop.lines] == [
        ("x", ["a", "b"]), ("x", ["c"]), ("y", ["d", "e"]),
    ]  # fmt: skip
    assert [each["id"] for each in result["data"]["order"]] == ["x-a", "x-b", "x-c", "y-d", "y-e"]


def test_a_row_that_is_refused_in_a_pack_costs_no_other_row(tmp_path, shop):
    rows = [{"who": each} for each in ("a", "nobody", "c")]
    step = {"operation_type": "create_orders", "execution_scope": "batch", "output_variable": "order",
            "on_error": "continue", "config": {"shop": "x", "orders": [{"customer": "{{who}}"}]}}  # fmt: skip
    result = wf.compile(document(rows, step), base=tmp_path).run(out=tmp_path)
    assert [each and each["id"] for each in result["data"]["order"]] == ["x-a", None, "x-c"]
    assert result.dead_letters["count"] == 1
    assert [[each["customer"] for each in orders] for _, orders in shop.lines] == [["a", "nobody"], ["a"], ["nobody"],
                                                                                   ["c"]]  # fmt: skip
    [done] = [each for each in result.steps if each.kind == "plugin"]
    assert done.outcome == {"calls": 2, "requests": 2, "failed": 1, "split": 1}


def test_the_first_pack_that_fails_ends_the_run_where_it_may_not_go_on(tmp_path, shop):
    rows = [{"who": each} for each in ("a", "nobody", "c")]
    step = {"operation_type": "create_orders", "execution_scope": "batch", "output_variable": "order",
            "config": {"shop": "x", "orders": [{"customer": "{{who}}"}]}}  # fmt: skip
    with pytest.raises(wf.WorkflowError, match="rows 1 to 2: Shop answers"):
        wf.compile(document(rows, step), base=tmp_path).run(out=tmp_path)
    assert len(shop.lines) == 1


def _appending(**more):
    return {"operation_type": "append_lines", "config": {"sheet": "s", "columns_in_order": ["who"]},
            "on_error": "continue", **more}  # fmt: skip


def _with_longer_packs(folder, most=100):
    manifest = json.loads((folder / "plugins" / "shop.yaml").read_text())
    del manifest["actions"]["append_lines"]["rows"]["header_when_empty"]
    manifest["actions"]["append_lines"]["rows"]["max_items"] = most
    (folder / "plugins" / "shop.yaml").write_text(json.dumps(manifest))


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_rows_that_are_appended_together_are_halved_until_the_bad_one_stands_alone(tmp_path, shop, engine):
    _with_longer_packs(tmp_path)
    shop.refuses = {"bad"}
    rows = [{"who": each} for each in ("a", "b", "c", "bad", "e", "f", "g", "h", "i")]
    result = wf.compile(document(rows, _appending(rejects="refused")), base=tmp_path, engine=engine).run(out=tmp_path)
    assert [line for _, lines in shop.lines for [line] in lines] == ["a", "b", "c", "e", "f", "g", "h", "i"]
    assert result["refused"].select("who", "_row").rows() == [("bad", 4)]
    # 9, 1 to 4, 1 to 2, 3 to 4, 3, 4, 5 to 9: each half of what was refused, and no row twice
    assert shop.asked("POST", "/sheets/s") == 7


def test_rows_that_are_all_refused_are_not_tried_one_by_one_for_ever(tmp_path, shop):
    _with_longer_packs(tmp_path)
    shop.refuses = {str(each) for each in range(250)}
    rows = [{"who": str(each)} for each in range(250)]
    result = wf.compile(document(rows, _appending()), base=tmp_path).run(out=tmp_path)
    assert result.dead_letters["count"] == 250
    assert shop.asked("POST", "/sheets/s") == 3 + 64


def test_a_pack_of_which_nobody_knows_whether_it_took_effect_is_not_split(tmp_path, shop):
    _with_longer_packs(tmp_path)
    shop.fail("POST", "/sheets/s", lost=True)
    rows = [{"who": each} for each in ("a", "b", "c")]
    result = wf.compile(document(rows, _appending()), base=tmp_path).run(out=tmp_path)
    assert result.dead_letters["count"] == 3
    assert [lines for _, lines in shop.lines] == [[["a"], ["b"], ["c"]]]


def test_a_run_that_is_gone_on_with_makes_no_part_of_a_split_call_again(tmp_path, shop, monkeypatch):
    _with_longer_packs(tmp_path, most=4)
    shop.refuses = {"bad"}
    made = document([{"who": each} for each in ("a", "bad", "c", "d")], _appending())

    def killed(*_):
        raise MemoryError

    plan = wf.compile(made, base=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("engine.plugin_operations.writing.ResultWriter.take", killed)
        with pytest.raises(MemoryError):
            plan.run(out=tmp_path)
    shop.refuses.clear()
    assert wf.resume("last").status == "succeeded"
    assert [line for _, lines in shop.lines for [line] in lines] == ["a", "c", "d", "bad"]


def test_a_date_is_its_first_instant_where_one_is_asked_for(tmp_path, shop):
    rows = [{"on": "2026-01-31", "at": "2026-07-01T08:30:00", "then": "2026-01-31T08:30:00Z"}]
    steps = [
        {"operation_type": "create_order", "config": {"customer": "x", "at": f"{{{{{each}}}}}"}} for each in rows[0]
    ]
    made = document(rows, *steps, schema={"on": "date", "at": "datetime", "then": "datetime with time zone"},
                    settings={"timezone": "Europe/Berlin"})  # fmt: skip
    wf.compile(made, base=tmp_path).run(out=tmp_path)
    assert [each["at"] for each in shop.orders] == [
        "2026-01-31T00:00:00+01:00", "2026-07-01T08:30:00+02:00", "2026-01-31T09:30:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_element_that_is_null_is_not_called_about_and_keeps_its_place(tmp_path, shop, engine):
    rows = [{"who": [None, "a", None, "b"]}, {"who": []}, {"who": None}, {"who": [None]}]
    step = {"operation_type": "create_order", "input_source": "{{data.who}}", "output_variable": "orders",
            "config": {"customer": "{{item}}"}}  # fmt: skip
    made = document(rows, step, schema={"who": "list(string)"})
    made["transforms"] = [{"type": "map", "input_source": "orders", "output_variable": "second",
                           "config": {"columns": {"second": "list_get(orders, 1)"}, "select": ["second"]}}]  # fmt: skip
    result = wf.compile(made, base=tmp_path, engine=engine).run(out=tmp_path)
    assert [each["customer"] for each in shop.orders] == ["a", "b"]
    assert [None if each is None else [one and one["id"] for one in each] for each in result["orders"]["orders"]] == [
        [None, "o1", None, "o2"], [], [], [None],
    ]  # fmt: skip
    assert [each and each["id"] for each in result["second"]["second"]] == ["o1", None, None, None]
    [done] = [each for each in result.steps if each.kind == "plugin"]
    assert done.outcome["calls"] == 2
