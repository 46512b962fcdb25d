"""What the engines once did not agree on: each a rule now, its value worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from docs.generator.examples import plain_rows
from tests.workflows import both_engines, inline, workflow

ROW: dict[str, Any] = {"i": 1, "big": 9223372036854775807, "s": "é", "none": None, "words": ["a", None], "empty": [],
                       "day": "2024-01-31", "ts": "2024-01-31T00:00:00"}  # fmt: skip
SCHEMA = {"i": "integer", "big": "integer", "s": "string", "none": "string", "words": "list(string)",
          "empty": "list(string)",
          "day": "date", "ts": "datetime"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # DuckDB took a null separator for none
        ("split('a,b', none)", None),
        # Polars took null for blanks
        ("ltrim(' a', none)", None),
        ("trim(' a ', none)", None),
        # DuckDB added 1 to a place beyond 64 bits
        ("list_get(words, big)", None),
        ("list_get(words, -1)", None),
        ("list_get(words, 0)", "a"),
        # DuckDB refused what is no JSON, and read a path without $ as a key
        ("json_get(s, 'a')", None),
        ("json_get('[1, 2]', '[1]')", "2"),
        ("json_get('{\"a key\": {\"b\": [\"x\"]}}', 'a key.b[0]')", "x"),
        ("json_get('{\"a.b\": 1}', 'a.b')", None),
        # DuckDB gives null for nothing but nulls
        ("list_join(empty, ',')", ""),
        ("list_join(list_slice(words, 1), ',')", ""),
        ("list_join(words, ',')", "a"),
        # Polars has SS for ß and a final sigma, DuckDB one character for one
        ("upper('straße ŉ ﬁ ᾳ')", "STRAẞE ŉ ﬁ ᾼ"),
        ("lower('İΣΑΣ')", "iσασ"),
        ("initcap('ßtraße')", "ẞtraße"),
        # DuckDB leaves out the 0 of a decimal that has no digits before the point
        ("cast(0.05 as string)", "0.05"),
        ("'x' || (0.05 - 0.10)", "x-0.05"),
        # engines keep other things together as one letter
        ("reverse('a\r\nb')", "b\n\ra"),
        ("reverse('e\u0301x')", "x\u0301e"),
    ],
)  # fmt: skip
def test_a_value_is_the_same_on_both_engines(text: str, expected: object) -> None:
    document = workflow(
        [inline("main", [ROW], SCHEMA)],
        transforms=[{"type": "map", "config": {"columns": {"found": text}, "select": ["found"]}}],
    )
    assert plain_rows(both_engines(document)) == [{"found": expected}]


def test_population_statistics_of_a_group_without_values_are_null(on_both: Any) -> None:
    # Polars gave 0
    rows = [{"g": "a", "x": 1.5}, {"g": "a", "x": 2.5}, {"g": "b", "x": None}]
    aggregates = {"v": "var_pop(x)", "s": "stddev_pop(x)", "one": "var_pop(x) filter (where x > 2)"}
    assert on_both([{"type": "aggregate", "config": {"group_by": ["g"], "aggregates": aggregates}}], rows) == [
        {"g": "a", "v": 0.25, "s": 0.5, "one": 0.0},
        {"g": "b", "v": None, "s": None, "one": None},
    ]


def test_a_group_of_zeros_is_named_by_the_one_without_sign(on_both: Any) -> None:
    # DuckDB names a group by the first of its equal keys
    steps = [
        {"type": "aggregate", "config": {"group_by": ["x"], "aggregates": {"n": "count(*)"}}},
        {"type": "map", "config": {"columns": {"x": "cast(x as string)"}}},
    ]
    assert on_both(steps, [{"x": -0.0}, {"x": 0.0}, {"x": 1.5}]) == [{"x": "0", "n": 2}, {"x": "1.5", "n": 1}]


def test_columns_whose_names_are_patterns_of_polars_stay_themselves(on_both: Any) -> None:
    rows = [{"*": 1, "^x$": 2, "x": 3}, {"*": 1, "^x$": 5, "x": 6}]
    steps = [
        {"type": "map", "config": {"columns": {"sum": '"*" + "^x$"'}}},
        {"type": "aggregate", "config": {"group_by": ["*"], "aggregates": {"^z$": 'sum("^x$")', "all": "sum(sum)"}}},
        {"type": "sort", "config": {"by": ["^z$"]}},
        {"type": "map", "config": {"rename": {"*": "^y$"}}},
    ]
    assert on_both(steps, rows) == [{"^y$": 1, "^z$": 7, "all": 9}]


@pytest.mark.parametrize(
    "text",
    [
        # engines wrap, or stop at another place
        "date_add('second', big, ts)",
        "repeat('a', big)",
        # Polars had null for a month beyond 127
        "make_date(2026, i + 2064, 6)",
    ],
)
def test_a_value_out_of_range_stops_both_engines(text: str) -> None:
    document = workflow(
        [inline("main", [ROW], SCHEMA)], transforms=[{"type": "map", "config": {"columns": {"found": text}}}]
    )
    for engine in ("polars", "duckdb"):
        with pytest.raises(wf.WorkflowError) as stopped:
            wf.compile(document, engine=engine).collect()
        (found,) = stopped.value.diagnostics
        assert (found.code, found.pointer) == ("IR490", ("transforms", 0, "config", "columns", "found"))
