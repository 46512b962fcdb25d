"""Random expressions over random frames give the same values and types on Polars and on DuckDB."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from ir import types as t
from ir.expressions import parse_expression
from transforms.dtypes import polars_dtype
from transforms.expressions import Clock, ExpressionProblems, Scope, SortKey, Window, bind, to_polars, to_sql

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "200"))
ZONE = "Europe/Berlin"
CLOCK = Clock(datetime.datetime(2026, 3, 29, 0, 30, tzinfo=datetime.UTC), ZONE)
SCHEMA = t.Schema(
    {
        "nr": t.Integer(),
        "i": t.Integer(),
        "j": t.Integer(),
        "x": t.Number(),
        "y": t.Number(),
        "d": t.Decimal(12, 2),
        "e": t.Decimal(9, 4),
        "s": t.String(),
        'odd "name': t.String(),
        "b": t.Boolean(),
        "c": t.Boolean(),
        "day": t.Date(),
        "ts": t.Datetime(),
        "tz": t.Datetime(zoned=True),
        "g": t.String(),
    }
)

integers = st.one_of(st.integers(-5, 5), st.sampled_from([0, 2**63 - 1, -(2**63), 10**10, 2**31, -(2**53) - 1]))
numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 0.1, 1e10, 1e-7, 123456.789, math.inf, -math.inf, 1e300]),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: value + 0.0),
)
texts = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "a",
            "A",
            "ab",
            "abc",
            "é",
            "e\u0301",
            "😀",
            "Z",
            "a%b",
            "a_b",
            "12",
            "-7 ",
            "x\ny",
            "1.5",
            "'",
            "\\",
            "2024-02-29",
            "1.255",
            "1e-5",
            "2024-02-29T12:30",
            "2024-3-1",
        ]
    ),
    st.text(alphabet="abAB12 ,é😀-", max_size=6),
)
days = st.one_of(
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)),
    st.sampled_from([datetime.date(2024, 2, 29), datetime.date(2024, 12, 30), datetime.date(1970, 1, 1)]),
)
moments = st.one_of(
    st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 12, 31)),
    st.sampled_from(
        [
            datetime.datetime(2024, 3, 31, 2, 30),
            datetime.datetime(2024, 10, 27, 2, 30),
            datetime.datetime(2024, 10, 27, 0, 30),
            datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        ]
    ),
)
VALUES: dict[type[t.DataType], st.SearchStrategy[object]] = {
    t.Integer: integers,
    t.Number: numbers,
    t.String: texts,
    t.Boolean: st.booleans(),
    t.Date: days,
}


def column(kind: t.DataType) -> st.SearchStrategy[object]:
    if isinstance(kind, t.Decimal):
        found = st.decimals(-9999, 9999, places=kind.scale)
    elif isinstance(kind, t.Datetime):
        found = moments.map(lambda at: at.replace(tzinfo=datetime.UTC)) if kind.zoned else moments
    else:
        found = VALUES[type(kind)]
    return st.one_of(st.none(), found)


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 6))
    made = {}
    for name, kind in SCHEMA.items():
        if name == "nr":
            values = list(range(rows))
        elif name == "g":
            values = draw(st.lists(st.sampled_from(["p", "q", None]), min_size=rows, max_size=rows))
        else:
            values = draw(st.lists(column(kind), min_size=rows, max_size=rows))
        made[name] = pl.Series(name, values, dtype=polars_dtype(kind))
    return pl.DataFrame(made)


def any_of(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(*parts)


def form(text: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The text with each {} filled from a strategy."""
    return st.tuples(*parts).map(lambda found: text.format(*found))


