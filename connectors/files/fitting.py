"""Formats made complete from a look at the first rows, for reports that people read."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from connectors.files.report import PLAIN, Part
from ir import types as t
from ir.column_format import ColumnFormat


def fitted_formats(part: Part, sample: pl.DataFrame, *, date_format: str | None = None) -> Mapping[str, ColumnFormat]:
    """The part's formats, where number columns without any get as many decimals as the sample's values need.

    Numbers from 1 up two, smaller ones three significant digits, never more than six. Where the sample is whole
    the column stays open, so that a fraction further down is still shown. Integers stay ungrouped: nobody told
    whether they count something or name a year. Dates without a pattern take `date_format`.
    """
    fitted = {name: part.format_of(name) for name in part.columns}
    for name, kind in part.columns.items():
        if isinstance(kind, t.Number) and fitted[name].style is None and fitted[name].decimals is None:
            fitted[name] = fitted[name].model_copy(update={"decimals": _decimals(sample[name])})
        if isinstance(kind, t.Date) and fitted[name].pattern is None:
            fitted[name] = fitted[name].model_copy(update={"pattern": date_format})
    return fitted


def total_formats(part: Part, formats: Mapping[str, ColumnFormat]) -> dict[str, ColumnFormat]:
    """Totals are shown as their columns are, but a count as what it is.

    The mean of numbers without a format has two decimals, or as many as they have.
    """
    found = {}
    for name, kind in part.total_types.items():
        how, of = formats[name], part.columns[name]
        if part.totals.get(name) == "count":
            how = PLAIN
        elif isinstance(kind, t.Number) and not isinstance(of, t.Number):
            how = with_fraction(how, of)
        found[name] = how
    return found


def with_fraction(how: ColumnFormat, kind: t.DataType) -> ColumnFormat:
    """The format of a number that is made of numbers of the type, and may have a longer fraction."""
    if how.decimals is not None or how.style is not None or how.currency is not None:
        return how
    return how.model_copy(update={"decimals": max(2, kind.scale) if isinstance(kind, t.Decimal) else 2})


def _decimals(values: pl.Series) -> int | None:
    finite = values.filter(values.is_finite()).abs()
    if finite.is_empty() or bool((finite == finite.floor()).all()):
        return None
    largest = float(str(finite.max()))
    return 2 if largest >= 1 else min(6, 2 - math.floor(math.log10(largest)))
