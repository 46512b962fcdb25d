"""Columns whose types stand in the file (Parquet, Arrow): to the IR's types on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.careful import absent
from connectors.files.coercion import plain_text
from connectors.files.columns import same_columns
from connectors.files.source import ReadRequest
from connectors.files.sql_calls import sql_datatype
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.records import dataclass
from transforms.dtypes import from_polars, polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeColumn:
    """A column and the type it is pinned to."""

    kind: t.DataType


def pin_native(request: ReadRequest, stored: Mapping[str, Mapping[str, pl.DataType]]) -> dict[str, NativeColumn]:
    """Every column's type: as declared where the stored values convert without loss, else as stored.

    Raises:
        ConnectorProblem: IR528 for files that differ, IR529 for a type the IR does not have or that does not convert.
    """
    names = same_columns(request, {shown: tuple(columns) for shown, columns in stored.items()})
    request.check_declared(names)
    return {name: NativeColumn(kind=_pin(request, name, stored)) for name in names}


def _pin(request: ReadRequest, name: str, stored: Mapping[str, Mapping[str, pl.DataType]]) -> t.DataType:
    pinned: t.DataType | None = request.declared.get(name)
    first = ""
    for shown, columns in stored.items():
        if name not in columns:
            continue
        kind = None if _is_too_wide(columns[name]) else from_polars(columns[name])
        if kind is None:
            raise ConnectorProblem(
                "IR529", f'{shown}: column "{name}" is {columns[name]}, which no column type holds', key=("location",),
                hint="write the file without it, or convert it where the file is made",
            )  # fmt: skip
        kind = _without_null(kind)
        if name in request.declared:
            if not _converts(kind, request.declared[name]):
                raise ConnectorProblem(
                    "IR529", f'{shown}: column "{name}" is {kind}, not {request.declared[name]}',
                    key=("config", "schema", name), hint="leave it out of the schema and cast it in a map",
                )  # fmt: skip
        elif pinned is None:
            pinned, first = kind, shown
        elif kind != pinned:
            wider = _wider(pinned, kind)
            if wider is None:
                raise ConnectorProblem(
                    "IR528", f'column "{name}" is {pinned} in {first} and {kind} in {shown}', key=("location",),
                    hint=f'declare it: schema: {{"{name}": …}}',
                )  # fmt: skip
            pinned = wider
    return pinned or t.String()


def _is_too_wide(stored: pl.DataType) -> bool:
    """Numbers of more digits than integer (64 bits) and decimal (38 digits) hold."""
    return stored in (pl.Int128(), pl.UInt128()) or (isinstance(stored, pl.Decimal) and stored.precision > 38)


def _without_null(kind: t.DataType) -> t.DataType:
    return t.String() if kind == t.Null() else kind


def _wider(left: t.DataType, right: t.DataType) -> t.DataType | None:
    return t.Number() if {left, right} == {t.Integer(), t.Number()} else None


def _converts(stored: t.DataType, declared: t.DataType) -> bool:
    if stored == declared:
        return True
    match stored, declared:
        case (t.String(), t.Json()) | (t.Integer(), t.Number() | t.Decimal()) | (t.Decimal(), t.Number()):
            return True
        case t.Decimal(_, left), t.Decimal(_, right):
            return left <= right
        case (t.Integer() | t.Boolean(), t.String()) | (t.Date(), t.Datetime(zoned=False)):
            return True
    return False


def polars_value(column: pl.Expr, stored: pl.DataType, pinned: NativeColumn) -> pl.Expr:
    """The stored column as its pinned type, NaN as null; what is too large raises."""
    target = polars_dtype(pinned.kind)
    if stored != target:
        if isinstance(stored, pl.Datetime) and stored.time_zone not in (None, "UTC"):
            column = column.dt.convert_time_zone("UTC")
        column = column.cast(target)
    return _without_nan_polars(column, target)


def careful_values(columns: Mapping[str, NativeColumn], stored: Mapping[str, pl.DataType]) -> list[pl.Expr]:
    """The value, text and misfit columns of a careful batch."""
    found: list[pl.Expr] = []
    for index, (name, column) in enumerate(columns.items()):
        if name not in stored:
            found += absent(index, column.kind)
            continue
        cell, target = exact(name), polars_dtype(column.kind)
        if may_misfit(stored[name], column.kind):
            value, text = cell.cast(target, strict=False), cell.cast(pl.String())
            misfit = cell.is_not_null() & value.is_null()
        else:
            value = polars_value(cell, stored[name], column)
            text, misfit = plain_text(value, column.kind, timezone="UTC", date_format=None), pl.lit(value=False)
        found += [value.alias(f"v{index}"), text.alias(f"t{index}"), misfit.alias(f"m{index}")]
    return found


def fallible_columns(
    columns: Mapping[str, NativeColumn], stored: Mapping[str, Mapping[str, pl.DataType]]
) -> tuple[str, ...]:
    """The columns that a stored value may not fit."""
    return tuple(
        name for name, column in columns.items()
        if any(name in each and may_misfit(each[name], column.kind) for each in stored.values())
    )  # fmt: skip


def may_misfit(stored: pl.DataType, pinned: t.DataType) -> bool:
    """Whether a stored value may be too large for its column."""
    match pinned:
        case t.Integer():
            return stored == pl.UInt64()
        case t.Decimal(precision, scale) if isinstance(stored, pl.Decimal):
            return stored.precision - stored.scale > precision - scale
        case t.Decimal():
            return stored.is_integer()
    return False


def _without_nan_polars(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Float64():
        return column.fill_nan(None)
    if isinstance(dtype, pl.List) and _has_floats(dtype):
        return column.list.eval(_without_nan_polars(pl.element(), dtype.inner))  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct) and _has_floats(dtype):
        fields = [
            _without_nan_polars(column.struct.field(each.name), each.dtype).alias(each.name)  # type: ignore[arg-type]
            for each in dtype.fields
        ]
        return pl.when(column.is_not_null()).then(pl.struct(fields))
    return column


def _has_floats(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        return _has_floats(dtype.inner)  # type: ignore[arg-type]
    if isinstance(dtype, pl.Struct):
        return any(_has_floats(each.dtype) for each in dtype.fields)  # type: ignore[arg-type]
    return dtype == pl.Float64()


def sql_value(column: exp.Expression, stored: pl.DataType, pinned: NativeColumn) -> exp.Expression:
    """The same for DuckDB."""

    from sqlglot import exp

    target = sql_datatype(pinned.kind)
    value: exp.Expression = column
    # DuckDB reads nanoseconds, unsigned and small integers as types of their own; Polars has one type of time.
    if stored != polars_dtype(pinned.kind) or isinstance(pinned.kind, t.ListOf | t.Struct | t.Time):
        value = exp.Cast(this=value, to=target)
    return _without_nan_sql(value, pinned.kind)


def _without_nan_sql(value: exp.Expression, kind: t.DataType, depth: int = 0) -> exp.Expression:
    from sqlglot import exp

    match kind:
        case t.Number():
            nan = exp.Anonymous(this="isnan", expressions=[value.copy()])
            return exp.Case(ifs=[exp.If(this=nan, true=exp.null())], default=value)
        case t.ListOf(item) if _has_floats(polars_dtype(kind)):
            each = exp.to_identifier(f"x{depth}")
            body = _without_nan_sql(exp.column(f"x{depth}"), item, depth + 1)
            return exp.Anonymous(this="list_transform", expressions=[value, exp.Lambda(this=body, expressions=[each])])
        case t.Struct(fields) if _has_floats(polars_dtype(kind)):
            packed = exp.Struct(expressions=[
                exp.PropertyEQ(
                    this=exp.Literal.string(name),
                    expression=_without_nan_sql(
                        exp.Anonymous(this="struct_extract", expressions=[value.copy(), exp.Literal.string(name)]),
                        each_kind, depth),
                )
                for name, each_kind in fields
            ])  # fmt: skip
            present = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
            return exp.Case(ifs=[exp.If(this=present, true=packed)])
    return value
