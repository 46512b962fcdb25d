"""Steps that wait for each other."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.workflows import inline, workflow

SOURCE = inline("rows", [{"k": 1}])


def _map(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "map", "id": name, "config": {"columns": {"k": "k + 1"}}, **more}


def _found(**sections: Any) -> list[tuple[str, str, str]]:
    found = wf.validate(workflow([SOURCE], **sections))
    return [(each.code, each.message.partition(": ")[2], "/".join(map(str, each.pointer))) for each in found]


def test_a_step_that_is_read_by_what_it_depends_on_is_a_cycle():
    steps = [_map("one", depends_on=["two"]), _map("two")]
    assert _found(transforms=steps) == [("IR307", "one -> two -> one", "transforms/0/depends_on/0")]


def test_a_step_that_depends_on_itself_is_a_cycle():
    assert _found(transforms=[_map("one", depends_on=["one"])])[0][:2] == ("IR307", "one -> one")


def test_a_cycle_is_drawn_over_all_its_steps():
    steps = [
        _map("a", output_variable="a_rows", depends_on=["c"]),
        _map("b", output_variable="b_rows", input_source="a_rows"),
        _map("c", output_variable="c_rows", depends_on=["b_rows"]),
    ]
    assert _found(transforms=steps) == [("IR307", "a -> c -> b -> a", "transforms/0/depends_on/0")]


def test_operations_that_read_each_other_are_a_cycle():
    operations = [
        {"type": "summarize", "instruction": "x", "output_variable": "one", "input_source": "two"},
        {"type": "summarize", "instruction": "x", "output_variable": "two", "input_source": "one"},
    ]
    assert _found(ai_operations=operations) == [("IR307", "one -> two -> one", "ai_operations/0/input_source")]


@pytest.mark.parametrize("steps", [
    [_map("one"), _map("two", depends_on=["one"])],
    [_map("one", output_variable="a", depends_on=["two"]), _map("two", output_variable="b")],
])  # fmt: skip
def test_what_waits_in_one_direction_is_no_cycle(steps):
    assert _found(transforms=steps) == []


def test_a_frame_made_further_down_is_not_called_a_cycle():
    steps = [_map("one", input_source="later"), _map("two", output_variable="later")]
    assert [code for code, _, _ in _found(transforms=steps)] == ["IR301"]
