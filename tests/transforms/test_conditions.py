"""What each operator of a FilterGroup keeps, on both engines."""

from __future__ import annotations

import datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from ir import types as t
from ir.diagnostics import Diagnostic, Place, Pointer, Problems
from ir.model.filters import FilterGroup
from transforms.conditions import OPERATORS, bind_filter
from transforms.dtypes import polars_dtype
from transforms.expressions import Bound, Clock, Scope, to_polars, to_sql

CLOCK = Clock(datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC), "Europe/Berlin")
SCHEMA = t.Schema({
    "nr": t.Integer(), "amount": t.Integer(), "price": t.Decimal(10, 2), "name": t.String(), "paid": t.Boolean(),
    "day": t.Date(), "at": t.Datetime(zoned=True), "tags": t.ListOf(t.String()),
    "customer": t.Struct((("city", t.String()),)),
    "a.b": t.Integer(),
})  # fmt: skip
UTC = datetime.UTC
ROWS = pl.DataFrame({
    "nr": [1, 2, 3, 4],
    "amount": [0, 10, None, 7],
    "price": ["1.50", "0.05", None, "10.00"],
    "name": ["Anna", "", None, " 12 "],
    "paid": [True, False, None, True],
    "day": [datetime.date(2026, 1, 31), datetime.date(2026, 1, 24), None, datetime.date(2025, 1, 1)],
    "at": [datetime.datetime(2026, 1, 31, 11, tzinfo=UTC), datetime.datetime(2026, 1, 30, 12, tzinfo=UTC), None,
           datetime.datetime(2026, 1, 30, 11, 59, tzinfo=UTC)],
    "tags": [["new", "vip"], [], None, ["old", None]],
    "customer": [{"city": "Rome"}, {"city": None}, None, {"city": "Oslo"}],
    "a.b": [1, 2, 3, 4],
}).cast({name: polars_dtype(kind) for name, kind in SCHEMA.items()})  # fmt: skip


class Nowhere:
    """A document without text: no pointer has a place."""

    def origin(self, at: Pointer) -> Pointer:
        return at

    def place(self, at: Pointer, *, on_key: bool = False, within: tuple[int, int] | None = None) -> Place | None:
        return None


def bound(group: dict[str, Any]) -> tuple[Bound | None, list[Diagnostic]]:
    problems = Problems(Nowhere())
    scope = Scope(schema=SCHEMA, inputs={"least": (t.Integer(), 7)}, timezone=CLOCK.timezone)
    return bind_filter(FilterGroup.model_validate(group), scope, problems=problems, at=("filters",)), problems.found


def kept(*conditions: dict[str, Any], groups: list[dict[str, Any]] | None = None, combine: str = "AND") -> list[int]:
    """The numbers of the rows that both engines keep."""
    found, wrong = bound({"combineWith": combine, "conditions": list(conditions), "groups": groups or []})
    assert found is not None, wrong
    polars = ROWS.lazy().filter(to_polars(found, clock=CLOCK)).collect()["nr"].to_list()
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("frame", ROWS.to_arrow())
        where = to_sql(found, clock=CLOCK).sql("duckdb")
        duck = [row[0] for row in connection.execute(f"select nr from frame where {where} order by nr").fetchall()]
    assert polars == duck
    return polars