_int_leaf = any_of(st.sampled_from(["i", "j"]), st.integers(-3, 12).map(str))
_number_leaf = any_of(st.sampled_from(["x", "y"]), st.sampled_from(["0e0", "2.5e0", "-1e-1", "1e3"]))
_decimal_leaf = any_of(st.sampled_from(["d", "e"]), st.sampled_from(["0.05", "1.5", "-2.25", "100.00"]))
_text_leaf = any_of(st.sampled_from(["s", '"odd ""name"']), st.sampled_from(["''", "'a'", "'é😀'", "'B '"]))
_bool_leaf = any_of(st.sampled_from(["b", "c"]), st.sampled_from(["true", "false", "null"]))
_day_leaf = any_of(st.just("day"), st.just("date '2024-01-31'"), st.just("today()"))
_stamp_leaf = any_of(st.just("ts"), st.just("timestamp '2024-01-31 13:05:06.5'"))
_zoned_leaf = any_of(st.just("tz"), st.just("now()"))
small = st.integers(-4, 5).map(str)
width = st.integers(0, 8).map(str)
unit = st.sampled_from(["year", "quarter", "month", "week", "day", "hour", "minute", "second"])
day_unit = st.sampled_from(["year", "quarter", "month", "week", "day"])
part = st.sampled_from(
    ["year", "quarter", "month", "week", "day", "dayofweek", "dayofyear", "isoyear", "hour", "minute", "second"]
)
interval = st.sampled_from(
    ["interval '1' day", "interval '-3' month", "interval '2 years'", "interval '1 month 2 days'", "interval 2 week"]
)
time_interval = any_of(interval, st.sampled_from(["interval '90' minute", "interval '1 day 3 hours'"]))
pattern = st.sampled_from(["'a'", "'[a-b]+'", r"'\d+'", r"'(\w)(.)?'", "'^$'", "'.'", r"'\s'", "'b|é'"])
like = st.sampled_from(["'a%'", "'%b'", "'%a%'", "'_b%'", "'a'", "''", "'%'", "'%é_'", "'a\\%b'"])


