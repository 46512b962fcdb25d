"""What actions give, as values of the columns that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import polars as pl

from connectors.values import convert
from ir import types as t
from ir.records import dataclass
from transforms.dtypes import polars_dtype

_NAMED = 3


@dataclass(slots=True)
class Fitting:
    """Answers of a service fitted to their types; what does not fit is null, counted, and the first of it named."""

    misfits: int = 0
    _named: list[str] = field(default_factory=list)

    def fitted(self, value: Any, kind: t.DataType, shown: str) -> Any:
        """The value as one of the type. Parts of objects that the type does not have are left out."""
        match kind:
            case t.Struct(fields) if isinstance(value, Mapping):
                return {name: self.fitted(value.get(name), each, f"{shown}.{name}") for name, each in fields}
            case t.ListOf(item) if isinstance(value, list | tuple):
                return [self.fitted(each, item, f"{shown}[{index}]") for index, each in enumerate(value)]
        try:
            return convert(value, kind)
        except ValueError as problem:
            self.misfits += 1
            if len(self._named) < _NAMED:
                self._named.append(f"{shown}: {problem}")
            return None

    def series(self, name: str, values: Sequence[Any], kind: t.DataType) -> pl.Series:
        """The values as a column."""
        fitted = [self.fitted(each, kind, name) for each in values]
        return pl.Series(name, fitted, dtype=polars_dtype(kind), strict=True)

    def frame(self, rows: Sequence[Any], columns: t.Schema) -> pl.DataFrame:
        """The objects as rows."""
        taken = [each if isinstance(each, Mapping) else {} for each in rows]
        return pl.DataFrame([self.series(name, [each.get(name) for each in taken], kind)
                             for name, kind in columns.items()])  # fmt: skip

    @property
    def remarks(self) -> tuple[str, ...]:
        if not self.misfits:
            return ()
        many = "1 value of the answers does not fit its column and is" if self.misfits == 1 else (
            f"{self.misfits:,} values of the answers do not fit their columns and are")  # fmt: skip
        return (f"{many} null: {'; '.join(self._named)}",)
