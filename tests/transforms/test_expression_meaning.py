"""What each function and operator gives, worked out by hand, on both engines."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal as D
from typing import Any

import duckdb
import polars as pl
import pytest

from ir import types as t
from ir.expressions import parse_expression
from transforms.dtypes import from_polars, polars_dtype
from transforms.expressions import FUNCTIONS, Clock, Scope, SortKey, Window, bind, to_polars, to_sql

CLOCK = Clock(datetime.datetime(2026, 1, 31, 23, 30, tzinfo=datetime.UTC), "Europe/Berlin")
INF = math.inf


def computed(text: str, rows: pl.DataFrame, kind: str = "scalar", window: Window | None = None) -> list[Any]:
    """The values of the expression, equal on both engines; `nr` orders the rows of DuckDB's answer."""
    rows = rows.with_row_index("nr").with_columns(pl.col("nr").cast(pl.Int64))
    types = {name: from_polars(dtype) for name, dtype in rows.schema.items()}
    schema = t.Schema({name: found for name, found in types.items() if found is not None})
    scope = Scope(schema=schema, kind=kind, ordered=True, timezone=CLOCK.timezone)  # type: ignore[arg-type]
    bound = bind(parse_expression(text), scope)
    expression = to_polars(bound, clock=CLOCK, window=window).alias("result")
    sql = to_sql(bound, clock=CLOCK, window=window).sql("duckdb")
    one_row = kind == "aggregate"
    polars = (rows.lazy().select(expression) if one_row else rows.lazy().with_columns(expression)).collect()["result"]
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("frame", rows.to_arrow())
        query = (
            f"select {sql} as result from frame" if one_row else f"select {sql} as result, nr from frame order by nr"
        )
        duck = connection.sql(query).pl()["result"]
    assert polars.dtype == duck.dtype == polars_dtype(bound.type)
    assert polars.to_list() == duck.to_list()
    return polars.to_list()


def utc(*parts: int) -> datetime.datetime:
    return datetime.datetime(*parts, tzinfo=datetime.UTC)  # type: ignore[arg-type,misc]


def of_pairs(text: str, x: list[Any], y: list[Any], dtype: Any = pl.Int64) -> list[Any]:
    return computed(text, pl.DataFrame({"x": pl.Series(x, dtype=dtype), "y": pl.Series(y, dtype=dtype)}))


def of_texts(text: str, *values: str | None) -> list[Any]:
    return computed(text, pl.DataFrame({"x": pl.Series(values, dtype=pl.String)}))


