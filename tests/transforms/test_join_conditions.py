"""Joins with a further condition over both sides, and which of several matches counts."""

from __future__ import annotations

import os
from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weirflow as wf
from tests.workflows import ENGINES, both_engines, inline, workflow

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "90"))
# prices hold from a day on: a from 1 and from 5, b from 9, one for nobody
ORDERS = [
    {"id": 1, "item": "a", "day": 3},
    {"id": 2, "item": "a", "day": 7},
    {"id": 3, "item": "b", "day": 3},
    {"id": 4, "item": None, "day": 3},
    {"id": 5, "item": "c", "day": None},
]
PRICES = [
    {"item": "a", "since": 1, "price": 10},
    {"item": "a", "since": 5, "price": 12},
    {"item": "b", "since": 9, "price": 20},
    {"item": None, "since": 1, "price": 99},
    {"item": "d", "since": 1, "price": 30},
    {"item": "d", "since": 2, "price": 31},
]


def join(kind: str = "join", **config: Any) -> list[dict[str, Any]]:
    written = {"source": "prices", "on": ["item"], "where": "since <= day", **config}
    return [{"type": kind, "config": {key: value for key, value in written.items() if value is not None}}]


def pairs(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    found = [(row.get("id"), row.get("price")) for row in rows]
    return sorted(found, key=lambda pair: tuple(99 if each is None else each for each in pair))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("inner", [(1, 10), (2, 10), (2, 12)]),
        ("left", [(1, 10), (2, 10), (2, 12), (3, None), (4, None), (5, None)]),
        ("right", [(1, 10), (2, 10), (2, 12), (None, 20), (None, 30), (None, 31), (None, 99)]),
        (
            "full",
            [
                (1, 10),
                (2, 10),
                (2, 12),
                (3, None),
                (4, None),
                (5, None),
                (None, 20),
                (None, 30),
                (None, 31),
                (None, 99),
            ],
        ),
        ("semi", [(1, None), (2, None)]),
        ("anti", [(3, None), (4, None), (5, None)]),
    ],
)
def test_a_join_where_keeps_pairs_that_meet_it(on_both, how, expected):
    assert pairs(on_both(join(how=how), ORDERS, prices=PRICES)) == expected


def test_right_and_full_coalesce_the_key_of_rows_that_meet_nothing(on_both):
    rows = on_both(join(how="full"), ORDERS, prices=PRICES)
    assert {"id": 3, "item": "b", "day": 3, "since": None, "price": None} in rows
    assert {"id": None, "item": "b", "day": None, "since": 9, "price": 20} in rows
    assert {"id": None, "item": "d", "day": None, "since": 1, "price": 30} in rows


def test_a_row_without_a_partner_meets_no_condition_that_null_would_meet(on_both):
    rows = on_both(join(how="left", where="since is null or since <= day"), ORDERS, prices=PRICES)
    assert pairs(rows) == [(1, 10), (2, 10), (2, 12), (3, None), (4, None), (5, None)]
    assert pairs(on_both(join(how="anti", where="price is null"), ORDERS, prices=PRICES)) == [
        (each["id"], None) for each in ORDERS
    ]


def test_a_cross_join_takes_a_condition_in_place_of_keys(on_both):
    steps = join(how="cross", on=None, where="prices.item <> data.item and day > since", suffix="_2")
    assert pairs(on_both(steps, ORDERS, prices=PRICES)) == [
        (1, 30),
        (1, 31),
        (2, 30),
        (2, 31),
        (3, 10),
        (3, 30),
        (3, 31),
    ]


def test_names_of_both_sides_are_told_apart_by_their_frame(on_both):
    steps = join(on={"id": "item"}, where="data.day < rates.day and id = rates.item", source="rates", columns=["rate"])
    rates = [{"item": 1, "day": 4, "rate": 5}, {"item": 2, "day": 4, "rate": 6}]
    assert [(row["id"], row["rate"]) for row in on_both(steps, ORDERS, rates=rates)] == [(1, 5)]