def expressions(depth: int) -> dict[str, st.SearchStrategy[str]]:
    """Strategies of expression texts by type, nested `depth` deep."""
    if depth == 0:
        return {
            "int": _int_leaf,
            "num": _number_leaf,
            "dec": _decimal_leaf,
            "text": _text_leaf,
            "bool": _bool_leaf,
            "day": _day_leaf,
            "stamp": _stamp_leaf,
            "zoned": _zoned_leaf,
        }
    below = expressions(depth - 1)
    i, n, d, s, b = below["int"], below["num"], below["dec"], below["text"], below["bool"]
    day, stamp, zoned = below["day"], below["stamp"], below["zoned"]
    moment = any_of(day, stamp, zoned)

    def choices(kind: str) -> list[st.SearchStrategy[str]]:
        same = below[kind]
        return [
            same,
            form("case when {} then {} else {} end", b, same, same),
            form("case when {} then {} when {} then {} end", b, same, b, same),
            form("coalesce({}, {})", same, same),
            form("nullif({}, {})", same, same),
            form("greatest({}, {})", same, same),
            form("least({}, {}, {})", same, same, same),
        ]

    operator = st.sampled_from(["+", "-", "*"])
    comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "is distinct from"])
    numeric = any_of(i, n, d)
    # rounding keeps the type: 0.05 as decimal(2,2) has no room for the 1 above it
    wide = st.sampled_from(["d", "e", "(d + e)", "(d * 2)"])
    return {
        "int": any_of(
            *choices("int"),
            form("({} {} {})", i, operator, i),
            form("({} // {})", i, i),
            form("({} % {})", i, i),
            form("-({})", i),
            form("abs({})", i),
            form("length({})", s),
            form("position({} in {})", s, s),
            form("extract({} from {})", part, any_of(day, stamp, zoned)),
            form("({} - {})", day, day),
            form("date_diff('{}', {}, {})", unit, stamp, stamp),
            form("date_diff('{}', {}, {})", unit, day, stamp),
            form("date_diff('{}', {}, {})", unit, zoned, zoned),
            form("sign({})", numeric),
            form("round({}, {})", i, small),
            form("try_cast({} as integer)", s),
            form("list_length(split({}, ','))", s),
        ),
        "num": any_of(
            *choices("num"),
            form("({} {} {})", n, operator, any_of(n, i, d)),
            form("({} / {})", numeric, numeric),
            form("({} // {})", n, n),
            form("({} % {})", n, n),
            form("-({})", n),
            form("abs({})", n),
            form("round({}, {})", n, st.integers(-2, 4).map(str)),
            form("floor({})", n),
            form("ceil({})", n),
            form("trunc({})", n),
            form("try_cast({} as number)", s),
            form("cast({} as number)", any_of(i, d)),
            form("epoch({})", moment),
        ),
        "dec": any_of(
            *choices("dec"),
            form("({} {} {})", d, operator, d),
            form("({} {} {})", d, operator, i),
            form("({} % {})", d, d),
            form("round({}, {})", wide, st.integers(0, 3).map(str)),
            form("abs({})", d),
            form("floor({})", wide),
            form("ceil({})", wide),
            form("-({})", d),
            form("try_cast({} as decimal(12,2))", any_of(s, n)),
        ),
        "text": any_of(
            *choices("text"),
            form("upper({})", s),
            form("lower({})", s),
            form("trim({})", s),
            form("ltrim({}, 'a ')", s),
            form("({} || {})", s, any_of(s, i, b, d, day)),
            form("concat({}, {})", s, any_of(s, i)),
            form("substring({}, {})", s, small),
            form("substring({}, {}, {})", s, small, small),
            form("substring({}, {}, {})", s, i, i),
            form("left({}, {})", s, small),
            form("right({}, {})", s, small),
            form("replace({}, {}, {})", s, s, s),
            form("split_part({}, ',', {})", s, small),
            form("split_part({}, {}, {})", s, st.sampled_from(["'a'", "' '"]), small),
            form("lpad({}, {}, 'xy')", s, width),
            form("rpad({}, {})", s, width),
            form("reverse({})", s),
            form("repeat({}, {})", s, small),
            form("regexp_extract({}, {})", s, pattern),
            form("regexp_replace({}, {}, '<\\0>', 'g')", s, pattern),
            form("regexp_replace({}, {}, '$1')", s, pattern),
            form("cast({} as string)", any_of(i, n, d, b, day, stamp, zoned)),
            form("initcap({})", s),
            form("strftime({}, '%Y-%m-%d %H:%M:%S %f %j %a %B %V')", any_of(day, stamp, zoned)),
            form("list_get(split({}, ','), {})", s, small),
            form("list_join(list_sort(split({}, '')), '-')", s),
            form("list_join(list_distinct(split({}, '')), '-')", s),
            form("list_join(list_slice(split({}, ''), {}, {}), '-')", s, small, small),
        ),
        "bool": any_of(
            *choices("bool"),
            form("({} and {})", b, b),
            form("({} or {})", b, b),
            form("(not {})", b),
            form("({} {} {})", i, comparison, any_of(i, n, d)),
            form("({} {} {})", n, comparison, n),
            form("({} {} {})", d, comparison, any_of(d, n)),
            form("({} {} {})", s, comparison, s),
            form("({} {} {})", day, comparison, any_of(day, stamp)),
            form("({} {} {})", zoned, comparison, any_of(zoned, day)),
            form("({} in ({}, {}, null))", i, i, i),
            form("({} not in (1, 2, 3))", i),
            form("({} in ('a', 'ab', {}))", s, s),
            form("({} between {} and {})", numeric, i, n),
            form("({} like {})", s, like),
            form("({} ilike {})", s, like),
            form("({} is null)", any_of(i, s, n)),
            form("({} is not true)", b),
            form("contains({}, {})", s, s),
            form("starts_with({}, {})", s, s),
            form("ends_with({}, {})", s, s),
            form("regexp_matches({}, {})", s, pattern),
            form("list_contains(split({}, ','), {})", s, s),
            form("try_cast({} as boolean)", s),
            form("({} {} {})", b, comparison, b),
        ),
        "day": any_of(
            *choices("day"),
            form("date_trunc('{}', {})", unit, day),
            form("({} + {})", day, interval),
            form("({} - {})", day, interval),
            form("date_add('{}', {}, {})", day_unit, small, day),
            form("last_day({})", moment),
            form("cast({} as date)", any_of(stamp, zoned)),
            form("try_cast({} as date)", s),
        ),
        "stamp": any_of(
            *choices("stamp"),
            form("date_trunc('{}', {})", unit, stamp),
            form("({} + {})", stamp, time_interval),
            form("cast({} as datetime)", any_of(day, zoned)),
            form("try_cast({} as datetime)", s),
            form("date_add('{}', {}, {})", unit, small, stamp),
        ),
        "zoned": any_of(
            *choices("zoned"),
            form("date_trunc('{}', {})", unit, zoned),
            form("({} - {})", zoned, time_interval),
            form("cast({} as timestamptz)", any_of(day, stamp)),
            form("try_cast({} as timestamptz)", s),
            form("date_add('{}', {}, {})", unit, small, zoned),
        ),
    }


