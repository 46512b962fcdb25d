"""A run keeps its validation rules: what breaks one is counted, told, and never delivered where it must not be."""

from __future__ import annotations

import json

import polars as pl
import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.workflows import ENGINES, files_under, inline, workflow

ROWS = [{"id": 1, "x": 5}, {"id": 2, "x": -1}, {"id": 2, "x": None}, {"id": 4, "x": -2}]
CSV = {"file_delivery": {"format": "csv", "filename_template": "report.csv"}}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


def run(tmp_path, rules, engine="polars", rows=ROWS, **sections):
    sections.setdefault("delivery_rules", CSV)
    document = workflow([inline("main", rows)], validation_rules=rules, **sections)
    return wf.run(document, engine=engine, out=tmp_path / "out")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_broken_rule_with_action_error_leaves_no_file(tmp_path, engine):
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, [{"field": "x", "type": "range", "min": 0}], engine)
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer) == ("IR440", ("validation_rules", 0))
    assert found.message == '2 rows broke the rule "x: range": x is not at least 0'
    assert found.notes == ("row 2: x = -1", "row 4: x = -2")
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_every_broken_rule_is_told_at_once(tmp_path, engine):
    rules = [
        {"field": "x", "type": "range", "min": 0},
        {"field": "id", "type": "unique", "message": "one row an id"},
        {"type": "expression", "expression": "id > x"},
    ]
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, rules, engine)
    assert [each.message for each in failure.value.diagnostics] == [
        '2 rows broke the rule "x: range": x is not at least 0',
        '1 row broke the rule "id: unique": one row an id',
        '1 row broke the rule "expression (rule 3)": not true: id > x',
    ]
    assert failure.value.diagnostics[2].notes == ("row 1: id = 1, x = 5",)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_first_three_rows_are_shown(tmp_path, engine):
    rows = [{"x": number} for number in range(5000)]
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, [{"field": "x", "type": "range", "max": 99}], engine, rows=rows)
    [found] = failure.value.diagnostics
    assert found.message.startswith("4,900 rows broke")
    assert found.notes == ("row 101: x = 100", "row 102: x = 101", "row 103: x = 102")


@pytest.mark.parametrize("engine", ENGINES)
def test_warn_delivers_and_ends_with_exit_code_3(tmp_path, engine):
    result = run(tmp_path, [{"field": "x", "type": "range", "min": 0, "action": "warn"}], engine)
    assert (result.status, result.exit_code) == ("incomplete", 3)
    [warning] = result.warnings
    assert isinstance(warning, wf.Diagnostic)
    assert (warning.code, warning.severity) == ("IR441", "warning")
    assert (tmp_path / "out" / "report.csv").read_text() == "id,x\n1,5\n2,-1\n2,\n4,-2\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_skipped_rows_and_defaults_are_counted_and_the_run_is_done(tmp_path, engine):
    rules = [
        {"field": "x", "required": True, "action": "use_default", "default_value": 0},
        {"field": "x", "type": "range", "min": 0, "action": "skip_row"},
        {"field": "id", "type": "not_null", "action": "warn"},
    ]
    result = run(tmp_path, rules, engine)
    assert (result.status, result.exit_code) == ("succeeded", 0)
    assert [(each.rule, each.action, each.rows) for each in result.validation] == [
        ("x: required", "use_default", 1),
        ("x: range", "skip_row", 2),
        ("id: not_null", "warn", 0),
    ]
    assert (tmp_path / "out" / "report.csv").read_text() == "id,x\n1,5\n2,0\n"
    [step] = [each for each in result.steps if each.name == "validated"]
    assert (step.kind, step.rows_in, step.rows_out) == ("validation", 4, 2)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("most", "stops"), [(2, False), (1, True), ("50%", False), ("49.9%", True), ("0%", True)])
