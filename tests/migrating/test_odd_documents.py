"""Documents with parts of another shape than anybody meant: always an account, never an error of the program."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ir.diagnostics import Problems
from ir.loading import from_dict
from ir.workflow import read_workflow
from tests.migrating.documents import fetch, graph, migrate, operation

ODD: tuple[Any, ...] = (None, "", 0, 1.5, True, [], {}, "{{", "{{x", ["a", {"b": 1}], [None], "a.b[0]", {"and": [{}]})
GRAPH = graph({
    "read": fetch(next="each"),
    "each": {"type": "loop", "next": "sum", "loop": {
        "iterate_over": "orders", "item_variable": "order", "body_start": "size", "output_variable": "seen"}},
    "size": {"type": "choice", "choice": {"default": "out", "rules": [
        {"condition": {"type": "simple", "variable": "order.amount", "operator": "gt", "value": 5}, "next": "ask"}]}},
    "ask": operation("ai", {"type": "llm_extract", "instruction": "x", "input": "order",
                            "output_schema": {"fields": [{"name": "a", "type": "string"}]}}, "said", next="out"),
    "out": {"type": "end"},
    "sum": operation("transform", {"type": "reduce", "input": "seen", "reduce_operation": "count"}, "n"),
    "tell": operation("deliver", {"plugin_key": "slack", "action": "send_message",
                                  "config": {"channel": "#a", "text": "{{n}}"}}),
}, config_defaults=[{"key": "a", "default": 1}])  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield from places(each, (*at, key))


def with_odd_part(at: tuple[Any, ...], odd: Any) -> dict[str, Any]:
    made = copy.deepcopy(GRAPH)
    holder: Any = made
    for part in at[:-1]:
        holder = holder[part]
    holder[at[-1]] = copy.deepcopy(odd)
    return made


def test_any_part_of_a_graph_may_have_another_shape() -> None:
    rng = random.Random(8)
    for at in [each for each in places(GRAPH) if each[0] != "ir_version"]:
        found = migrate(with_odd_part(at, rng.choice(ODD)))
        assert found.value["ir_version"] == "3.1"
        assert found.elements


@pytest.mark.parametrize(
    ("steps", "refused"),
    [([], []), (None, []), ("x", ["x"]), ([5, {"a": 1}, ["b"]], [5, {"a": 1}, ["b"]])],
)
def test_entries_of_a_list_of_steps_that_are_none_are_refused_each(steps: Any, refused: list[Any]) -> None:
    found = migrate({"workflow_steps": steps})
    assert [each["was"] for each in found.value.get("x-refused", [])] == refused
    assert "what is this workflow for? write it as its goal" in found.questions


def test_what_is_made_of_an_odd_graph_has_the_structure_of_a_workflow() -> None:
    nodes = ("execution_graph", "nodes")
    settings = [
        (*nodes, "ask", "operation", "ai", "type"),
        (*nodes, "tell", "operation", "deliver", "plugin_key"),
        (*nodes, "size", "choice", "rules", 0, "condition"),
        (*nodes, "read", "operation", "fetch"),
    ]
    for at in settings:
        for odd in (None, [], {}, "x y"):
            document = from_dict(migrate(with_odd_part(at, odd)).value)
            assert read_workflow(document, Problems(document)) is not None, (at, odd)
