"""edge_cases about rows and headers: what is skipped, what gets a default, when a run ends with nothing delivered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import weirflow as wf
from engine.cli.main import run_command_line
from tests.workflows import ENGINES, both_engines, files_under, inline, workflow

CSV = {"file_delivery": {"format": "csv", "filename_template": "report.csv"}}
ROWS = [{"id": 1, "x": 5}, {"id": 2, "x": 7}]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))


def case(condition, action="skip_execution", **more):
    return {"condition": condition, "action": action, **more}


def document(*cases, rows=ROWS, sources=(), **sections):
    sections.setdefault("delivery_rules", CSV)
    source = inline("main", rows, {"id": "integer", "x": "integer"})
    return workflow([source, *sources], edge_cases=list(cases), **sections)


def errors(*cases, **sections):
    return [(each.code, "/".join(map(str, each.pointer))) for each in wf.validate(document(*cases, **sections))]


NOTHING = [{"field": "x", "operator": "greater_than", "value": 9}]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("condition", "rows", "sections", "reason"),
    [
        ("empty_data_source", [], {}, "the data sources have no rows"),
        ("no_rows_after_filter", ROWS, {"filters": NOTHING}, "filters left no rows"),
        ("no_rows_after_filter", ROWS, {"transforms": [{"type": "filter", "config": {"where": "x > 9"}}]},
         "filter_1 left no rows"),
    ],
)  # fmt: skip
def test_without_rows_a_run_ends_well_with_nothing_delivered(tmp_path, engine, condition, rows, sections, reason):
    result = wf.run(document(case(condition), rows=rows, **sections), engine=engine, out=tmp_path / "out")
    assert (result.status, result.exit_code, result.ended) == ("succeeded", 0, reason)
    assert [(each.status, each.rows) for each in result.deliveries] == [("skipped", 0)]
    assert files_under(tmp_path) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_with_rows_it_is_a_run_like_any_other(tmp_path, engine):
    filters = [{"field": "x", "operator": "greater_than", "value": 5}]
    cases = [case("empty_data_source"), case("no_rows_after_filter")]
    result = wf.run(document(*cases, filters=filters), engine=engine, out=tmp_path / "out")
    assert (result.status, result.ended) == ("succeeded", None)
    assert (tmp_path / "out" / "report.csv").read_text() == "id,x\n2,7\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_filter_that_left_nothing_counts_also_where_a_later_step_makes_a_row(tmp_path, engine):
    steps = [{"type": "reduce", "config": {"aggregates": {"n": "count(*)"}}}]
    result = wf.run(
        document(case("no_rows_after_filter"), filters=NOTHING, transforms=steps), engine=engine, out=tmp_path
    )
    assert result.ended == "filters left no rows"


@pytest.mark.parametrize("engine", ENGINES)
def test_it_ends_before_a_pivot_has_to_find_its_columns(tmp_path, engine):
    steps = [
        {"type": "pivot", "config": {"index": ["id"], "columns": "x", "values": "x"}},
        {"type": "sort", "config": {"by": ["5"]}},
    ]
    result = wf.run(document(case("empty_data_source"), rows=[], transforms=steps), engine=engine, out=tmp_path / "out")
    assert (result.status, result.ended) == ("succeeded", "the data sources have no rows")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_reference_or_lookup_is_no_empty_data_source(tmp_path, engine):
    seen = inline("seen", [], {"id": "integer"}) | {"role": "deduplicate"}
    result = wf.run(document(case("empty_data_source"), sources=[seen]), engine=engine, out=tmp_path / "out")
    assert (result.ended, result.deliveries[0].rows) == (None, 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_quarantined_rows_are_not_lost_where_none_are_left(tmp_path, engine):
    rules = [{"field": "x", "type": "range", "min": 100, "action": "quarantine"}]
    filters = [{"field": "x", "operator": "greater_than", "value": 0}]
    cases = document(case("no_rows_after_filter"), validation_rules=rules, filters=filters)
    result = wf.run(cases, engine=engine, out=tmp_path / "out")
    assert (result.status, result.exit_code, result.ended) == ("incomplete", 3, "filters left no rows")
    assert (result.dead_letters["count"], result.validation[0].rows) == (2, 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_with_action_error_stops_the_run_also_where_no_rows_are_left(tmp_path, engine):
    rules = [{"field": "x", "type": "range", "max": 5}]
    with pytest.raises(wf.WorkflowError, match="broke the rule"):
        wf.run(document(case("no_rows_after_filter"), validation_rules=rules, filters=NOTHING), engine=engine,
               out=tmp_path / "out")  # fmt: skip


def test_a_file_without_a_header_is_an_empty_source(tmp_path):
    (tmp_path / "orders.csv").touch()
    source = {"type": "file", "location": str(tmp_path / "orders.csv"), "alias": "orders"}
    filters = [{"field": "amount", "operator": "greater_than", "value": 0}]
    found = workflow([source], edge_cases=[case("empty_data_source")], filters=filters, delivery_rules=CSV)
    assert [each.code for each in wf.validate(found)] == ["IR442"]
    assert 'a run ends without a delivery: the source "orders" is empty' in wf.compile(found).explain()
    result = wf.run(found, out=tmp_path / "out")
    assert (result.status, result.ended) == ("succeeded", 'the source "orders" is empty')
    assert not (tmp_path / "out").exists()
    without = {**found, "edge_cases": []}
    assert [each.code for each in wf.validate(without)] == ["IR525"]


def test_a_missing_header_ends_the_run_or_is_a_column_of_defaults(tmp_path):
    asked = {"normalization": {"required_headers": ["ID", "paid"]}, "filters": [
        {"field": "paid", "operator": "equals", "value": True}]}  # fmt: skip
    result = wf.run(document(case("missing_required_headers"), **asked), out=tmp_path / "out")
    assert (result.status, result.ended) == ("succeeded", 'the required header "paid" is missing')
    added = document(case("missing_required_headers", "use_default_value", default_value=True), **asked)
    assert both_engines(added).to_dicts() == [{"id": 1, "x": 5, "paid": True}, {"id": 2, "x": 7, "paid": True}]
    there = document(case("missing_required_headers"), normalization={"required_headers": ["ID"]})
    assert wf.run(there, out=tmp_path / "there").ended is None


def test_duplicate_records_are_skipped_by_all_columns_or_by_the_sources_key(tmp_path):
    rows = [{"id": 1, "x": 5}, {"id": 1, "x": 6}, {"id": 1, "x": 5}, {"id": None, "x": 1}, {"id": None, "x": 1}]
    whole = document(case("duplicate_records"), rows=rows)
    assert both_engines(whole).rows() == [(1, 5), (1, 6), (None, 1)]
    whole["data_sources"][0]["config"]["identifier_field"] = "id"
    assert both_engines(whole).rows() == [(1, 5), (None, 1), (None, 1)]
    result = wf.run(whole, out=tmp_path / "out")
    assert (result.status, [(each.rule, each.rows) for each in result.validation]) == (
        "succeeded", [("duplicate_records", 2)]
    )  # fmt: skip
    whole["data_sources"][0]["config"]["identifier_field"] = "ids"
    assert [(each.code, each.pointer, each.hint) for each in wf.validate(whole)] == [
        ("IR401", ("edge_cases", 0), 'did you mean "id"?')
    ]


def test_duplicate_records_can_be_a_frame():
    rows = [{"id": 1, "x": 5}, {"id": 1, "x": 5}]
    found = document(case("duplicate_records"), rows=rows, validation_rejects="twice")
    [row] = both_engines(found, "twice").to_dicts()
    assert (row["_row"], row["_rule"], row["_reason"]) == (2, "duplicate_records", "the row stood before")


def test_a_missing_required_field_gets_the_default_or_skips_its_row():
    rows = [{"id": None, "x": None}, {"id": 2, "x": -7}, {"id": 3, "x": 3}]
    rules = [
        {"field": "x", "type": "range", "min": 0, "required": True},
        {"field": "id", "required": True, "action": "warn"},
    ]
    default = case("missing_required_field", "use_default_value", default_value=0)
    plan = wf.compile(document(default, rows=rows, validation_rules=rules))
    assert plan.preview("data").rows() == [(None, 0), (2, -7), (3, 3)]
    with pytest.raises(wf.WorkflowError, match='1 row broke the rule "x: range'):
        plan.collect("data")
    skipped = document(case("missing_required_field"), rows=[rows[0], rows[2]], validation_rules=rules)
    assert both_engines(skipped).rows() == [(3, 3)]


@pytest.mark.parametrize(
    ("cases", "sections", "code", "at"),
    [
        ([case("missing_required_headers")], {}, "IR206", "edge_cases/0/condition"),
        ([case("no_rows_after_filter")], {}, "IR206", "edge_cases/0/condition"),
        ([case("missing_required_field")], {}, "IR206", "edge_cases/0/condition"),
        ([case("missing_required_field")],
         {"validation_rules": [{"field": "x", "required": True, "action": "warn"}]}, "IR206", "edge_cases/0/condition"),
        ([case("missing_required_field", "use_default_value", default_value="y")],
         {"validation_rules": [{"field": "x", "required": True}]}, "IR405", "edge_cases/0/default_value"),
        ([case("duplicate_records"), case("duplicate_records")], {}, "IR206", "edge_cases/1"),
        ([case("duplicate_records", default_value=1)], {}, "IR206", "edge_cases/0/default_value"),
        ([case("duplicate_records", "use_default_value", default_value=1)], {}, "IR205", "edge_cases/0/action"),
    ],
)  # fmt: skip
def test_a_case_that_means_nothing_is_refused(cases, sections, code, at):
    assert errors(*cases, **sections) == [(code, at)]


@pytest.mark.parametrize(
    ("condition", "action"),
    [
        ("api_error", "skip_execution"),
        ("rate_limit_exceeded", "alert_admin"),
        ("no_attachments_found", "skip_execution"),
    ],
)
def test_cases_about_services_and_attachments_mean_nothing_where_there_are_none(condition, action):
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document(case(condition, action)))
    [found] = failure.value.diagnostics
    assert (found.code, found.pointer) == ("IR206", ("edge_cases", 0, "condition"))


@pytest.mark.parametrize("arrives", [True, False])
def test_an_empty_source_is_read_again_as_retry_says(tmp_path, arrives):
    (tmp_path / "orders.csv").write_text("id,x\n")
    seen = []

    def progress(event):
        if event.kind == "retry":
            seen.append(event.text)
            if arrives:
                (tmp_path / "orders.csv").write_text("id,x\n1,5\n")

    source = {"type": "file", "location": "orders.csv", "alias": "main", "config": {"schema": {"id": "integer"}}}
    found = workflow([source], edge_cases=[case("empty_data_source", "retry")], delivery_rules=CSV,
                     execution_constraints={"retry": {"max_attempts": 3, "initial_delay_ms": 1}})  # fmt: skip
    result = wf.run(found, base=tmp_path, out=tmp_path / "out", progress=progress)
    assert (result.status, result.deliveries[0].rows) == ("succeeded", 1 if arrives else 0)
    assert len(seen) == (1 if arrives else 2)


def test_the_command_says_that_nothing_was_delivered(tmp_path, capsys):
    file = Path(tmp_path / "report.json")
    file.write_text(json.dumps(document(case("empty_data_source"), rows=[])))
    assert run_command_line(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "nothing was delivered: the data sources have no rows" in shown
    assert ["csv", "skipped", "0"] in [line.split()[:3] for line in shown.splitlines()]
    assert run_command_line(["run", str(file), "--out", str(tmp_path / "out"), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] == "the data sources have no rows"