EXPRESSIONS = st.one_of(*expressions(2).values())
_args = expressions(1)
_value = st.one_of(*_args.values())
_filter = any_of(st.just(""), form(" filter (where {})", _args["bool"]))
AGGREGATES = any_of(
    form("sum({}){}", any_of(_args["int"], _args["dec"], _args["bool"]), _filter),
    form("count({}{}){}", st.sampled_from(["", "distinct "]), _value, _filter),
    form("count(*){}", _filter),
    form("min({}){}", _value, _filter),
    form("max({}){}", _value, _filter),
    form("first({} order by nr desc){}", _value, _filter),
    form("last({} order by nr){}", _value, _filter),
    form("bool_and({}){}", _args["bool"], _filter),
    form("bool_or({}){}", _args["bool"], _filter),
    form("string_agg({}, '; ' order by nr){}", _args["text"], _filter),
    form("list({} order by nr){}", _args["int"], _filter),
    form("sum(distinct {}){}", _args["int"], _filter),
)
INEXACT = any_of(
    form("sum({}){}", _number_leaf, _filter),
    form("avg({}){}", any_of(_int_leaf, _number_leaf, _decimal_leaf), _filter),
    form(
        "{}({}){}", st.sampled_from(["median", "stddev", "stddev_pop", "variance", "var_pop"]), _decimal_leaf, _filter
    ),
    form("quantile({}, 0.3){}", _decimal_leaf, _filter),
    form("corr({}, {}){}", _decimal_leaf, _decimal_leaf, _filter),
)
WINDOWS = any_of(
    st.sampled_from(["row_number()", "rank()", "dense_rank()", "ntile(3)", "count(*)"]),
    form("lag({})", _value),
    form("lead({}, 2)", _value),
    form("first({})", _value),
    form("last({})", _value),
    form("sum({})", any_of(_int_leaf, _decimal_leaf)),
    form("max({})", _value),
    form("count({})", _value),
    form("list({})", _args["int"]),
    form("string_agg({}, ',')", _args["text"]),
    form("x / sum({})", _number_leaf),
    form("x / sum({})", _int_leaf),
)
_key = st.builds(SortKey, st.sampled_from(["i", "x", "s", "day", "b", "d"]), st.booleans(), st.booleans())
_keys = st.lists(_key, max_size=2, unique_by=lambda key: key.column)
WINDOW_OF = st.builds(
    lambda by, keys: Window(by, (*keys, SortKey("nr"))), st.sampled_from([(), ("g",), ("g", "b")]), _keys
)
RANKED_OF = st.builds(
    lambda by, key, more: Window(by, (key, *more)),
    st.sampled_from([(), ("g",)]),
    _key,
    st.lists(st.just(SortKey("c")), max_size=1),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'UTC'")
        yield opened


MISTAKES = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, pl.exceptions.SchemaError,
    pl.exceptions.ColumnNotFoundError, pl.exceptions.ShapeError,
)  # fmt: skip
"""What an engine says to a wrong form, not to a value that does not fit."""