def value(text: str) -> Any:
    return computed(text, pl.DataFrame({"x": [1]}))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7 // 2", 3), ("-7 // 2", -3), ("7 // -2", -3), ("7 // 0", None), ("-7 % 3", -1), ("7 % -3", 1),
        ("7 % 0", None),
        ("-9223372036854775808 % -1", 0), ("7 / 2", 3.5), ("7 / 0", None), ("1e0 / 0e0", None), ("7.5 // 2", 3.0),
        ("1.50 * 1.65", D("2.4750")), ("1.5 + 1.25", D("2.75")), ("2 * 0.5", D("1.0")), ("1.5 + 1e0", 2.5),
        ("-5.50 % 2.00", D("-1.50")), ("5.50 % 0.00", None), ("mod(-7, 3)", -1), ("1 - null", None),
        ("round(2.5e0)", 3.0), ("round(-2.5e0)", -3.0), ("round(2.345, 2)", D("2.350")), ("round(15, -1)", 20),
        ("round(-15, -1)", -20), ("round(1250e0, -2)", 1300.0), ("floor(-1.5e0)", -2.0), ("ceil(1.20)", D("2.00")),
        ("trunc(-1.7e0)", -1.0), ("abs(-3)", 3), ("sign(-2.5)", -1), ("power(2, 10)", 1024.0), ("sqrt(-1)", None),
        ("sqrt(9)", 3.0), ("ln(0)", -INF), ("ln(-1)", None), ("log10(100)", 2.0), ("log10(1000)", 3.0), ("exp(0)", 1.0),
        ("greatest(1, null, 3)", 3), ("least(null, 2.5, 1)", D("1.0")), ("greatest('a', 'B')", "a"),
        ("coalesce(null, 2, 3)", 2), ("nullif(2, 2)", None), ("nullif(2, 3)", 2), ("if(null, 1, 2)", 2),
        ("case when false then 1 end", None), ("case 2 when 1 then 'a' when 2 then 'b' end", "b"),
    ],
)  # fmt: skip
def test_arithmetic_and_choices(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null and false", False), ("null and true", None), ("null or true", True), ("not null", None),
        ("null = null", None),
        ("null is distinct from null", False), ("1 in (2, null)", None), ("1 in (1, null)", True),
        ("1 not in (2, 3)", True),
        ("2 between 1 and 2", True), ("1 = 1.0", True), ("'a' < 'B'", False), ("'Z' < 'é'", True),
        ("'abc' like 'a%'", True), ("'ABC' like 'a%'", False), ("'ABC' ilike 'a_c'", True), ("'a.c' like 'a.c'", True),
        ("'abc' like 'a.c'", False), ("null is not true", True),
        ("date '2026-01-31' = timestamp '2026-01-31 00:00:00'", True),
        ("date '2026-01-31' < '2026-02-01'", True),
    ],
)  # fmt: skip
def test_comparison_by_the_rules_for_null(text: str, expected: bool | None) -> None:
    assert value(text) is expected


