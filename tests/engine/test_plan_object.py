"""A plan shows itself, and hands over its queries, without running anything."""

from __future__ import annotations

import datetime
import json

import duckdb
import polars as pl
import pytest

import weirflow as wf
from tests.workflows import inline, workflow

ROWS = [{"k": "a", "n": 1}, {"k": "b", "n": 2}, {"k": "a", "n": 3}]


@pytest.fixture
def document():
    return workflow(
        [inline("main", ROWS), inline("names", [{"k": "a", "name": "Ada"}])],
        transforms=[
            {"type": "enrich", "config": {"source": "names", "on": ["k"]}, "output_variable": "named"},
            {
                "id": "total",
                "type": "aggregate",
                "input_source": "{{named}}",
                "config": {"group_by": ["k"], "aggregates": {"n": "sum(n)"}},
            },
        ],
        delivery_rules={"file_delivery": [{"format": "csv"}, {"format": "json", "input_source": "named"}]},
    )


def test_schema_tells_the_columns_of_every_frame(document):
    plan = wf.compile(document)
    assert str(plan.schema("named")) == "Schema(k: string, n: integer, name: string)"
    assert str(plan.schema()) == "Schema(k: string, n: integer)"


def test_an_unknown_frame_is_told_with_the_nearest_name(document):
    with pytest.raises(wf.WorkflowError, match='did you mean "named"'):
        wf.compile(document).schema("namd")


def test_polars_hands_over_a_lazy_frame(document):
    lazy = wf.compile(document).polars()
    assert isinstance(lazy, pl.LazyFrame)
    assert lazy.collect().to_dicts() == [{"k": "a", "n": 4}, {"k": "b", "n": 2}]


def test_duckdb_hands_over_a_relation(document):
    relation = wf.compile(document).duckdb("data")
    assert isinstance(relation, duckdb.DuckDBPyRelation)
    assert relation.fetchall() == [("a", 4), ("b", 2)]


def test_the_shown_sql_runs_in_duckdb_over_tables_of_the_sources_names(document):
    statement = wf.compile(document).sql()
    connection = duckdb.connect()
    connection.execute("create table main as select * from (values ('a', 1), ('b', 2), ('a', 3)) t(k, n)")
    connection.execute("create table names as select 'a' as k, 'Ada' as name")
    assert connection.execute(statement).fetchall() == [("a", 4), ("b", 2)]


def test_preview_gives_the_first_rows_of_a_middle_frame(document):
    for engine in ("polars", "duckdb"):
        assert wf.compile(document, engine=engine).preview("main", rows=2).to_dicts() == ROWS[:2]


def test_the_plan_as_json_is_the_same_every_time_and_names_its_version(document):
    first, second = (json.dumps(wf.compile(document).to_dict()) for _ in range(2))
    assert first == second
    assert json.loads(first)["plan_version"] == "1.7"


def test_steps_list_what_each_one_reads_with_columns_and_types(document):
    steps = {step.id: step for step in wf.compile(document).steps}
    assert steps["total"].depends_on == ("named",)
    assert steps["total"].columns_in == {"named": {"k": "string", "n": "integer", "name": "string"}}
    assert steps["total"].columns_out == {"k": "string", "n": "integer"}
    assert steps["total"].ordered is True
    assert steps["named"].ordered is False
    assert steps["delivery:csv"].depends_on == ("total",)
    assert [step.type for step in steps.values()] == [
        "source",
        "source",
        "relation",
        "relation",
        "delivery",
        "delivery",
    ]


def test_explain_says_where_rows_have_no_fixed_order(document):
    text = wf.compile(document).explain()
    assert "from total, rows in a fixed order" in text
    assert "from named, rows in no fixed order" in text


def test_repr_is_a_tree_from_the_deliveries_down(document):
    assert repr(wf.compile(document, engine="polars")).splitlines()[:3] == [
        "Plan workflow on polars",
        "├─ csv: csv to {{workflow}}.csv [2 columns]",
        "│  └─ total: one row per k [2 columns]",
    ]


def test_looking_at_a_plan_reads_no_row(document, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("a,b\n1,2\n")
    document["data_sources"].append({"type": "file", "alias": "file", "location": str(path)})
    plan = wf.compile(document, engine="polars")
    path.unlink()
    # the sample was read when compiling; nothing below opens the file again
    assert "file" in plan.explain()
    assert repr(plan)
    assert plan._repr_html_()
    assert plan.to_mermaid()
    assert plan.to_dict()
    assert plan.sql("main")


def test_now_stays_a_parameter_in_shown_sql_unless_it_is_given(document):
    del document["delivery_rules"]
    document["transforms"] = [{"type": "map", "config": {"columns": {"t": "today()"}}}]
    assert "$now" in wf.compile(document).sql()
    given = wf.compile(document, now=datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC))
    assert "$now" not in given.sql()
    assert given.collect()["t"].to_list() == [datetime.date(2026, 1, 31)] * 3