@pytest.mark.parametrize(
    ("where", "code", "message"),
    [
        ("day < 3", "IR403", 'both sides have a column "day"'),
        ("rates.dya < 3", "IR401", '"rates" has no column "dya"'),
        ("ratee < 3", "IR401", 'there is no column "ratee" here'),
        ("rate + 3", "IR411", "where is integer, not true or false"),
        ("sum(rate) > 3", "IR412", "the aggregate sum cannot stand here, where each row is seen alone"),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(errors_of, where, code, message):
    steps = join(source="rates", on={"id": "item"}, columns=["rate"], where=where)
    assert errors_of(steps, ORDERS, rates=[{"item": 1, "day": 4, "rate": 5}]) == [(code, message)]


def test_default_values_stand_where_nothing_meets_the_condition(on_both):
    steps = join("enrich", columns=["price"], multiple="last", default_values={"price": 0})
    assert pairs(on_both(steps, ORDERS, prices=PRICES)) == [(1, 10), (2, 12), (3, 0), (4, 0), (5, 0)]


@pytest.mark.parametrize(
    ("keep", "how", "expected"),
    [
        ("first", "inner", [(1, 10), (2, 10)]),
        ("last", "inner", [(1, 10), (2, 12)]),
        ("last", "left", [(1, 10), (2, 12), (3, None), (4, None), (5, None)]),
        # what matched and was not chosen is no row without a match; what matches nothing stays, all of it
        ("first", "right", [(1, 10), (2, 10), (None, 20), (None, 30), (None, 31), (None, 99)]),
        ("last", "full", [(1, 10), (2, 12), (3, None), (4, None), (5, None), (None, 20), (None, 30), (None, 31),
                          (None, 99)]),
    ],
)  # fmt: skip
def test_the_first_or_last_match_is_one_that_meets_the_condition(on_both, keep, how, expected):
    assert pairs(on_both(join(how=how, multiple=keep), ORDERS, prices=PRICES)) == expected


@pytest.mark.parametrize(
    ("keep", "how", "expected"),
    [
        ("first", "right", [(1, 10), (2, 10), (3, 20), (None, 30), (None, 31), (None, 99)]),
        ("last", "full", [(1, 12), (2, 12), (3, 20), (4, None), (5, None), (None, 30), (None, 31), (None, 99)]),
    ],
)
def test_rows_of_the_source_that_match_nothing_all_stay_beside_the_first_match(on_both, keep, how, expected):
    assert pairs(on_both(join(how=how, multiple=keep, where=None), ORDERS, prices=PRICES)) == expected


@pytest.mark.parametrize("where", [None, "since <= day"])
def test_equal_rows_of_the_input_each_get_their_match(on_both, where):
    rows = [{"id": 1, "item": "a", "day": 7}] * 3
    assert pairs(on_both(join("enrich", multiple="last", where=where), rows, prices=PRICES)) == [(1, 12)] * 3


@pytest.mark.parametrize("engine", ENGINES)
def test_two_matches_that_meet_the_condition_stop_the_run(engine):
    def collected(day: int) -> list[tuple[Any, ...]]:
        orders = [{"id": 1, "item": "a", "day": day}, {"id": 2, "item": "a", "day": 2}]
        document = workflow([inline("main", orders), inline("prices", PRICES)], transforms=join("enrich"))
        return pairs(wf.compile(document, engine=engine).collect("data").to_dicts())

    assert collected(3) == [(1, 10), (2, 10)]
    with pytest.raises(wf.WorkflowError) as stopped:
        collected(7)
    [found] = stopped.value.diagnostics
    assert (found.code, found.message) == ("IR430", 'two rows of "prices" match one row of "main": item = "a"')


def test_the_first_match_needs_an_order(errors_of):
    steps = [
        {"type": "union", "input_source": "prices", "output_variable": "all", "config": {"sources": ["prices"]}},
        *join(source="all", multiple="first"),
    ]
    assert [code for code, _ in errors_of(steps, ORDERS, prices=PRICES)] == ["IR420"]


def test_a_condition_reads_a_value_of_a_third_frame(on_both):
    limit = {
        "type": "reduce",
        "input_source": "prices",
        "output_variable": "top",
        "config": {"aggregates": {"p": "max(price)"}},
    }
    steps = [limit, *join(how="left", where="since <= day and price * 9 < top.p")]
    rows = on_both(steps, ORDERS, prices=PRICES)
    # 9 * 10 is below the largest price, 99; 9 * 12 is not
    assert pairs(rows) == [(1, 10), (2, 10), (3, None), (4, None), (5, None)]


def test_a_plan_says_the_condition():
    document = workflow([inline("main", ORDERS), inline("prices", PRICES)], transforms=join("enrich", multiple="last"))
    assert "left with prices on item where since <= day, the last match" in wf.compile(document).explain()


keys = st.sampled_from(["a", "b", None])
numbers = st.one_of(st.none(), st.integers(0, 3))
lefts = st.lists(st.fixed_dictionaries({"k": keys, "x": numbers}), max_size=6)
rights = st.lists(st.fixed_dictionaries({"k": keys, "y": numbers}), max_size=6)


def expected_pairs(left: list[Any], right: list[Any], how: str, multiple: str) -> list[tuple[int | None, int | None]]:
    """The join by its definition: the numbers of the left and right rows that stand together."""
    met = [
        (i, j) for (i, one), (j, other) in product(enumerate(left), enumerate(right))
        if one["k"] is not None and one["k"] == other["k"]
        and None not in (one["x"], other["y"]) and other["y"] <= one["x"]
    ]  # fmt: skip
    lone_left = [(i, None) for i in range(len(left)) if i not in {i for i, _ in met}]
    lone_right = [(None, j) for j in range(len(right)) if j not in {j for _, j in met}]
    chosen = met
    if multiple != "all":
        pick = min if multiple == "first" else max
        chosen = [(i, pick(j for each, j in met if each == i)) for i in sorted({i for i, _ in met})]
    parts: dict[str, list[list[Any]]] = {
        "inner": [chosen], "left": [chosen, lone_left], "right": [chosen, lone_right],
        "full": [chosen, lone_left, lone_right], "anti": [lone_left],
        "semi": [[(i, None) for i in sorted({i for i, _ in met})]],
    }  # fmt: skip
    return [pair for part in parts[how] for pair in part]


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(left=lefts, right=rights, how=st.sampled_from(["inner", "left", "right", "full", "semi", "anti"]),
       multiple=st.sampled_from(["all", "first", "last"]))  # fmt: skip
def test_both_engines_join_as_the_definition_says(left, right, how, multiple):
    if how in {"semi", "anti"}:
        multiple = "all"
    left = [{"i": index, **row} for index, row in enumerate(left)]
    right = [{"j": index, **row} for index, row in enumerate(right)]
    config = {"source": "right", "on": ["k"], "where": "y <= x", "how": how, "multiple": multiple}
    sources = [
        inline("main", left, {"i": "integer", "k": "string", "x": "integer"}),
        inline("right", right, {"j": "integer", "k": "string", "y": "integer"}),
    ]
    found = both_engines(workflow(sources, transforms=[{"type": "join", "config": config}])).to_dicts()
    expected = Counter(expected_pairs(left, right, how, multiple))
    assert Counter((row["i"], row.get("j")) for row in found) == expected
    for row in found:
        one = left[row["i"]] if row["i"] is not None else {"k": right[row["j"]]["k"], "x": None}
        assert (row["k"], row["x"]) == (one["k"], one["x"])
        if how not in {"semi", "anti"}:
            assert row["y"] == (right[row["j"]]["y"] if row["j"] is not None else None)