def test_like_crosses_line_breaks_and_the_dot_of_a_regex_does_not() -> None:
    assert of_texts("x like 'a%b'", "a\nb") == [True]
    assert of_texts("regexp_matches(x, 'a.b')", "a\nb") == [False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("length('e\u0301😀')", 3), ("upper('aé')", "AÉ"), ("initcap('hello wORLD 3d')", "Hello World 3d"),
        ("substring('hello', 2, 3)", "ell"), ("substring('hello', -3)", "llo"), ("substring('hello', 0, 3)", "he"),
        ("substring('hello', 2, -1)", ""), ("left('hello', -2)", "hel"), ("right('hello', 2)", "lo"),
        ("trim('  a b ')", "a b"), ("trim('xxaxx', 'x')", "a"), ("ltrim('xa', 'x')", "a"), ("rtrim('ax', 'x')", "a"),
        ("replace('aaa', 'a', 'b')", "bbb"), ("replace('aaa', '', 'b')", "aaa"), ("'a' || null", None),
        ("concat('a', null, 1)", "a1"), ("'Q' || 3", "Q3"), ("split_part('a,b,c', ',', 2)", "b"),
        ("split_part('a,b,c', ',', -1)", "c"), ("split_part('a,b,c', ',', 9)", ""), ("lpad('7', 3, '0')", "007"),
        ("lpad('abcd', 2, 'x')", "ab"), ("rpad('é', 3)", "é  "), ("position('b' in 'éb')", 2),
        ("position('z' in 'ab')", 0),
        ("reverse('abc')", "cba"), ("repeat('ab', 2)", "abab"), ("repeat('ab', -1)", ""),
        ("starts_with('abc', 'ab')", True),
        ("ends_with('abc', 'BC')", False), ("contains('abc', '')", True), ("regexp_extract('a12b', '\\d+')", "12"),
        ("regexp_extract('ab', '\\d')", None), ("regexp_extract('a1', '(\\w)(\\d)', 2)", "1"),
        ("regexp_extract('b', 'b(x)?', 1)", ""), ("regexp_replace('aXbX', 'X', '-')", "a-bX"),
        ("regexp_replace('aXbX', '(X)', '[\\1]', 'g')", "a[X]b[X]"), ("regexp_matches('é', '^\\w$')", False),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("split('a,,b', ',')", ["a", "", "b"]), ("list_get(split('a,b', ','), 0)", "a"),
        ("list_get(split('a,b', ','), -1)", "b"), ("list_get(split('a,b', ','), 2)", None),
        ("list_slice(split('a,b,c', ','), 1, 2)", ["b", "c"]), ("list_length(split('a,b', ','))", 2),
        ("list_contains(split('a,b', ','), 'b')", True), ("list_join(split('a,b', ','), '-')", "a-b"),
        ("list_distinct(split('b,a,b', ','))", ["b", "a"]), ("list_sort(split('b,a', ','))", ["a", "b"]),
        ("json_get('{\"a\": {\"b\": [1, \"x\"]}}', 'a.b[1]')", "x"), ("json_get('{\"a\": 1}', 'z')", None),
    ],
)  # fmt: skip
def test_text_and_lists(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date '2024-01-31' + interval '1' month", datetime.date(2024, 2, 29)),
        ("date '2024-03-31' - interval '1 month 3 days'", datetime.date(2024, 2, 26)),
        ("date '2026-03-01' - date '2026-02-01'", 28),
        ("date_trunc('quarter', date '2026-05-17')", datetime.date(2026, 4, 1)),
        ("date_trunc('week', date '2026-02-01')", datetime.date(2026, 1, 26)),
        ("date_trunc('hour', timestamp '2026-01-31 13:59:00')", datetime.datetime(2026, 1, 31, 13)),
        ("date_diff('month', date '2026-01-31', date '2026-02-01')", 1),
        ("date_diff('week', date '2026-01-31', date '2026-02-02')", 1),
        ("date_diff('hour', timestamp '1969-12-31 23:59:00', timestamp '1970-01-01 00:00:00')", 1),
        ("date_add('month', -1, date '2026-03-31')", datetime.date(2026, 2, 28)),
        ("week(date '2024-12-30')", 1), ("dayofweek(date '2026-02-01')", 7),
        ("extract(doy from date '2026-02-01')", 32),
        ("quarter(date '2026-05-17')", 2), ("second(timestamp '2026-01-31 00:00:07.9')", 7),
        ("hour(date '2026-01-31')", 0),
        ("make_date(2024, 2, 29)", datetime.date(2024, 2, 29)),
        ("last_day(date '2024-02-03')", datetime.date(2024, 2, 29)),
        ("strftime(timestamp '2026-01-05 03:04:05.5', '%d.%m.%y %H:%M:%S.%f %a')", "05.01.26 03:04:05.500000 Mon"),
        ("strptime('31.01.2026', '%d.%m.%Y')", datetime.datetime(2026, 1, 31)),
        ("epoch(timestamp '1970-01-01 00:00:01.5')", 1.5), ("today()", datetime.date(2026, 2, 1)),
        ("now()", datetime.datetime(2026, 1, 31, 23, 30, tzinfo=datetime.UTC)),
        ("cast(now() as datetime)", datetime.datetime(2026, 2, 1, 0, 30)),
        ("hour(now())", 0), ("date_trunc('day', now())", datetime.datetime(2026, 1, 31, 23, tzinfo=datetime.UTC)),
    ],
)  # fmt: skip
def test_dates(text: str, expected: object) -> None:
    assert value(text) == expected


def test_a_day_more_is_the_same_time_on_the_clock_across_a_change_of_clocks() -> None:
    noon = datetime.datetime(2026, 3, 28, 11, tzinfo=datetime.UTC)
    rows = pl.DataFrame({"x": [noon]}, schema={"x": pl.Datetime("us", "UTC")})
    assert computed("x + interval '1' day", rows) == [datetime.datetime(2026, 3, 29, 10, tzinfo=datetime.UTC)]
    assert computed("x + interval '24' hour", rows) == [datetime.datetime(2026, 3, 29, 11, tzinfo=datetime.UTC)]


