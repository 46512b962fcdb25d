"""What the engines once did not agree on: each a rule now, its value worked out by hand."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from docs.generator.examples import plain_rows
from tests.workflows import both_engines, inline, workflow

ROW: dict[str, Any] = {
    "i": 1,
    "big": 9223372036854775807,
    "small": -9223372036854775808,
    "s": "é",
    "no_text": "",
    "none": None,
    "words": ["a", None],
    "empty": [],
    "day": "2024-01-31",
    "ts": "2024-01-31T00:00:00",
}
SCHEMA = {
    "i": "integer",
    "big": "integer",
    "small": "integer",
    "s": "string",
    "no_text": "string",
    "none": "string",
    "words": "list(string)",
    "empty": "list(string)",
    "day": "date",
    "ts": "datetime",
}


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
        # Polars panicked
        ("list_get(words, small)", None),
        ("split_part('a,b', ',', small)", ""),
        ("list_get(words, 0)", "a"),
        # -2^63 stands 2^63 - 6 before the first of six characters; DuckDB brought both nearer, to 2^31 and all six
        ("substring(s, small, big)", ""),
        ("substring(s, small + 9223372036854775804, i + 4)", "é"),
        ("substring('abcdef', small, big)", "abcde"),
        ("substring('abcdef', big, big)", ""),
        # DuckDB refused what is no JSON, and read a path without $ as a key
        ("json_get(s, 'a')", None),
        ("json_get('[1, 2]', '[1]')", "2"),
        ("json_get('{\"a key\": {\"b\": [\"x\"]}}', 'a key.b[0]')", "x"),
        ("json_get('{\"a.b\": 1}', 'a.b')", None),
        # DuckDB kept the digits of what is beyond 64 bits
        ("json_get('{\"a\": 12345678901234567890123}', 'a')", "1.2345678901234568e+22"),
        ("json_get('{\"a\": 1e16}', 'a')", "1e+16"),
        ("json_get('{\"a\": \"1e22\"}', 'a')", "1e22"),
        ("json_get('{\"a\": 9223372036854775808}', 'a')", "9223372036854775808"),
        ("json_get('{\"a\": 1e400}', 'a')", None),
        ("json_get('{\"a\": NaN}', 'a')", None),
        # Polars made no part of an empty text, and two empty ones more of a constant
        ("split(no_text, no_text)", [""]),
        ("split('', '')", [""]),
        ("split('ab', no_text)", ["a", "b"]),
        ("split_part('ab', no_text, 1)", "a"),
        # DuckDB added to places beyond 64 bits
        ("list_slice(split('a,b,c', ','), big)", []),
        ("list_slice(split('a,b,c', ','), 1, big)", ["b", "c"]),
        ("list_slice(split('a,b,c', ','), small)", ["a", "b", "c"]),
        # -2^63 + 3 is the place of the start, 2^63 - 1 elements later stands the third
        ("list_slice(split('a,b,c', ','), small, big)", ["a", "b"]),
        ("list_slice(split('a,b,c', ','), -5, 3)", ["a"]),
        # Polars refused the month beside a null
        ("make_date(cast(none as integer), 300, 1)", None),
        # Polars computed what is not asked for, and stopped there
        ("coalesce(i, cast(s as integer))", 1),
        ("coalesce(i, big + 1)", 1),
        ("if(i = 1, 1, big + 1)", 1),
        ("case when i = 1 then -1 else abs(small) end", -1),
        ("case when i = 1 then 0 when big + 1 > 0 then 1 end", 0),
        ("coalesce(i, small // -1, -small)", 1),
        ("nullif(none, cast(cast(s as integer) as string))", None),
        ("coalesce(list_length(empty), list_length(cast(words as list(integer))))", 0),
        ("nullif(case when i = 2 then split('1', ',') end, cast(cast(words as list(integer)) as list(string)))", None),
        # Polars minds the other alphabets in a class of what is no letter
        ("regexp_extract('é1a', '[^\\W\\d]')", "a"),
        ("regexp_extract('é1a', '[\\D]+')", "é"),
        # DuckDB read 1_000 in a list as 1000, and 2.7 as 3
        ("try_cast(split('1_000,2.7, 5 ,x', ',') as list(integer))", [None, None, 5, None]),
        ("cast(split('true', ',') as list(boolean))", [True]),
        ("cast(cast(split('1.5,2.5', ',') as list(number)) as list(integer))", [2, 3]),
        ("cast(cast(split('2,1.50', ',') as list(number)) as list(string))", ["2", "1.5"]),
        # DuckDB minded the times beside a null
        ("repeat(none, big)", None),
        ("date_add('month', big, cast(none as date))", None),
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
        # DuckDB added 0.0 to -0, Polars left it as it was: -0 is 0 as a text, too
        ("cast(0.0 + -1e0 * (i - 1) as string)", "0"),
        ("concat(round(-0.4e0), '')", "0"),
        ("cast(-10e0 * i as string)", "-10"),
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


DECIMALS: dict[str, Any] = {"nines": "9999999999999999999999999999999999.9999", "half": "0.5000", "none": None,
                            "cents": "-9999999999.99"}  # fmt: skip
DECIMAL_SCHEMA = {"nines": "decimal(38,4)", "half": "decimal(38,4)", "none": "decimal(38,4)", "cents": "decimal(12,2)"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Polars refused large factors before it multiplied: of null, of 0, and of products that fit
        ("nines * none", None),
        ("nines * 0", "0.0000"),
        ("nines * 1", "9999999999999999999999999999999999.9999"),
        ("(nines - nines + 499999999999999999999999999999.) * half", "249999999999999999999999999999.50000000"),
        ("half * (nines - nines + 499999999999999999999999999999.)", "249999999999999999999999999999.50000000"),
        # 9999999999.99 is 10^10 - 10^-2, its square 10^20 - 2 * 10^8 + 10^-4
        ("cents * cents", "99999999999800000000.0001"),
        ("2 * cents", "-19999999999.98"),
    ],
)
def test_a_product_of_decimals_is_exact_up_to_38_digits(text: str, expected: object) -> None:
    document = workflow(
        [inline("main", [DECIMALS], DECIMAL_SCHEMA)],
        transforms=[{"type": "map", "config": {"columns": {"found": text}, "select": ["found"]}}],
    )
    assert plain_rows(both_engines(document)) == [{"found": expected}]


@pytest.mark.parametrize("text", ["nines * 0.5", "0.5 * nines", "nines * 2", "nines * cents", "nines * nines"])
def test_a_product_of_more_than_38_digits_stops_both_engines(text: str) -> None:
    document = workflow(
        [inline("main", [DECIMALS], DECIMAL_SCHEMA)],
        transforms=[{"type": "map", "config": {"columns": {"found": text}}}],
    )
    for engine in ("polars", "duckdb"):
        with pytest.raises(wf.WorkflowError) as stopped:
            wf.compile(document, engine=engine).collect()
        assert [each.code for each in stopped.value.diagnostics] == ["IR490"]


def test_what_a_case_spreads_is_computed_over_all_rows(on_both: Any) -> None:
    # Polars took the largest of the rows for which the case holds
    columns = {"found": "case when b then cast(max(s) as integer) end", "left": "case when b then sum(n) - n end"}
    rows = [{"b": True, "s": "1", "n": 1}, {"b": False, "s": "2", "n": 5}]
    steps = [
        {"type": "window", "config": {"columns": columns}},
        {"type": "map", "config": {"select": ["found", "left"]}},
    ]
    assert on_both(steps, rows) == [{"found": 2, "left": 5}, {"found": None, "left": None}]


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


@pytest.mark.parametrize("text", ["string_agg(distinct 'a', ',')", "string_agg('a', '' order by 'b')"])
def test_a_constant_orders_nothing(on_both: Any, text: str) -> None:
    # DuckDB refused to sort by it
    found = on_both([{"type": "reduce", "config": {"aggregates": {"found": text}}}], [{"n": 1}, {"n": 2}])
    assert found == [{"found": "a" if "distinct" in text else "aa"}]


def test_distinct_values_are_ordered_by_themselves_only(errors_of: Any, on_both: Any) -> None:
    # DuckDB stopped where Polars had some order
    rows = [{"s": "a", "n": 2}, {"s": "b", "n": 1}, {"s": "a", "n": 0}]
    aggregates = {"found": "string_agg(distinct s, ',' order by n)"}
    assert [code for code, _ in errors_of([{"type": "reduce", "config": {"aggregates": aggregates}}], rows)] == [
        "IR412"
    ]
    aggregates = {"found": "string_agg(distinct s, ',' order by s desc)"}
    assert on_both([{"type": "reduce", "config": {"aggregates": aggregates}}], rows) == [{"found": "b,a"}]


@pytest.mark.parametrize("operator", ["contains", "not_contains", "starts_with", "ends_with"])
def test_a_list_is_no_text_to_look_for(errors_of: Any, operator: str) -> None:
    # Polars stopped where DuckDB looked for the list's text
    condition = {"field": "s", "operator": operator, "value": {"column": "l"}}
    found = errors_of([{"type": "filter", "config": {"conditions": [condition]}}], [{"s": "a", "l": ["a"]}])
    assert found == [("IR411", f"{operator}: the value is a column of list(string), a text is needed")]


def test_the_frame_of_a_window_takes_columns_whose_names_are_patterns(on_both: Any) -> None:
    # Polars found no such column, or took x for ^x$
    rows = [{"^x$": "a", "x": 1}, {"^x$": "a", "x": 2}, {"^x$": "b", "x": 4}]
    config = {"columns": {"sum": "sum(x)"}, "partition_by": ["^x$"], "order_by": ["x"], "frame": {"rows": [-1, 0]}}
    steps = [{"type": "window", "config": config}, {"type": "sort", "config": {"by": ["x"]}}]
    assert on_both(steps, rows) == [
        {"^x$": "a", "x": 1, "sum": 1},
        {"^x$": "a", "x": 2, "sum": 3},
        {"^x$": "b", "x": 4, "sum": 4},
    ]


def test_a_list_of_lengths_of_time_comes_back_from_both_engines() -> None:
    # DuckDB's intervals in lists stopped the run
    columns = {"waits": "list(interval '90' minute order by n)", "last": "max(n)"}
    document = workflow(
        [inline("main", [{"n": 1}, {"n": 2}])], transforms=[{"type": "reduce", "config": {"aggregates": columns}}]
    )
    wait = datetime.timedelta(minutes=90)
    assert both_engines(document).rows() == [([wait, wait], 2)]


@pytest.mark.parametrize(
    "text",
    [
        # engines wrap, or stop at another place
        "date_add('second', big, ts)",
        # Polars counted 12 months a year beyond 64 bits, and came to 2025
        "date_add('year', big, ts)",
        "date_add('quarter', small, ts)",
        "date_add('month', small, day)",
        "repeat('a', big)",
        # Polars had null for a month beyond 127
        "make_date(2026, i + 2064, 6)",
        # Polars had years to 262143, DuckDB more
        "make_date(i + 9999, 1, 1)",
        "make_date(big, 1, 1)",
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


def test_the_mean_of_exact_numbers_adds_them_exactly() -> None:
    # each engine added floats in an order of its own, so that the last digits of the mean differed
    cents = [{"d": f"{place * 37 % 1000}.{place * 7 % 100:02}", "i": place * 7919} for place in range(1, 2001)]
    aggregates = {"d": "avg(d)", "i": "avg(i)", "high": "avg(d) filter (where i > 1)"}
    document = workflow([inline("main", cents, {"d": "decimal(14,2)"})],
                        transforms=[{"type": "reduce", "config": {"aggregates": aggregates}}])  # fmt: skip
    # whole parts: 0 to 999 twice; cents: 0 to 99 twenty times; i: 7919 times the mean of 1 to 2000
    mean = (2 * 499500 + 20 * 49.5) / 2000
    assert plain_rows(both_engines(document)) == [{"d": mean, "i": 7919 * 1000.5, "high": mean}]


def test_means_of_exact_numbers_stand_beside_the_rows_of_a_window(on_both: Any) -> None:
    rows = [{"g": 1, "i": 1}, {"g": 1, "i": 2}, {"g": 2, "i": None}]
    assert on_both([{"type": "window", "config": {"partition_by": ["g"], "columns": {"m": "avg(i)"}}}], rows) == [
        {"g": 1, "i": 1, "m": 1.5}, {"g": 1, "i": 2, "m": 1.5}, {"g": 2, "i": None, "m": None}]  # fmt: skip


def test_rounded_decimals_have_room_for_one_more_digit_before_their_point() -> None:
    rounded = {
        "tenth": "round(d, 1)", "whole": "round(d)", "ten": "round(d, -1)", "hundred": "round(d, -2)", "up": "ceil(d)",
        "down": "floor(d)", "cut": "trunc(d)", "same": "round(d, 2)",
    }  # fmt: skip
    document = workflow(
        [inline("main", [{"d": "99.95"}, {"d": "-99.95"}, {"d": "0.05"}], {"d": "decimal(4,2)"})],
        transforms=[{"type": "map", "config": {"columns": rounded}}],
    )
    found = both_engines(document)
    assert [list(row.values()) for row in plain_rows(found.drop("d"))] == [
        ["100.00", "100.00", "100.00", "100.00", "100.00", "99.00", "99.00", "99.95"],
        ["-100.00", "-100.00", "-100.00", "-100.00", "-99.00", "-100.00", "-99.00", "-99.95"],
        ["0.10", "0.00", "0.00", "0.00", "1.00", "0.00", "0.00", "0.05"],
    ]
    kinds = {name: str(kind) for name, kind in wf.compile(document).schema("data").items()}
    assert kinds == dict.fromkeys(rounded, "decimal(5,2)") | dict.fromkeys(("d", "cut", "same"), "decimal(4,2)")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_decimal_without_room_for_the_rounded_value_is_an_error(engine: str) -> None:
    document = workflow(
        [inline("main", [{"d": "9" * 36 + ".95"}], {"d": "decimal(38,2)"})],
        transforms=[{"type": "map", "config": {"columns": {"d": "round(d, 1)"}}}],
    )
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.compile(document, engine=engine).collect("data")
    assert [each.code for each in stopped.value.diagnostics] == ["IR490"]


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        (-1, ["1250.00", "-1250.00", "50.00", "0.00", None]),
        (-2, ["1300.00", "-1200.00", "100.00", "0.00", None]),
        # more digits than the column has: DuckDB made 0 of null
        (-15, ["0.00", "0.00", "0.00", "0.00", None]),
    ],
)
def test_decimals_are_rounded_to_tens_and_hundreds(digits: int, expected: list[str | None]) -> None:
    amounts = ["1250.00", "-1249.99", "50.00", "4.99", None]
    document = workflow(
        [inline("main", [{"d": each} for each in amounts], {"d": "decimal(16,2)"})],
        transforms=[{"type": "map", "config": {"columns": {"d": f"round(d, {digits})"}}}],
    )
    assert [row["d"] for row in plain_rows(both_engines(document))] == expected


@pytest.mark.parametrize(
    ("label", "where", "kept"),
    [
        # DuckDB took the null of such a case for a text, and kept every row
        ("case when n > 1 then 'b' end", "label in ('b', 'c')", [2, 3]),
        ("case when n > 1 then 'b' end", "label like 'b%'", [2, 3]),
        ("if(n > 1, 'b', null)", "contains(label, 'b')", [2, 3]),
        ("case when n > 1 then coalesce('b', s) end", "label like 'b%'", [2, 3]),
        ("case when n > 1 then case when n > 2 then 'b' end else 'b' end", "label in ('b', 'c')", [1, 3]),
        ("coalesce(case when n > 2 then 'b' end, case when n > 1 then 'b' end)", "regexp_matches(label, 'b')", [2, 3]),
        ("case when n > 1 then k end", "label in ('b', 'c')", [2, 3]),
        ("case when n > 1 then 'b' else none end", "label in ('b', 'c')", [2, 3]),
        ("nullif('b', s)", "starts_with(label, 'b')", [2, 3]),
        ("nullif(s, 'b')", "starts_with(label, 'b')", [2, 3]),
        ("nullif(s, cast(n as string))", "starts_with(label, 'b')", [1, 2, 3]),
        # and stopped where no row has the text: all n are 1 to 3
        ("case when n > 5 then 'big' end", "label = 'small'", []),
        ("case when n > 5 then 'big' end", "not (label <> s)", []),
        ("case when n > 5 then 'big' end", "label like 'b%'", []),
    ],
)
def test_a_text_that_may_be_null_is_not_taken_for_one_that_never_is(
    on_both: Any, label: str, where: str, kept: list[int]
) -> None:
    rows = [{"n": 1, "s": "b"}, {"n": 2, "s": "bb"}, {"n": 3, "s": "bc"}]
    steps = [
        {"type": "map", "config": {"columns": {"k": "'b'", "none": "cast(null as string)"}}},
        {"type": "map", "config": {"columns": {"label": label}}},
        {"type": "filter", "config": {"where": where}},
    ]
    assert [row["n"] for row in on_both(steps, rows)] == kept


def test_a_constant_power_has_the_same_last_digit_on_both_engines(on_both: Any) -> None:
    # Polars multiplied by itself, which rounds after every step
    rows = [{"x": 1 + place / 7} for place in range(200)]
    found = on_both([{"type": "map", "config": {"columns": {"x": "power(x, 3)"}}}], rows)
    assert found[7]["x"] == 8.0


def test_the_values_of_an_unpivot_may_be_named_as_one_of_its_columns(on_both: Any) -> None:
    # Polars stopped where a later step left out what the columns were
    steps = [
        {"type": "unpivot", "config": {"index": ["n"], "columns": ["x", "y"], "name_to": "of", "value_to": "x"}},
        {"type": "aggregate", "config": {"group_by": ["of"], "aggregates": {"most": "max(x)"}}},
    ]
    assert on_both(steps, [{"n": 1, "x": 2, "y": 3}]) == [{"of": "x", "most": 2}, {"of": "y", "most": 3}]


def test_the_frame_of_a_single_row_is_a_frame(on_both: Any) -> None:
    # DuckDB saw the whole partition where rows have no order since there is but one
    steps = [
        {"type": "reduce", "config": {"aggregates": {"x": "sum(n)"}}},
        {"type": "window", "config": {"columns": {"next": "max(x)"}, "frame": {"rows": [1, 1]}}},
    ]
    assert on_both(steps, [{"n": 1}, {"n": 2}]) == [{"x": 3, "next": None}]


def test_keys_of_a_join_with_a_condition_may_be_named_as_patterns(on_both: Any) -> None:
    # Polars took * for all columns
    join = {"source": "other", "how": "left", "on": {"*": "n"}, "where": '"^.*$" < other.n', "columns": ["v"]}
    steps = [{"type": "join", "config": join}, {"type": "sort", "config": {"by": ["^.*$"]}}]
    rows, other = [{"*": 1, "^.*$": 0}, {"*": 2, "^.*$": 5}], [{"n": 1, "v": "a"}, {"n": 2, "v": "b"}]
    assert [row["v"] for row in on_both(steps, rows, other=other)] == ["a", None]


def test_numbers_of_rows_in_parts_whose_names_are_patterns(on_both: Any) -> None:
    rows = [{"*": "a", "x": 1}, {"*": "b", "x": 1}, {"*": "a", "x": 2}]
    config = {"columns": {"nr": "row_number()", "before": "lag(x)"}, "partition_by": ["*"], "order_by": ["x"]}
    steps = [{"type": "window", "config": config}, {"type": "sort", "config": {"by": ["*", "x"]}}]
    assert [(row["nr"], row["before"]) for row in on_both(steps, rows)] == [(1, None), (2, 1), (1, None)]


def test_nothing_correlates_with_what_does_not_vary(on_both: Any) -> None:
    # Polars gave 0: the mean of three times -0.1 is a little beside it
    rows = [{"g": "a", "x": 1.5}, {"g": "a", "x": -2.0}, {"g": "a", "x": 0.25}, {"g": "b", "x": 1.0}]
    aggregates = {"found": "corr(x, -1e-1)", "other": "corr(-0.1, x)", "itself": "round(corr(x, -x), 9)"}
    assert on_both([{"type": "aggregate", "config": {"group_by": ["g"], "aggregates": aggregates}}], rows) == [
        {"g": "a", "found": None, "other": None, "itself": -1.0},
        {"g": "b", "found": None, "other": None, "itself": None},
    ]
    config = {"columns": {"found": "corr(x, -1e-1)"}, "partition_by": ["g"]}
    steps = [{"type": "window", "config": config}, {"type": "reduce", "config": {"aggregates": {"n": "count(found)"}}}]
    assert on_both(steps, rows) == [{"n": 0}]


@pytest.mark.parametrize("text", ["s like null", "s like null escape '!'", "s ilike null", "s in (null)"])
def test_what_is_null_in_every_row_is_seen_in_every_row(on_both: Any, text: str) -> None:
    rows = [{"n": 1, "s": "a"}, {"n": 2, "s": None}]
    listed = [{"type": "reduce", "config": {"aggregates": {"all": f"list({text})"}}}]
    assert on_both(listed, rows) == [{"all": [None, None]}]
    spread = [{"type": "window", "config": {"order_by": ["n"], "columns": {"all": f"list({text})"}}}]
    assert [row["all"] for row in on_both(spread, rows)] == [[None, None], [None, None]]
    kept = [{"type": "map", "config": {"columns": {"found": text}, "select": ["n", "found"]}}]
    assert on_both(kept, rows) == [{"n": 1, "found": None}, {"n": 2, "found": None}]


def test_lists_made_of_a_null_one_are_listed_in_an_order(tmp_path: Path) -> None:
    rows = pl.DataFrame({"n": [0, 1, 2], "v": [[None, None], [6, -9, None], None]})
    rows.write_parquet(tmp_path / "rows.parquet")
    document = workflow(
        [{"type": "file", "alias": "main", "location": "rows.parquet"}],
        transforms=[
            {"type": "reduce", "config": {"aggregates": {"all": "list(try_cast(v as list(string)) order by n desc)"}}}
        ],
    )
    for engine in ("polars", "duckdb"):
        found = wf.compile(document, base=tmp_path, engine=engine).collect("data")
        assert found.rows() == [([None, ["6", "-9", None], [None, None]],)]


def test_the_first_of_lists_that_are_cast_is_a_whole_list(on_both: Any) -> None:
    # Polars gave a list of its first element
    rows = [{"n": 1, "l": ["1", "2"]}, {"n": 2, "l": ["3", "4", "5"]}, {"n": 3, "l": None}]
    columns = {
        "first": "first(cast(l as list(integer)))",
        "last": "last(cast(l as list(integer))) filter (where n < 3)",
    }
    expected = {"first": [1, 2], "last": [3, 4, 5]}
    assert on_both([{"type": "reduce", "config": {"aggregates": columns}}], rows) == [expected]
    steps = [
        {"type": "window", "config": {"columns": columns, "order_by": ["n"]}},
        {"type": "sort", "config": {"by": ["n"]}},
        {"type": "map", "config": {"select": list(columns)}},
    ]
    assert on_both(steps, rows) == [expected] * 3


def test_the_distinct_elements_of_a_list_made_of_any_column(on_both: Any) -> None:
    # DuckDB took columns x and i for the element and its place
    columns = {"words": "list_distinct(split(x, ','))", "part": "list_distinct(list_slice(split('a,a,b', ','), i))"}
    steps = [{"type": "map", "config": {"columns": columns, "select": list(columns)}}]
    assert on_both(steps, [{"x": "b,a,b", "i": 1}]) == [{"words": ["b", "a"], "part": ["a", "b"]}]


def test_a_column_that_a_union_leaves_null_is_null_in_a_case(on_both: Any) -> None:
    # DuckDB looked through the union, and kept the row whose label is null
    steps = [
        {"type": "union", "config": {"sources": ["other"]}},
        {"type": "map", "config": {"columns": {"label": "case when n > 1 then 'b' else c end"}}},
        {"type": "filter", "config": {"where": "label in ('b', 'c')"}},
        {"type": "sort", "config": {"by": ["n"]}},
    ]
    found = on_both(steps, [{"n": 1}, {"n": 2}], other=[{"n": 7, "c": "q"}])
    assert [row["n"] for row in found] == [2, 7]