def asks(field: str, operator: str, *value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({"value": value[0]} if value else {}), **more}


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        (asks("amount", "equals", "0"), [1]),
        (asks("amount", "equals", None), [3]),
        (asks("amount", "not_equals", 0), [2, 3, 4]),
        (asks("amount", "not_equals", None), [1, 2, 4]),
        (asks("amount", "equals", "{{inputs.least}}"), [4]),
        (asks("name", "equals", "anna"), []),
        (asks("name", "equals", "anna", case_sensitive=False), [1]),
        (asks("name", "not_equals", "anna", case_sensitive=False), [2, 3, 4]),
        (asks("price", "equals", "1.5"), [1]),
        (asks("price", "greater_than", 0.05), [1, 4]),
        (asks("price", "greater_than", "0.049"), [1, 2, 4]),
        (asks("amount", "greater_than", 6.5), [2, 4]),
        (asks("amount", "less_than_or_equal", 7), [1, 4]),
        (asks("amount", "greater_than_or_equals", {"column": "a.b"}), [2, 4]),
        (asks("name", "greater_than", 5), [4]),
        (asks("paid", "equals", "TRUE"), [1, 4]),
        (asks("name", "contains", "NN"), [1]),
        (asks("name", "contains", "NN", case_sensitive=True), []),
        (asks("name", "not_contains", "nn"), [2, 3, 4]),
        (asks("tags", "contains", "vip"), [1]),
        (asks("tags", "not_contains", "vip"), [2, 3, 4]),
        (asks("name", "starts_with", "an"), []),
        (asks("name", "starts_with", "an", case_sensitive=False), [1]),
        (asks("name", "ends_with", "na"), [1]),
        (asks("name", "matches_regex", r"^\w+$"), [1]),
        (asks("amount", "in", "0, 7"), [1, 4]),
        (asks("amount", "in", [0, None]), [1, 3]),
        (asks("amount", "not_in", [0, 7]), [2, 3]),
        (asks("amount", "in", []), []),
        (asks("amount", "not_in", []), [1, 2, 3, 4]),
        (asks("name", "contains_any", "xx, NN"), [1]),
        (asks("tags", "contains_any", ["old", "new"]), [1, 4]),
        (asks("name", "is_empty"), [2, 3]),
        (asks("name", "is_not_empty"), [1, 4]),
        (asks("tags", "is_empty"), [2, 3]),
        (asks("amount", "is_empty"), [3]),
        (asks("name", "is_null"), [3]),
        (asks("name", "is_not_null"), [1, 2, 4]),
        (asks("at", "within_last_days", 1), [1, 2]),
        (asks("day", "within_last_days", 7), [1]),
        (asks("amount", "between", [7, 10]), [2, 4]),
        (asks("day", "between", ["2026-01-24", "2026-01-31"]), [1, 2]),
        (asks("day", "before", "today"), [2, 4]),
        (asks("day", "before", "today-7d"), [4]),
        (asks("day", "after", "2026-01-30T23:00:00"), [1]),
        (asks("at", "before", "now-24h"), [4]),
        (asks("at", "after", "2026-01-31"), [1]),
        (asks("customer.city", "equals", "Rome"), [1]),
        (asks("a.b", "equals", 4), [4]),
    ],
)
def test_an_operator_keeps_the_rows_it_is_true_for(condition: dict[str, Any], rows: list[int]) -> None:
    assert kept(condition) == rows


def test_conditions_and_groups_combine_together() -> None:
    paid, large = asks("paid", "equals", True), asks("amount", "greater_than", 6)
    assert kept(paid, large) == [4]
    assert kept(paid, large, combine="OR") == [1, 2, 4]
    inner = {"combineWith": "AND", "conditions": [paid, large]}
    assert kept(asks("name", "is_null"), groups=[inner], combine="OR") == [3, 4]


@pytest.mark.parametrize(
    ("condition", "code", "at", "said"),
    [
        (asks("amuont", "equals", 1), "IR401", "field", 'did you mean "amount"?'),
        (asks("customer.town", "equals", 1), "IR402", "field", "its fields are city"),
        (asks("amount", "equals", "many"), "IR405", "value", "no number"),
        (asks("day", "after", "31.01.2026"), "IR405", "value", "today-7d"),
        (asks("amount", "before", "2026-01-31"), "IR411", "field", "a date or datetime is needed"),
        (asks("name", "matches_regex", "(?<=a)b"), "IR411", "value", "RE2"),
        (asks("amount", "equals", "{{inputs.lest}}"), "IR302", "value", 'did you mean "least"?'),
        (asks("tags", "greater_than", 1), "IR411", "field", "has no order"),
        (asks("amount", "equals", {"column": "name"}), "IR411", "value", "integer and string"),
        (asks("name", "contains_any", [{"column": "name"}]), "IR411", "value", "constant texts"),
        (asks("name", "contains_any", {"column": "name"}), "IR411", "value", "operator: contains"),
    ],
)
def test_a_condition_without_meaning_is_shown_at_its_part(
    condition: dict[str, Any], code: str, at: str, said: str
) -> None:
    found, (problem,) = bound({"conditions": [condition]})
    assert found is None
    assert (problem.code, problem.pointer[:4]) == (code, ("filters", "conditions", 0, at))
    assert said in f"{problem.message} {problem.hint}"


def test_the_entry_of_a_list_that_does_not_convert_is_pointed_at() -> None:
    _, (problem,) = bound({"conditions": [asks("amount", "in", [1, "x"])]})
    assert problem.pointer == ("filters", "conditions", 0, "value", 1)


def test_every_operator_of_the_model_is_in_the_table() -> None:
    from typing import get_args

    from ir.model.filters import Operator

    assert set(get_args(Operator)) == set(OPERATORS)
    assert all(each.doc for each in OPERATORS.values())