def test_a_local_time_that_the_clocks_skip_or_repeat_has_one_instant() -> None:
    rows = pl.DataFrame({"x": [datetime.datetime(2026, 3, 29, 2, 30), datetime.datetime(2026, 10, 25, 2, 30)]})
    expected = [datetime.datetime(2026, 3, 29, 1, 30), datetime.datetime(2026, 10, 25, 1, 30)]
    found = computed("cast(x as timestamptz)", rows)
    assert found == [each.replace(tzinfo=datetime.UTC) for each in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cast(' 12 ' as integer)", 12), ("try_cast('1.5' as integer)", None), ("try_cast('1_000' as integer)", None),
        ("try_cast('0x1F' as integer)", None), ("cast('1e3' as number)", 1000.0), ("try_cast('nan' as number)", None),
        ("cast('2.675' as decimal(5,2))", D("2.68")), ("cast(2.5 as integer)", 3), ("cast(-2.5e0 as integer)", -3),
        ("cast(true as integer)", 1), ("try_cast('yes' as boolean)", None), ("cast(' TRUE ' as boolean)", True),
        ("cast('2026-01-31' as date)", datetime.date(2026, 1, 31)), ("try_cast('31.01.2026' as date)", None),
        ("cast('2026-01-31T14:30' as datetime)", datetime.datetime(2026, 1, 31, 14, 30)),
        ("cast(true as string)", "true"), ("cast(1.50 as string)", "1.50"), ("cast(1e0 as string)", "1"),
        
        ("cast(1e-7 as string)", "1e-07"), ("cast(1.25e-5 as string)", "1.25e-05"), ("cast(-1e-5 as string)", "-1e-05"),
        ("cast(0.00012e0 as string)", "0.00012"), ("cast('1.25' as decimal(10,1))", D("1.3")),
        ("cast('-1.25' as decimal(10,1))", D("-1.3")), ("try_cast('1e5' as decimal(10,1))", None),
        ("try_cast('123456' as decimal(5,2))", None), ("try_cast('2026-1-31' as date)", None),
        ("try_cast('2026-02-30' as date)", None), ("cast('2026-01-31' as datetime)", datetime.datetime(2026, 1, 31)),
        ("try_cast('2026-01-31 14:30:00Z' as datetime)", None), ("cast('14:30' as time)", datetime.time(14, 30)),
        ("cast('2026-01-31 14:30:00.25+02:00' as timestamptz)", utc(2026, 1, 31, 12, 30, 0, 250000)),
        ("cast('2026-01-31T14:30Z' as timestamptz)", utc(2026, 1, 31, 14, 30)),
        ("cast('2026-01-31 14:30:00-0330' as timestamptz)", utc(2026, 1, 31, 18, 0)),
        ("cast('2026-01-31 14:30' as timestamptz)", utc(2026, 1, 31, 13, 30)),
        ("cast('2026-01-31' as timestamptz)", utc(2026, 1, 30, 23)), ("cast(1e21 as string)", "1e+21"),
        ("cast(0.5e0 as string)", "0.5"),
        ("cast(timestamp '2026-01-31 14:30:00.500' as string)", "2026-01-31 14:30:00.5"),
        ("cast(timestamp '2026-01-31 14:30:00' as string)", "2026-01-31 14:30:00"),
        ("cast(date '2026-01-31' as string)", "2026-01-31"), ("cast(null as integer)", None),
    ],
)  # fmt: skip
def test_casts(text: str, expected: object) -> None:
    column = text.replace("cast('", "cast(x || '")
    rows = pl.DataFrame({"x": [""]})
    assert computed(text, rows) == [expected]
    assert computed(column, rows) == [expected]