def test_more_than_max_failures_is_an_error(tmp_path, engine, most, stops):
    rules = [{"field": "x", "type": "range", "min": 0, "action": "skip_row", "max_failures": most}]
    if not stops:
        assert run(tmp_path, rules, engine).status == "succeeded"
        return
    with pytest.raises(wf.WorkflowError, match=f"more than max_failures: {most}"):
        run(tmp_path, rules, engine)
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_is_told_rather_than_what_its_rows_break_further_down(tmp_path, engine):
    rows = [{"id": 1, "x": "1"}, {"id": 2, "x": "one"}]
    casts = [{"type": "map", "config": {"cast": {"x": "integer"}}}]
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, [{"field": "x", "type": "integer"}], engine, rows=rows, transforms=casts)
    assert [each.code for each in failure.value.diagnostics] == ["IR440"]
    joins = [{"type": "join", "config": {"source": "twice", "on": ["id"], "multiple": "error", "columns": []}}]
    document = workflow(
        [inline("main", rows), inline("twice", [{"id": 1}, {"id": 1}])],
        validation_rules=[{"field": "x", "type": "integer"}],
        transforms=joins,
        delivery_rules=CSV,
    )
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(document, engine=engine, out=tmp_path / "out")
    assert [each.code for each in failure.value.diagnostics] == ["IR440"]
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_all_rows_are_tested_also_where_a_delivery_needs_only_the_first(tmp_path, engine):
    limit = [{"type": "limit", "config": {"rows": 1}}]
    with pytest.raises(wf.WorkflowError, match='2 rows broke the rule "x: range"'):
        run(tmp_path, [{"field": "x", "type": "range", "min": 0}], engine, transforms=limit)


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_nothing_delivers_are_tested_too(tmp_path, engine):
    other = {"file_delivery": {"format": "csv", "input_source": "other"}}
    document = workflow(
        [inline("main", ROWS), inline("other", [{"k": 1}])],
        validation_rules=[{"field": "x", "type": "range", "min": 0}],
        delivery_rules=other,
    )
    with pytest.raises(wf.WorkflowError, match="broke the rule"):
        wf.run(document, engine=engine, out=tmp_path / "out")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_workflow_may_only_check(tmp_path, engine):
    result = run(tmp_path, [{"field": "id", "type": "unique", "action": "warn"}], engine, delivery_rules={})
    assert (result.status, result.validation[0].rows) == ("incomplete", 1)
    assert [each.code for each in result.warnings if isinstance(each, wf.Diagnostic)] == ["IR441"]


