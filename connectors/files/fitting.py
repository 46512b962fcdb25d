"""Formats made complete from a look at the first rows, for reports that people read."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from connectors.files.report import Part
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


def _decimals(values: pl.Series) -> int | None:
    finite = values.filter(values.is_finite()).abs()
    if finite.is_empty() or bool((finite == finite.floor()).all()):
        return None
    largest = float(str(finite.max()))
    return 2 if largest >= 1 else min(6, 2 - math.floor(math.log10(largest)))