@pytest.mark.parametrize(
    ("text", "x", "y"),
    [("x + y", 2**63 - 1, 1), ("x - y", -(2**63), 1), ("x * y", 2**62, 2), ("-y", 0, -(2**63)), ("abs(y)", 0, -(2**63)),
     ("x // y", -(2**63), -1)],
)  # fmt: skip
def test_integers_that_do_not_fit_are_refused_by_both_engines(text: str, x: int, y: int) -> None:
    schema = t.Schema({"x": t.Integer(), "y": t.Integer()})
    rows = pl.DataFrame({"x": [x], "y": [y]})
    bound = bind(parse_expression(text), Scope(schema=schema))
    with pytest.raises(pl.exceptions.PolarsError):
        rows.lazy().select(to_polars(bound, clock=CLOCK)).collect()
    with duckdb.connect() as connection:
        connection.register("frame", rows.to_arrow())
        query = f"select {to_sql(bound, clock=CLOCK).sql('duckdb')} from frame"
        with pytest.raises(duckdb.Error):
            connection.execute(query)


def test_a_sum_of_integers_that_does_not_fit_is_refused() -> None:
    bound = bind(parse_expression("sum(x)"), Scope(schema=t.Schema({"x": t.Integer()}), kind="aggregate"))
    with pytest.raises(pl.exceptions.PolarsError):
        pl.LazyFrame({"x": [2**63 - 1, 1]}).select(to_polars(bound, clock=CLOCK)).collect()


def test_a_case_computes_a_cast_only_for_the_rows_of_its_branch() -> None:
    assert of_texts("case when x = 'none' then 0 else cast(x as integer) end", "none", "7", None) == [0, 7, None]


def test_nan_from_infinities_is_null() -> None:
    assert of_pairs("x - y", [INF, 1.0], [INF, INF], pl.Float64) == [None, -INF]
    assert of_pairs("x * y", [0.0], [INF], pl.Float64) == [None]
    assert of_pairs("x / y", [INF], [INF], pl.Float64) == [None]


def test_division_by_a_constant_is_rounded_as_division_not_as_multiplication_by_the_reciprocal() -> None:
    numbers = [float(each) for each in range(1, 200)]
    assert of_pairs("x / 49", numbers, numbers, pl.Float64) == [each / 49 for each in numbers]


def test_a_share_of_a_total_is_rounded_as_division() -> None:
    numbers = [float(each) for each in range(1, 50)]
    found = computed("x / sum(x)", pl.DataFrame({"x": numbers}), "window", Window())
    assert found == [each / 1225 for each in numbers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(x)", 6), ("sum(x) filter (where x > 1)", 5), ("sum(x) filter (where x > 9)", None), ("count(*)", 4),
        ("count(x)", 3), ("count(distinct g)", 2), ("count(*) filter (where g = 'a')", 2), ("sum(1)", 4),
        ("avg(x)", 2.0),
        ("avg(x = 2)", 1 / 3), ("sum(x = 2)", 1), ("min(x)", 1), ("max(g)", "b"), ("median(x)", 2.0),
        ("quantile(x, 0.25)", 1.5),
        ("stddev(x)", 1.0), ("stddev_pop(x)", math.sqrt(2 / 3)), ("variance(x)", 1.0), ("var_pop(x)", 2 / 3),
        ("stddev(x) filter (where x = 1)", None), ("corr(x, x)", 1.0), ("corr(x, 1)", None), ("first(x)", 3),
        ("last(x)", 1),
        ("first(g order by x)", "b"), ("any_value(x)", 3), ("bool_and(x > 1)", False), ("bool_or(x > 2)", True),
        ("string_agg(g, '+' order by x desc)", "a+a+b"), ("list(x order by x)", [1, 2, 3, None]),
        ("sum(x) / count(*)", 1.5), ("sum(d)", D("1.50")), ("sum(x) filter (where false)", None),
    ],
)  # fmt: skip
def test_aggregates(text: str, expected: object) -> None:
    rows = pl.DataFrame({"x": [3, None, 2, 1], "g": ["a", None, "a", "b"], "d": [D("1.25"), None, D("0.25"), None]})
    rows = rows.with_columns(pl.col("d").cast(pl.Decimal(5, 2)))
    assert computed(text, rows, "aggregate") == [pytest.approx(expected) if isinstance(expected, float) else expected]


