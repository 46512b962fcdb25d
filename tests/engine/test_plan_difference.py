"""What changes from one plan to another is told; what belongs to the machine is not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.workflows import inline, workflow

ROWS = [{"k": "a", "n": 1}, {"k": "b", "n": 2}]


def document(**sections: Any) -> dict[str, Any]:
    return workflow(
        [inline("main", copy.deepcopy(ROWS))],
        **{
            "transforms": [
                {"type": "map", "config": {"columns": {"twice": "n * 2"}}},
                {"type": "filter", "config": {"where": "n > 0"}},
            ],
            "delivery_rules": {"file_delivery": [{"id": "table", "format": "csv"}]},
            **sections,
        },
    )


def changes(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """{step: (word, what differs)}."""
    found = wf.compile(new, engine="polars").diff(wf.compile(old, engine="polars"))
    return {each.id: (each.word, [part.what for part in each.parts]) for each in found.steps}


def test_another_schedule_is_a_difference_of_the_plan():
    old = document(schedule={"type": "cron", "cron_expression": "@daily"})
    new = document(schedule={"type": "cron", "cron_expression": "@daily", "overlap": "queue"})
    [part] = wf.compile(new).diff(wf.compile(old)).plan
    assert (part.what, part.old, part.new) == (
        "schedule", "cron @daily in UTC", "cron @daily in UTC, overlap queue",
    )  # fmt: skip


def test_equal_plans_have_no_difference():
    difference = wf.compile(document()).diff(document())
    assert not difference
    assert difference.to_dict() == {"diff_version": "1.0", "equal": True, "plan": [], "steps": []}
    assert str(difference) == "no difference"


def test_another_condition_changes_the_statement_of_its_step_alone():
    new = document()
    new["transforms"][1]["config"]["where"] = "n > 1"
    assert changes(document(), new) == {"filter_2": ("changed", ["sql"])}


def test_another_type_is_told_at_every_step_it_reaches():
    new = document()
    new["transforms"][0]["config"]["columns"]["twice"] = "n * 2.5"
    assert changes(document(), new) == {
        "map_1": ("changed", ["column twice", "sql"]),
        "filter_2": ("changed", ["column twice"]),
        "delivery:table": ("changed", ["column twice"]),
    }


def test_a_step_put_in_before_others_only_renumbers_them():
    new = document()
    new["transforms"].insert(0, {"type": "filter", "config": {"where": "k <> 'x'"}})
    assert changes(document(), new) == {
        "filter_1": ("added", []),
        "map_2": ("changed", ["depends_on", "sql"]),
        "filter_3": ("renamed", []),
    }


def test_a_step_that_goes_is_removed():
    new = document()
    del new["transforms"][1]
    found = changes(document(), new)
    assert found["filter_2"] == ("removed", [])
    assert found["delivery:table"] == ("changed", ["depends_on"])


@pytest.mark.parametrize(
    ("delivery", "what"),
    [
        ({"id": "table", "format": "csv", "options": {"delimiter": ";"}}, ["settings"]),
        ({"id": "table", "format": "csv", "columns": ["k"]}, ["column n", "column twice", "sql"]),
        ({"id": "table", "format": "csv", "destination": {"path": "elsewhere"}}, ["target"]),
    ],
)
def test_a_delivery_that_changes_is_told(delivery: dict[str, Any], what: list[str]):
    new = document(delivery_rules={"file_delivery": [delivery]})
    assert changes(document(), new) == {"delivery:table": ("changed", what)}


def test_another_order_of_the_delivered_rows_is_told():
    new = document(rendering={"sort_order": [{"field": "n", "direction": "desc"}]})
    assert changes(document(), new) == {"delivery:table": ("changed", ["sql", "settings"])}


def test_other_inline_rows_of_the_same_types_are_a_difference():
    new = document()
    new["data_sources"][0]["config"]["rows"][0]["n"] = 5
    assert changes(document(), new) == {"main": ("changed", ["settings"])}


def test_inputs_goal_and_engine_are_differences_of_the_plan():
    old, new = document(), document()
    new["goal"] = "another"
    new["runtime_inputs"] = [{"name": "x", "type": "number", "default_value": 1}]
    difference = wf.compile(new, engine="duckdb").diff(wf.compile(old, engine="polars"))
    assert [(each.what, each.old, each.new) for each in difference.plan] == [
        ("goal", "test", "another"),
        ("engine", "polars", "duckdb"),
        ("input x", None, "number"),
    ]


def test_a_plan_compares_with_its_own_saved_json(tmp_path: Path):
    plan = wf.compile(document())
    saved = tmp_path / "plan.json"
    saved.write_text(json.dumps(plan.to_dict()))
    assert not plan.diff(saved)
    assert not plan.diff(json.loads(saved.read_text()))


def test_folders_file_sizes_and_file_names_are_no_difference(tmp_path: Path):
    text = json.dumps(document(data_sources=[{"type": "file", "alias": "main", "location": "rows.csv"}]))
    for folder, rows in (("here", "k,n\na,1\n"), ("there", "k,n\na,1\nb,2\nc,3\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.csv").write_text(rows)
        (tmp_path / folder / f"{folder}.json").write_text(text)
    assert not wf.compile(tmp_path / "here" / "here.json").diff(tmp_path / "there" / "there.json")


def test_another_way_to_read_a_file_is_a_difference(tmp_path: Path):
    (tmp_path / "rows.csv").write_text("k,n\na,1\n")
    source = {"type": "file", "alias": "main", "location": str(tmp_path / "rows.csv")}
    old, new = document(data_sources=[source]), document(data_sources=[{**source, "config": {"null_values": ["-"]}}])
    assert changes(old, new)["main"] == ("changed", ["settings"])


def test_a_location_never_shows_its_password():
    source = {"type": "file", "alias": "main", "location": "memory://user:hush@bucket/rows.csv"}
    import fsspec

    with fsspec.open("memory://user:hush@bucket/rows.csv", "w") as stream:
        stream.write("k,n\na,1\n")
    plan = wf.compile(document(data_sources=[source]))
    assert "hush" not in json.dumps(plan.to_dict()) + str(plan.diff(document()))


def test_the_inputs_that_only_the_new_workflow_has_do_not_hinder_the_old(tmp_path: Path):
    new = document(runtime_inputs=[{"name": "least", "type": "number", "required": True}])
    plan = wf.compile(new, inputs={"least": 3})
    assert [each.what for each in plan.diff(copy.deepcopy(document())).plan] == ["input least"]


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ({"plan_version": "2.0", "steps": [], "frames": {}}, "is a plan of version 2.0"),
        ({"plan_version": "1.0", "frames": {}}, "without all of its steps"),
        ({"plan_version": "1.0", "steps": [{"id": "x"}], "frames": {}}, "without all of its steps"),
    ],
)
def test_what_is_no_saved_plan_is_refused(saved: dict[str, Any], said: str):
    with pytest.raises(wf.WorkflowError, match=said) as refused:
        wf.compile(document()).diff(saved)
    assert [each.code for each in refused.value.diagnostics] == ["IR340"]