def test_today_is_the_day_in_the_workflows_time_zone(document):
    del document["delivery_rules"]
    document["settings"] = {"timezone": "Asia/Tokyo"}
    document["transforms"] = [
        {"type": "reduce", "config": {"aggregates": {"n": "count(*)"}}},
        {"type": "map", "config": {"columns": {"t": "today()"}}},
    ]
    for engine in ("polars", "duckdb"):
        plan = wf.compile(document, engine=engine, now=datetime.datetime(2026, 1, 31, 20, tzinfo=datetime.UTC))
        assert plan.collect()["t"].to_list() == [datetime.date(2026, 2, 1)]


def test_a_pivot_without_declared_values_leaves_its_frame_late_and_says_so(document):
    document["transforms"].append(
        {
            "type": "pivot",
            "input_source": "main",
            "output_variable": "wide",
            "config": {"index": ["n"], "columns": "k", "values": "n"},
        }
    )
    plan = wf.compile(document)
    assert "found by a first pass" in plan.explain()
    with pytest.raises(wf.WorkflowError, match="not known yet"):
        plan.schema("wide")
    assert plan.collect("wide").columns == ["n", "a", "b"]


def test_inputs_are_typed_and_bound(document):
    del document["delivery_rules"]
    document["runtime_inputs"] = [{"name": "least", "type": "number", "label": "least", "required": True}]
    document["transforms"] = [{"type": "filter", "config": {"where": "n >= inputs.least"}}]
    for engine in ("polars", "duckdb"):
        rows = wf.compile(document, engine=engine, inputs={"least": "2"}).collect()
        assert rows["n"].to_list() == [2, 3]


def test_a_required_input_that_is_missing_is_an_error_for_plan_and_none_for_validate(document):
    del document["delivery_rules"]
    document["runtime_inputs"] = [{"name": "least", "type": "number", "label": "least", "required": True}]
    document["transforms"] = [{"type": "filter", "config": {"where": "n >= inputs.least"}}]
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document)
    assert [each.code for each in failure.value.diagnostics] == ["IR311"]
    assert [each for each in wf.validate(document) if each.severity == "error"] == []


def test_a_hostile_input_stays_a_value(document):
    del document["delivery_rules"]
    document["runtime_inputs"] = [{"name": "who", "type": "text", "label": "who", "required": True}]
    document["transforms"] = [{"type": "filter", "config": {"where": "k = inputs.who"}}]
    for engine in ("polars", "duckdb"):
        plan = wf.compile(document, engine=engine, inputs={"who": "a' or '1'='1"})
        assert plan.collect().is_empty()


def test_sections_of_later_versions_validate_and_do_not_run(document):
    document["settings"] = {"engine": "spark"}
    assert wf.validate(document) == []
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document)
    assert [(each.code, each.pointer) for each in failure.value.diagnostics] == [("IR290", ("settings", "engine"))]


def test_a_name_that_differs_only_in_case_from_another_is_refused(document):
    del document["delivery_rules"]
    document["transforms"] = [{"type": "map", "config": {"columns": {"N": "n + 1"}}}]
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(document)
    assert [each.code for each in failure.value.diagnostics] == ["IR404"]


def test_a_frame_is_read_only_below_the_step_that_makes_it(document):
    document["transforms"].reverse()
    with pytest.raises(wf.WorkflowError, match="move that step up"):
        wf.compile(document)


def test_a_source_that_nothing_reads_is_a_warning(document):
    document["data_sources"].append(inline("unread", [{"a": 1}]))
    assert [(each.code, each.message) for each in wf.compile(document).warnings] == [
        ("IR320", 'nothing reads the source "unread"')
    ]


def test_words_and_tree_fit_a_terminal_of_80_columns() -> None:
    rows = [{f"column_{number}": number for number in range(40)}]
    steps = [
        {
            "type": "map",
            "id": f"step_{number}",
            "config": {"columns": {f"sum_{number}": "column_1 + column_2 * column_3"}},
        }
        for number in range(12)
    ]
    plan = wf.compile(workflow([inline("wide", rows)], transforms=steps))
    assert max(map(len, plan.explain().splitlines())) <= 80
    assert max(map(len, repr(plan).splitlines())) <= 80


def test_a_window_says_what_it_computes() -> None:
    columns = {"number": "row_number()", "share": "amount / sum(amount)"}
    config = {"partition_by": ["region"], "order_by": ["amount"], "columns": columns}
    rows = [{"region": "north", "amount": 2}]
    plan = wf.compile(workflow([inline("sales", rows)], transforms=[{"type": "window", "config": config}]))
    assert plan.steps[-1].summary == (
        "number = row_number(); share = amount / sum(amount) per region ordered by amount"
    )