@pytest.mark.parametrize(
    "text", ["sum(x)", "avg(x)", "min(x)", "max(x)", "median(x)", "stddev(x)", "any_value(x)", "list(x)"]
)
def test_aggregates_of_no_rows_are_null(text: str) -> None:
    assert computed(text, pl.DataFrame({"x": pl.Series([], dtype=pl.Int64)}), "aggregate") == [None]


def test_a_constant_is_aggregated_once_for_each_row_of_a_group() -> None:
    # sorted by nr, Polars 2.1 read beyond the repeated constant
    bound = bind(
        parse_expression("first(week(date '2026-03-29') order by nr desc)"),
        Scope(schema=t.Schema({"nr": t.Integer()}), kind="aggregate", ordered=True),
    )
    rows = pl.LazyFrame({"g": ["p", "p", "q", None], "nr": [0, 1, 2, 3]})
    found = rows.group_by("g").agg(to_polars(bound, clock=CLOCK).alias("week")).collect()
    assert found["week"].to_list() == [13, 13, 13]


def test_counts_of_no_rows_are_0() -> None:
    rows = pl.DataFrame({"x": pl.Series([], dtype=pl.Int64)})
    assert computed("count(*)", rows, "aggregate") == [0]
    assert computed("count(distinct x)", rows, "aggregate") == [0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("row_number()", [1, 3, 2, 1, 2]), ("rank()", [1, 3, 1, 1, 2]), ("dense_rank()", [1, 2, 1, 1, 2]),
        ("ntile(2)", [1, 2, 1, 1, 2]), ("lag(x)", [None, 5, 5, None, 7]), ("lead(x, 1)", [5, None, 6, None, None]),
        ("sum(x)", [16, 16, 16, 7, 7]), ("first(x)", [5, 5, 5, 7, 7]), ("last(x)", [6, 6, 6, None, None]),
        ("x * 100 // sum(x)", [31, 37, 31, 100, None]), ("count(*)", [3, 3, 3, 2, 2]),
    ],
)  # fmt: skip
def test_windows(text: str, expected: list[object]) -> None:
    rows = pl.DataFrame({"g": ["a", "a", "a", "b", "b"], "x": [5, 6, 5, 7, None], "k": [1, 2, 3, 4, 5]})
    keys = (SortKey("x"),) if "rank" in text else (SortKey("x"), SortKey("k"))
    assert computed(text, rows, "window", Window(("g",), keys)) == expected


def test_a_window_sorts_each_key_its_own_way() -> None:
    rows = pl.DataFrame({"x": [1, 1, None, 2], "k": [1, 2, 3, 4]})
    window = Window((), (SortKey("x", descending=True, nulls_first=True), SortKey("k")))
    assert computed("row_number()", rows, "window", window) == [3, 4, 1, 2]


def test_names_with_quotes_points_and_keywords_are_only_names() -> None:
    name = 'a"b.c; drop 😀 select' + "n" * 300
    rows = pl.DataFrame({name: [1]})
    quoted = '"' + name.replace('"', '""') + '"'
    assert computed(f"{quoted} + 1", rows) == [2]


def test_a_text_stays_a_text_whatever_it_says() -> None:
    for hostile in ("'; drop table x; --", "\\", "a\nb", "$now", "{{x}}", "%", "\0"):
        escaped = hostile.replace("'", "''")
        assert of_texts(f"x = '{escaped}'", hostile, "x") == [True, False]


def test_every_function_has_a_sentence_and_its_aliases_are_found() -> None:
    for name, function in FUNCTIONS.items():
        assert name == function.name or name in function.aliases
        assert function.doc
        assert "->" in function.signature


@pytest.mark.parametrize(
    ("text", "rounded"),
    [("round(0.95, 1)", "1.00"), ("round(-0.5)", "-1.0"), ("ceil(0.2)", "1.0"), ("floor(-0.2)", "-1.0"),
     ("trunc(-0.9)", "0.0")],
)  # fmt: skip
def test_a_decimal_below_one_is_rounded_to_one(text: str, rounded: str) -> None:
    assert value(text) == D(rounded)
