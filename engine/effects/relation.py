"""The rows that an effect has made, for the engines: there once the effect was carried out in a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.bad_rows import BadRows
from connectors.problem import ConnectorProblem
from engine.run_folder import EFFECTS
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype

if TYPE_CHECKING:
    from sqlglot import exp

DONE = "done.json"
"""Stands beside the rows of an effect once they are all there."""
REJECTED = "rejected"
"""The part of a result with the rows that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRelation:
    """The result of an effect as a source of the steps after it. `reads` are the relations that it takes."""

    effect: str
    schema: Schema
    description: str
    reads: tuple[str, ...] = ()
    rows_of: str | None = None
    """The relation whose rows these are, each with more to it; None where they are rows of their own."""
    part: str = ""
    """Which of its results: the rows that it gives, or `rejected`."""
    single: bool = False
    ordered: bool = True
    bytes: int = 0
    fallible: tuple[str, ...] = ()
    may_fail: bool = False
    bad: BadRows | None = None

    def folder(self, scratch: Path) -> Path:
        """Where its rows lie in a run's folder."""
        return scratch / EFFECTS / self.effect / self.part

    def is_there(self, scratch: Path) -> bool:
        """Whether the effect was carried out in the run that has this folder."""
        return (scratch / EFFECTS / self.effect / DONE).exists()

    def to_polars(self, scratch: Path) -> pl.LazyFrame:
        """Its rows.

        Raises:
            ConnectorProblem: IR326 where the effect was not carried out.
        """
        if not self.is_there(scratch):
            raise ConnectorProblem("IR326", f'the rows of "{self.effect}" are made in a run, and there was none',
                                   hint="run the workflow first: what it gives is result[…]")  # fmt: skip
        files = sorted(self.folder(scratch).glob("*.arrow"))
        if not files:
            return pl.LazyFrame(schema={name: polars_dtype(kind) for name, kind in self.schema.items()})
        return pl.scan_ipc(files)

    def to_sql(self, scratch: Path) -> exp.Query | None:
        return None

    def to_sql_shown(self) -> exp.Query | None:
        return None

    def stored_rows(self, scratch: Path) -> int | None:
        """How many there are; None before the effect was carried out."""
        return int(self.to_polars(scratch).select(pl.len()).collect().item()) if self.is_there(scratch) else None
