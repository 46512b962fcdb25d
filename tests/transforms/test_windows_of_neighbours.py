"""Row numbers and neighbours within a partition, which Polars finds by one sort of all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

OnBoth = Callable[..., list[dict[str, Any]]]

ROWS = [
    {"shop": "b", "day": 2, "sold": 5},
    {"shop": None, "day": 1, "sold": 7},
    {"shop": "a", "day": 1, "sold": 1},
    {"shop": "b", "day": 1, "sold": None},
    {"shop": None, "day": 2, "sold": 8},
    {"shop": "a", "day": 2, "sold": 2},
    {"shop": "b", "day": 3, "sold": 6},
]


def windowed(on_both: OnBoth, columns: dict[str, str], **order: str) -> dict[tuple[str | None, int], tuple[Any, ...]]:
    """By shop and day: the values of the columns."""
    window = {"partition_by": ["shop"], "order_by": [{"field": "day", **order}], "columns": columns}
    rows = on_both([{"type": "window", "config": window}], ROWS)
    return {(each["shop"], each["day"]): tuple(each[name] for name in columns) for each in rows}


def test_neighbours_are_of_the_same_partition_and_null_is_one(on_both: OnBoth) -> None:
    assert windowed(on_both, {"before": "lag(sold)", "after": "lead(sold)", "number": "row_number()"}) == {
        ("a", 1): (None, 2, 1),
        ("a", 2): (1, None, 2),
        ("b", 1): (None, 5, 1),
        ("b", 2): (None, 6, 2),
        ("b", 3): (5, None, 3),
        (None, 1): (None, 8, 1),
        (None, 2): (7, None, 2),
    }


def test_neighbours_follow_the_window_s_order_and_stand_inside_expressions(on_both: OnBoth) -> None:
    columns = {"more": "sold - lag(sold + day, 2)", "share": "row_number() / count(*)", "last": "lead(day, 1) is null"}
    assert windowed(on_both, columns, direction="desc") == {
        ("a", 2): (None, 0.5, False),
        ("a", 1): (None, 1.0, True),
        ("b", 3): (None, 1 / 3, False),
        ("b", 2): (None, 2 / 3, False),
        ("b", 1): (None, 1.0, True),
        (None, 2): (None, 0.5, False),
        (None, 1): (None, 1.0, True),
    }


@pytest.mark.parametrize("text", ["lag(1)", "lead('x')"])
def test_the_neighbour_of_a_constant_is_the_constant(on_both: OnBoth, text: str) -> None:
    found = windowed(on_both, {"other": text})
    assert [value is None for value in (found["b", 1][0], found["b", 2][0], found["b", 3][0])] == (
        [True, False, False] if text == "lag(1)" else [False, False, True]
    )
