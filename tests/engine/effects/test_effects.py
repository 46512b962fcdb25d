"""The mechanism of steps that take effect in the middle of a plan, with an effect that only counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from engine.effects import registry
from engine.effects.adding import add_effect
from engine.effects.effect import Doing, EffectKind, EffectResult
from ir.diagnostics import Diagnostic, Pointer
from ir.types import Integer, Schema
from tests.workflows import inline, workflow
from transforms.frame import Frame

ROWS = [{"k": 1, "text": "one"}, {"k": 2, "text": "two"}, {"k": 3, "text": "three"}]
CALLS: list[int] = []
"""The `k` of each row an effect was carried out for, in order."""
FAILS_AT: list[int] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubling:
    """Gives each row twice its `k`, and notes in a file of its own which rows it has done."""

    id: str
    at: Pointer
    rows: Frame | None
    column: str
    kind: EffectKind = "plugin"
    values: tuple[Frame, ...] = ()
    rejected: Schema | None = None
    summary: str = "doubles"
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        assert self.rows is not None
        return Schema([*self.rows.schema.items(), (self.column, Integer())])

    def settings(self) -> Mapping[str, Any]:
        return self.given

    def carry_out(self, doing: Doing) -> EffectResult:
        assert doing.rows is not None
        noted = doing.folder / "noted.json"
        known: list[int] = json.loads(noted.read_text()) if noted.exists() else []
        for batch in doing.rows.batches():
            for k in batch["k"].to_list():
                if k in FAILS_AT:
                    raise wf.WorkflowError([Diagnostic(code="IR490", message="it broke")])
                if k not in known:
                    CALLS.append(k)
                    known.append(k)
                    noted.write_text(json.dumps(known))
            doing.result.add(batch.with_columns((pl.col("k") * 2).alias(self.column)))
        return EffectResult(outcome={"calls": doing.rows.rows})


def _add(compiler: Any, index: int) -> None:
    operation = compiler.workflow.plugin_operations[index]
    rows = compiler.input_frame(operation.input_source, ("plugin_operations", index))
    if rows is None:
        compiler.frames[operation.output_variable] = None
        return
    effect = Doubling(id=operation.id, at=("plugin_operations", index), rows=rows, column=operation.output_variable)
    add_effect(compiler, effect, output_variable=operation.output_variable, replaces=operation.input_source or "data")


@pytest.fixture(autouse=True)
def doubling(monkeypatch):
    monkeypatch.setattr(registry, "SECTIONS", {**registry.SECTIONS, "plugin_operations": f"{__name__}:_add"})
    CALLS.clear()
    FAILS_AT.clear()


def _step(name: str, made: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "plugin_key": "any", "operation_type": "double", "output_variable": made, **more}


def _document(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    delivery = {"file_delivery": {"format": "csv", "filename_template": "made.csv"}}
    return workflow([inline("main", ROWS)], plugin_operations=list(steps), delivery_rules=delivery, **more)


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_an_effect_gives_is_a_column_of_the_rows_it_took(engine, tmp_path):
    document = _document(_step("first", "twice"), _step("second", "again"))
    result = wf.compile(document, engine=engine).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text().splitlines() == [
        "k,text,twice,again", "1,one,2,2", "2,two,4,4", "3,three,6,6",
    ]  # fmt: skip
    assert CALLS == [1, 2, 3, 1, 2, 3]
    steps = [each for each in result.steps if each.kind == "plugin"]
    assert [(each.name, each.rows_in, each.rows_out, each.outcome) for each in steps] == [
        ("first", 3, 3, {"calls": 3}), ("second", 3, 3, {"calls": 3}),
    ]  # fmt: skip
    assert [(each.name, each.rows_out) for each in result.steps if each.kind == "source"] == [("main", 3)]
    assert result["data"]["again"].to_list() == [2, 4, 6]


def test_the_rows_of_an_effect_are_told_to_be_missing_before_a_run():
    plan = wf.compile(_document(_step("first", "twice")))
    assert plan.schema("data").names == ("k", "text", "twice")
    with pytest.raises(wf.WorkflowError, match="made in a run") as failure:
        plan.collect("data")
    assert failure.value.diagnostics[0].code == "IR326"
    assert CALLS == []


def test_a_transform_on_the_result_of_an_effect_waits_for_it(tmp_path):
    document = _document(
        _step("first", "twice"),
        transforms=[
            {"type": "filter", "input_source": "twice", "output_variable": "large", "config": {"where": "twice > 2"}},
            {"type": "filter", "config": {"where": "k < 3"}},
        ],
    )
    document["delivery_rules"]["file_delivery"]["input_source"] = "large"
    wf.compile(document).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text() == "k,text,twice\n2,two,4\n"
    assert CALLS == [1, 2]


def test_a_rule_that_stops_the_run_is_judged_before_the_first_effect(tmp_path):
    rule = {"field": "k", "type": "range", "max": 2, "action": "error"}
    with pytest.raises(wf.WorkflowError) as failure:
        wf.compile(_document(_step("first", "twice"), validation_rules=[rule])).run(out=tmp_path)
    assert failure.value.diagnostics[0].code == "IR440"
    assert CALLS == []


def test_a_resume_goes_on_with_the_effect_that_broke_and_does_none_again(tmp_path):
    FAILS_AT.append(3)
    document = _document(_step("first", "twice"), _step("second", "again", input_source="twice"))
    with pytest.raises(wf.WorkflowError, match="it broke") as failure:
        wf.compile(document).run(out=tmp_path)
    assert CALLS == [1, 2]
    FAILS_AT.clear()
    result = wf.resume(failure.value.run_id)
    assert result.status == "succeeded"
    assert CALLS == [1, 2, 3, 1, 2, 3]
    assert (tmp_path / "made.csv").read_text().splitlines()[-1] == "3,three,6,6"


def test_a_pivot_after_an_effect_finds_its_columns_when_the_effect_is_done(tmp_path):
    pivot = {"type": "pivot", "input_source": "twice", "output_variable": "wide",
             "config": {"index": ["k"], "columns": "text", "values": "twice", "function": "sum"}}  # fmt: skip
    document = _document(_step("first", "twice"), transforms=[pivot])
    document["delivery_rules"]["file_delivery"]["input_source"] = "wide"
    wf.compile(document).run(out=tmp_path)
    assert (tmp_path / "made.csv").read_text().splitlines()[1].startswith("1,")
    assert CALLS == [1, 2, 3]


def test_a_plan_shows_the_effect_between_the_steps_before_and_after_it():
    plan = wf.compile(_document(_step("first", "twice")))
    steps = {each.id: each for each in plan.steps}
    assert (steps["first"].type, steps["first"].depends_on) == ("plugin", ("main",))
    assert "adds twice integer" in plan.explain()


def test_a_test_gives_results_in_place_of_an_effect(tmp_path):
    tests = [{
        "name": "given", "sources": {"main": ROWS[:2], "twice": [{"twice": 20}, {"twice": 40}]},
        "expect": {"frames": {"data": [{"k": 1, "twice": 20}, {"k": 2, "twice": 40}]}},
    }]  # fmt: skip
    (tmp_path / "flow.yaml").write_text(json.dumps(_document(_step("first", "twice"), tests=tests)))
    assert [each.outcome for each in wf.test(tmp_path / "flow.yaml").results] == ["passed"]
    assert CALLS == []