def outcome(run: object) -> pl.DataFrame | None:
    """The frame, or None when the engine refused a value."""
    try:
        return run()  # type: ignore[operator,no-any-return]
    except (pl.exceptions.PolarsError, duckdb.Error) as error:
        note(f"{type(error).__name__}: {str(error)[:300]}")
        if isinstance(error, MISTAKES):
            raise
        return None


def check(
    connection: duckdb.DuckDBPyConnection,
    rows: pl.DataFrame,
    text: str,
    *,
    window: Window | None = None,
    kind: str = "scalar",
    group: bool = False,
    close: bool = False,
) -> None:
    scope = Scope(schema=SCHEMA, kind=kind, ordered=True, timezone=ZONE)  # type: ignore[arg-type]
    try:
        bound = bind(parse_expression(text), scope, text=text)
    except ExpressionProblems:
        assume(False)
    assume(not isinstance(bound.type, t.Null))
    expression = to_polars(bound, clock=CLOCK, window=window).alias("result")
    sql = to_sql(bound, clock=CLOCK, window=window).sql("duckdb")
    note(f"{text}\n{sql}")
    lazy = rows.lazy()
    connection.register("rows", rows.to_arrow())
    if group:
        left = outcome(lambda: lazy.group_by("g").agg(expression).sort("g", nulls_last=True).select("result").collect())
        right = outcome(connection.sql(f"select {sql} as result from rows group by g order by g nulls last").pl)
    elif kind == "aggregate":
        left = outcome(lambda: lazy.select(expression).collect())
        right = outcome(connection.sql(f"select {sql} as result from rows").pl)
    else:
        left = outcome(lambda: lazy.with_columns(expression).sort("nr").select("result").collect())
        right = outcome(connection.sql(f"select {sql} as result, nr from rows order by nr").pl)
    if rows.is_empty() and (left is None or right is None):
        # a constant that cannot be is refused when somebody computes it: Polars does so also for no rows
        return
    if kind != "scalar" and (left is None) != (right is None):
        # a step of integer arithmetic below an aggregate may pass the 64 bits on an engine that sums in 128
        assume(False)
    assert (left is None) == (right is None), "one engine refuses what the other takes"
    if left is None or right is None:
        return
    assert left.schema["result"] == polars_dtype(bound.type), "Polars gives another type than the binding says"
    assert right.schema["result"] == left.schema["result"], "DuckDB gives another type"
    found, expected = left["result"].to_list(), right["result"].to_list()
    if close:
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    else:
        assert found == expected
    assert not any(isinstance(each, float) and math.isnan(each) for each in found)


CHECKED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="WEIRFLOW_EXAMPLES" not in os.environ,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@CHECKED
@given(rows=frames(), text=EXPRESSIONS)
def test_both_engines_give_each_row_the_same_value(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, text: str
) -> None:
    check(connection, rows, text)


@CHECKED
@given(rows=frames(), text=AGGREGATES, group=st.booleans())
def test_both_engines_aggregate_to_the_same_values(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, text: str, group: bool
) -> None:
    check(connection, rows, text, kind="aggregate", group=group)


@CHECKED
@given(rows=frames(), text=INEXACT, group=st.booleans())
def test_both_engines_agree_on_statistics_to_nine_digits(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, text: str, group: bool
) -> None:
    check(
        connection, rows.with_columns(pl.col("x", "y").clip(-1e6, 1e6)), text, kind="aggregate", group=group, close=True
    )


@CHECKED
@given(rows=frames(), text=WINDOWS, window=WINDOW_OF)
def test_both_engines_spread_windows_alike(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, text: str, window: Window
) -> None:
    check(connection, rows, text, kind="window", window=window)


@CHECKED
@given(rows=frames(), text=st.sampled_from(["rank()", "dense_rank()"]), window=RANKED_OF)
def test_both_engines_rank_peers_alike(
    connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, text: str, window: Window
) -> None:
    check(connection, rows, text, kind="window", window=window)