@pytest.mark.parametrize("engine", ENGINES)
def test_collect_judges_and_preview_does_not(engine):
    plan = wf.compile(
        workflow([inline("main", ROWS)], validation_rules=[{"field": "x", "type": "range", "min": 0}]), engine=engine
    )
    assert plan.preview("data").height == 4
    assert plan.collect("main").height == 4
    with pytest.raises(wf.WorkflowError, match="broke the rule"):
        plan.collect("data")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_rules_see_what_the_stages_before_them_left_and_filters_what_they_left(tmp_path, engine):
    seen = inline("seen", [{"id": 4}]) | {"role": "deduplicate"}
    document = workflow(
        [inline("main", [{"ID": 4, "x": -2}, {"ID": 1, "x": -5}, {"ID": 2, "x": 7}]), seen],
        normalization={"rename": {"ID": "id"}},
        validation_rules=[{"field": "x", "type": "range", "min": 0, "action": "use_default", "default_value": 0}],
        filters=[{"field": "x", "operator": "less_than", "value": 5}],
        delivery_rules=CSV,
    )
    result = wf.run(document, engine=engine, out=tmp_path / "out")
    assert result.validation[0].rows == 1
    assert (tmp_path / "out" / "report.csv").read_text() == "id,x\n1,0\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_quarantined_rows_are_dead_letters_with_the_rule_and_the_row(tmp_path, engine):
    rows = [
        {"id": 1, "mail": "a@b.c", "day": "2026-01-31", "x": 1.5},
        {"id": 2, "mail": 'say "é"', "day": None, "x": None},
        {"id": 2, "mail": None, "day": "2026-01-31", "x": 2.0},
        {"id": 3, "mail": "c@d.e", "day": "2026-02-01", "x": 5.0},
    ]
    source = inline("main", rows, {"day": "date"})
    rules = [
        {"field": "mail", "type": "email", "required": True, "action": "quarantine"},
        {"field": "x", "type": "range", "max": 4, "action": "quarantine", "message": "too much"},
        {"field": "id", "type": "unique", "action": "skip_row"},
    ]
    document = workflow([source], validation_rules=rules, delivery_rules=CSV)
    result = wf.run(document, engine=engine, out=tmp_path / "out")
    assert (result.status, result.exit_code) == ("incomplete", 3)
    assert result.dead_letters["count"] == 3
    assert [each.rows for each in result.validation] == [2, 1, 0]
    assert [each.dead_letters for each in result.steps if each.name == "validated"] == [3]
    letters = pl.read_parquet(result.dead_letters["path"]).to_dicts()
    assert letters[0] == {
        "source": "main", "step": "validated", "file": None, "row": 2, "column": "mail", "text": 'say "é"',
        "rule": "mail: email", "reason": "mail is no e-mail address",
        "original": '{"id":"2","mail":"say \\"é\\"","day":null,"x":null}',
    }  # fmt: skip
    assert [(each["row"], each["text"], each["rule"], each["reason"]) for each in letters[1:]] == [
        (3, None, "mail: email", "mail is missing"),
        (4, "5", "x: range", "too much"),
    ]
    assert letters[2]["original"] == '{"id":"3","mail":"c@d.e","day":"2026-02-01","x":"5"}'
    assert (tmp_path / "out" / "report.csv").read_text() == "id,mail,day,x\n1,a@b.c,2026-01-31,1.5\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_quarantined_rows_are_rejects_as_well_and_skipped_ones_are_no_dead_letters(tmp_path, engine):
    rules = [
        {"field": "x", "type": "range", "min": -1, "action": "quarantine"},
        {"field": "id", "type": "unique", "action": "skip_row"},
    ]
    bad = {"file_delivery": {"format": "csv", "input_source": "bad", "filename_template": "bad.csv"}}
    result = run(tmp_path, rules, engine, validation_rejects="bad", delivery_rules=bad)
    assert result.dead_letters["count"] == 1
    assert (tmp_path / "out" / "bad.csv").read_text() == (
        "id,x,_reason,_rule,_source,_row\n"
        "2,,id stood in an earlier row,id: unique,main,3\n"
        "4,-2,x is not at least -1,x: range,main,4\n"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_a_rule_stops_keeps_the_dead_letters_and_says_where(tmp_path, engine):
    rules = [{"field": "x", "required": True, "action": "quarantine"}, {"field": "x", "type": "range", "min": 0}]
    with pytest.raises(wf.WorkflowError, match="broke the rule") as failure:
        run(tmp_path, rules, engine)
    assert not (tmp_path / "out" / "report.csv").exists()
    [kept] = (tmp_path / "home" / "runs").glob("*/dead_letters.parquet")
    assert pl.read_parquet(kept).select("source", "step", "row", "reason").rows() == [
        ("main", "validated", 3, "x is missing")
    ]
    assert failure.value.diagnostics[0].notes[-1] == f"1 dead letter is kept in {kept}"


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_beyond_max_failures_are_kept_too(tmp_path, engine):
    rules = [{"field": "x", "type": "range", "min": 0, "action": "quarantine", "max_failures": 1}]
    with pytest.raises(wf.WorkflowError, match="max_failures"):
        run(tmp_path, rules, engine)
    [kept] = (tmp_path / "home" / "runs").glob("*/dead_letters.parquet")
    assert pl.read_parquet(kept)["text"].to_list() == ["-1", "-2"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_stumbles_over_rows_which_break_a_rule_keeps_all_dead_letters(tmp_path, engine):
    rows = [{"id": 1, "x": "one"}, {"id": 2, "x": "2"}, {"id": 3, "x": "three"}]
    rules = [
        {"field": "x", "type": "integer", "action": "quarantine", "max_failures": 1},
        {"type": "expression", "expression": "cast(x as integer) > 1 or id > 0"},
    ]
    casts = [{"type": "map", "config": {"columns": {"y": "1 / (id - 2)", "z": "cast(x || 'x' as integer)"}}}]
    with pytest.raises(wf.WorkflowError):
        run(tmp_path, rules[:1], engine, rows=rows, transforms=casts)
    [kept] = (tmp_path / "home" / "runs").glob("*/dead_letters.parquet")
    assert pl.read_parquet(kept)["text"].to_list() == ["one", "three"]
    assert not list((tmp_path / "home" / "runs").glob("*/*.part"))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_default_that_breaks_a_rule_below_it_is_what_is_shown(tmp_path, engine):
    given = {"field": "x", "required": True, "action": "use_default", "default_value": -3}
    again = {"field": "x", "type": "enum", "values": [5, -1], "action": "use_default", "default_value": -4}
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, [given, {"field": "x", "type": "range", "min": 0}], engine, rows=ROWS[:3])
    assert failure.value.diagnostics[0].notes == ("row 2: x = -1", "row 3: x = -3")
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, [given, again, {"type": "expression", "expression": "x > 0 or id < 0"}], engine)
    assert failure.value.diagnostics[0].notes == (
        "row 2: id = 2, x = -1", "row 3: id = 2, x = -4", "row 4: id = 4, x = -4",
    )  # fmt: skip
    result = run(tmp_path, [given, {"field": "x", "type": "range", "min": 0, "action": "quarantine"}], engine)
    letters = pl.read_parquet(result.dead_letters["path"])
    assert letters.select("text", "original").row(1) == ("-3", '{"id":"2","x":null}')


