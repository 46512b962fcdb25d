"""Which frames have an order of rows, and that what needs one is refused on the others: ir.md, section 1."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.workflows import inline, workflow
from transforms.registry import TRANSFORMS

Step = dict[str, Any]

MAIN = inline(
    "main",
    [{"g": "a", "n": 1, "b": True, "l": ["x"], "w": {"c": "y"}}],
    {"g": "string", "n": "integer", "b": "boolean", "l": "list(string)", "w": "struct(c: string)"},
)
OTHER = inline("other", [{"g": "a", "n": 2}], {"g": "string", "n": "integer"})


def step(kind: str, config: dict[str, Any]) -> Step:
    return {"type": kind, "config": config}


UNSORTED = step("deduplicate", {"keys": ["g"], "keep": "none"})
LIMIT = step("limit", {"rows": 1})
FIRST_OF_OTHER = {"source": "other", "on": ["g"]}

KEEPING = {
    "map of columns": step("map", {"columns": {"m": "n + 1"}}),
    "map of casts": step("map", {"cast": {"n": "number"}}),
    "map that leaves out": step("map", {"drop": ["b"]}),
    "map that renames": step("map", {"rename": {"n": "m"}}),
    "filter": step("filter", {"where": "n > 0"}),
    "limit": step("limit", {"rows": 3, "offset": 1}),
    "explode": step("explode", {"field": "l"}),
    "flatten": step("flatten", {"field": "w"}),
    "format": step("format", {"columns": {"n": {"style": "number"}}}),
}
MAKING = {
    "sort": step("sort", {"by": ["n"]}),
    "sort with limit": step("sort", {"by": ["n"], "limit": 2}),
    "aggregate": step("aggregate", {"group_by": ["g"], "aggregates": {"n": "sum(n)"}}),
    "aggregate with totals": step("aggregate", {"group_by": ["g"], "aggregates": {"n": "sum(n)"}, "totals": "grand"}),
    "pivot": step("pivot", {"index": ["g"], "columns": "b", "values": "n", "function": "sum", "column_values": [True]}),
    "reduce": step("reduce", {"aggregates": {"n": "sum(n)"}}),
    "sql with an outermost order by": step("sql", {"query": "select g, n from data order by n"}),
}
LEAVING_NONE = {
    "deduplicate": UNSORTED,
    "deduplicate that keeps": step("deduplicate", {"keys": ["g"], "order_by": ["n"]}),
    "inner join": step("join", FIRST_OF_OTHER),
    "left join": step("join", {**FIRST_OF_OTHER, "how": "left"}),
    "right join": step("join", {**FIRST_OF_OTHER, "how": "right"}),
    "full join": step("join", {**FIRST_OF_OTHER, "how": "full"}),
    "semi join": step("join", {**FIRST_OF_OTHER, "how": "semi"}),
    "anti join": step("join", {**FIRST_OF_OTHER, "how": "anti"}),
    "cross join": step("join", {"source": "other", "how": "cross"}),
    "enrich": step("enrich", FIRST_OF_OTHER),
    "union": step("union", {"sources": ["other"]}),
    "window": step("window", {"columns": {"total": "sum(n)"}, "partition_by": ["g"]}),
    "window with order_by": step("window", {"columns": {"place": "row_number()"}, "order_by": ["n"]}),
    "unpivot": step("unpivot", {"index": ["g"], "columns": ["n"]}),
    "sample": step("sample", {"rows": 1}),
    "sql": step("sql", {"query": "select g, n from data where n > 0"}),
    "sql that orders within": step("sql", {"query": "select g, n from (select g, n from data order by n limit 1) t"}),
}
NEEDING = {
    "limit": LIMIT,
    "deduplicate, keep first": step("deduplicate", {"keys": ["g"]}),
    "deduplicate, keep last": step("deduplicate", {"keys": ["g"], "keep": "last"}),
    "first() of a group": step("aggregate", {"group_by": ["g"], "aggregates": {"f": "first(n)"}}),
    "last() of a group": step("aggregate", {"group_by": ["g"], "aggregates": {"f": "last(n)"}}),
    "first() of all": step("reduce", {"aggregates": {"f": "first(n)"}}),
    "last() inside": step("reduce", {"aggregates": {"f": "sum(n) - last(n)"}}),
    "list() of a group": step("aggregate", {"group_by": ["g"], "aggregates": {"f": "list(n)"}}),
    "string_agg() of a group": step("aggregate", {"group_by": ["g"], "aggregates": {"f": "string_agg(g, ',')"}}),
    "function: first of a pivot": step("pivot", {"index": ["g"], "columns": "b", "values": "n", "function": "first",
                                                 "column_values": [True]}),
    "lag()": step("window", {"columns": {"f": "lag(n)"}}),
    "lead()": step("window", {"columns": {"f": "lead(n)"}, "partition_by": ["g"]}),
    "row_number()": step("window", {"columns": {"f": "row_number()"}}),
    "first() of a window": step("window", {"columns": {"f": "first(n)"}}),
    "last() of a window": step("window", {"columns": {"f": "last(n)"}}),
    "ntile()": step("window", {"columns": {"f": "ntile(2)"}}),
    "frame of a window": step("window", {"columns": {"f": "sum(n)"}, "frame": {"rows": [-1, 0]}}),
    "limit of sql": step("sql", {"query": "select g from data limit 1"}),
    "lag of sql": step("sql", {"query": "select lag(n) over () as f from data"}),
}  # fmt: skip
OWN_ORDER = {
    "deduplicate": step("deduplicate", {"keys": ["g"], "order_by": ["n"]}),
    "first()": step("aggregate", {"group_by": ["g"], "aggregates": {"f": "first(n order by n)"}}),
    "list()": step("reduce", {"aggregates": {"f": "list(n order by n)"}}),
    "row_number()": step("window", {"columns": {"f": "row_number()"}, "order_by": ["n"]}),
    "lag()": step("window", {"columns": {"f": "lag(n)"}, "partition_by": ["g"], "order_by": ["n"]}),
    "frame": step("window", {"columns": {"f": "sum(n)"}, "order_by": ["n"], "frame": {"rows": [-1, 0]}}),
    "sort with limit": step("sort", {"by": ["n"], "limit": 1}),
    "limit of sql": step("sql", {"query": "select g from data order by g limit 1"}),
    "lag of sql": step("sql", {"query": "select lag(n) over (order by n) as f from data"}),
}


def codes(steps: list[Step], **sections: Any) -> list[str]:
    found = wf.validate(workflow([MAIN, OTHER], transforms=steps, **sections))
    return [each.code for each in found if each.severity == "error"]


def is_ordered(steps: list[Step], **sections: Any) -> bool:
    plan = wf.compile(workflow([MAIN, OTHER], transforms=steps, **sections))
    return plan.compiled.graph[plan.relation("data")].frame.order is not None


def test_every_transform_is_asked_about() -> None:
    asked = {each["type"] for each in (*KEEPING.values(), *MAKING.values(), *LEAVING_NONE.values())}
    assert asked == set(TRANSFORMS)


@pytest.mark.parametrize("kept", KEEPING.values(), ids=KEEPING)
def test_a_step_that_keeps_the_order_leaves_ordered_rows_ordered_and_others_not(kept: Step) -> None:
    assert codes([kept, LIMIT]) == []
    assert codes([UNSORTED, *([] if kept["type"] == "limit" else [kept]), LIMIT]) == ["IR420"]


@pytest.mark.parametrize("made", MAKING.values(), ids=MAKING)
def test_a_step_that_makes_an_order_does_so_of_any_rows(made: Step) -> None:
    assert codes([made, LIMIT]) == []
    assert codes([UNSORTED, made, LIMIT]) == []


@pytest.mark.parametrize("loose", LEAVING_NONE.values(), ids=LEAVING_NONE)
def test_a_step_that_leaves_no_order_does_so_of_ordered_rows(loose: Step) -> None:
    assert not is_ordered([loose])
    assert codes([loose, LIMIT]) == ["IR420"]
    assert codes([loose, step("sort", {"by": ["g"]}), LIMIT]) == []


@pytest.mark.parametrize("needing", NEEDING.values(), ids=NEEDING)
def test_what_needs_an_order_is_refused_without_one(needing: Step) -> None:
    assert codes([needing]) == []
    assert codes([UNSORTED, needing]) == ["IR420"]
    assert codes([UNSORTED, step("sort", {"by": ["n"]}), needing]) == []


@pytest.mark.parametrize("own", OWN_ORDER.values(), ids=OWN_ORDER)
def test_what_brings_its_own_order_takes_rows_without_one(own: Step) -> None:
    assert codes([UNSORTED, own]) == []


@pytest.mark.parametrize("multiple", ["first", "last"])
@pytest.mark.parametrize("kind", ["join", "enrich"])
def test_the_first_of_several_matches_is_refused_of_a_source_without_order(kind: str, multiple: str) -> None:
    loose = {**UNSORTED, "input_source": "other", "output_variable": "loose"}
    one = {"on": ["g"], "multiple": multiple}
    assert codes([{**step(kind, {"source": "other", **one}), "input_source": "main"}]) == []
    assert codes([loose, {**step(kind, {"source": "loose", **one}), "input_source": "main"}]) == ["IR420"]


@pytest.mark.parametrize("strategy", ["union", "join", "left_join", "merge"])
def test_merged_sources_have_no_order(strategy: str) -> None:
    merge = {"strategy": strategy,
             "sources": [{"source_index": place, "alias": alias} for place, alias in enumerate(["main", "other"])],
             **({} if strategy == "union" else {"join_config": {"left_key": "g", "right_key": "g"}})}  # fmt: skip
    assert codes([LIMIT], data_merge=merge) == ["IR420"]


def test_rows_compared_with_a_reference_have_no_order() -> None:
    reference = {**OTHER, "role": "deduplicate", "config": {**OTHER["config"], "identifier_field": "g"}}
    found = wf.validate(workflow([MAIN, reference], transforms=[{**LIMIT, "input_source": "data"}]))
    assert [each.code for each in found if each.severity == "error"] == ["IR420"]