@pytest.mark.parametrize("engine", ENGINES)
def test_bad_rows_of_a_source_are_kept_when_a_rule_stops_the_run(tmp_path, engine):
    (tmp_path / "rows.csv").write_text("id,x\n1,5\n2,bad\n3,-1\n")
    source = {"type": "file", "location": str(tmp_path / "rows.csv"), "alias": "main",
              "config": {"schema": {"x": "integer"}, "max_bad": 1}}  # fmt: skip
    with pytest.raises(wf.WorkflowError, match="broke the rule"):
        wf.run(workflow([source], validation_rules=[{"field": "x", "type": "range", "min": 0}], delivery_rules=CSV),
               engine=engine, out=tmp_path / "out")  # fmt: skip
    [kept] = (tmp_path / "home" / "runs").glob("*/dead_letters.parquet")
    assert pl.read_parquet(kept)["text"].to_list() == ["bad"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dead_letter_names_the_source_also_behind_a_step_that_dropped_rows(tmp_path, engine):
    (tmp_path / "rows.csv").write_text("ID,x\n1,5\n4,7\n3,-1\n")
    source = {"type": "file", "location": str(tmp_path / "rows.csv"), "alias": "orders"}
    seen = inline("seen", [{"id": 1}]) | {"role": "deduplicate"}
    rules = [{"field": "x", "type": "range", "min": 0, "action": "quarantine"}]

    def letter(sources, **sections):
        document = workflow(sources, validation_rules=rules, delivery_rules=CSV, **sections)
        result = wf.run(document, engine=engine, out=tmp_path / f"out{len(sources)}")
        return pl.read_parquet(result.dead_letters["path"]).select("source", "step", "file", "row").row(0)

    renamed = {"normalization": {"rename": {"ID": "id"}}}
    assert letter([source], **renamed) == ("orders", "validated", str(tmp_path / "rows.csv"), 3)
    # the place among the rows that are left would not be the one in the file
    assert letter([source, seen], **renamed) == ("orders", "validated", str(tmp_path / "rows.csv"), None)
    other = inline("more", [{"id": 8, "x": 1}])
    merged = {"data_merge": {"strategy": "union", "sources": [{"alias": "orders"}, {"alias": "more"}]}}
    (tmp_path / "rows.csv").write_text("id,x\n1,5\n4,7\n3,-1\n")
    assert letter([source, other, seen], **merged)[:3] == ("merged", "validated", None)


def test_the_command_ends_with_the_counts_of_every_rule(tmp_path, capsys):
    file = tmp_path / "report.json"
    file.write_text(json.dumps(workflow(
        [inline("main", ROWS)], delivery_rules=CSV,
        validation_rules=[{"field": "x", "type": "range", "min": 0, "action": "warn"},
                          {"field": "id", "type": "unique", "action": "skip_row"}],
    )))  # fmt: skip
    assert run_command_line(["run", str(file), "--out", str(tmp_path / "out")]) == 3
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["x:", "range", "warn", "2"] in lines
    assert ["id:", "unique", "skip_row", "1"] in lines
    assert run_command_line(["run", str(file), "--out", str(tmp_path / "json"), "--format", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["validation"] == [
        {"rule": "x: range", "action": "warn", "rows": 2, "asks": "x is at least 0, else warn"},
        {"rule": "id: unique", "action": "skip_row", "rows": 1, "asks": "id stands once, else skip the row"},
    ]


def test_the_plan_says_what_the_rules_ask():
    rules = [{"field": "x", "type": "range", "min": 0, "required": True},
             {"field": "id", "type": "unique", "action": "skip_row"}]  # fmt: skip
    plan = wf.compile(workflow([inline("main", ROWS)], validation_rules=rules, delivery_rules=CSV))
    assert (
        "validated (validation): x is at least 0 and is there, else error; id stands once, else skip the row"
        in " ".join(plan.explain().split())
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cast_in_a_rule_that_a_text_does_not_take_is_told_at_the_rule(tmp_path, engine):
    rules = [
        {"field": "id", "type": "unique"},
        {"type": "expression", "expression": "cast(x as integer) > 1", "action": "warn"},
    ]
    with pytest.raises(wf.WorkflowError) as failure:
        run(tmp_path, rules, engine, rows=[{"id": 1, "x": "3"}, {"id": 2, "x": "three"}])
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer) == ("IR490", ("validation_rules", 1, "expression"))
    assert found.message == '"three" cannot be cast to integer'


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_have_no_place_where_the_source_left_out_bad_ones(tmp_path, engine):
    # the third row of the file would be the second of those tested
    (tmp_path / "rows.csv").write_text("id,x\n1,5\n2,bad\n3,-1\n")
    source = {"type": "file", "location": str(tmp_path / "rows.csv"), "alias": "main",
              "config": {"schema": {"x": "integer"}, "max_bad": 1}}  # fmt: skip
    rules = [{"field": "x", "type": "range", "min": 0, "action": "quarantine"}]
    result = wf.run(workflow([source], validation_rules=rules, delivery_rules=CSV), engine=engine, out=tmp_path / "out")
    letters = pl.read_parquet(result.dead_letters["path"])
    assert letters.select("source", "step", "file", "row", "text").rows() == [
        ("main", None, str(tmp_path / "rows.csv"), 2, "bad"),
        ("main", "validated", str(tmp_path / "rows.csv"), None, "-1"),
    ]
    with pytest.raises(wf.WorkflowError) as failure:
        wf.run(workflow([source], validation_rules=[{"field": "x", "type": "range", "min": 0}], delivery_rules=CSV),
               engine=engine, out=tmp_path / "again")  # fmt: skip
    assert failure.value.diagnostics[0].notes[:-1] == ("x = -1",)
