"""What becomes of the rows of a source that are bad, and what a run keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.types import Integer, Schema, String

REJECT_COLUMNS = Schema({"_reason": String(), "_rule": String(), "_source": String(), "_row": Integer()})
"""What a frame of rejected rows has behind the columns of the rows themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRowRule:
    """`on_bad_row` and `max_bad` of a source; `most` is a count, or a share where it `is_share`."""

    action: Literal["quarantine", "null", "error"] = "quarantine"
    most: float = 1.0
    is_share: bool = True
    written: bool = False
    """Whether the source says one of them."""

    @classmethod
    def of(cls, on_bad_row: str | None, max_bad: int | str | None) -> BadRowRule:
        """The rule that a source's config says; by default bad rows are quarantined, up to 1%."""
        text = "1%" if max_bad is None else str(max_bad).strip()
        return cls(action=on_bad_row or "quarantine", most=float(text.removesuffix("%")),  # type: ignore[arg-type]
                   is_share=text.endswith("%"), written=on_bad_row is not None or max_bad is not None)  # fmt: skip

    def allows(self, bad: int, rows: int) -> bool:
        return bad <= (self.most * rows / 100 if self.is_share else self.most)

    def exceeded(self, bad: int, rows: int) -> str:
        """That more rows are bad than may be."""
        most = f"{self.most:g}%" if self.is_share else f"{self.most:g}"
        return f"{bad:,} of {rows:,} rows {'is' if bad == 1 else 'are'} bad, more than max_bad allows ({most})"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRows:
    """The bad rows of a source: as dead letters (LETTER_COLUMNS), and as they were read (see `rejects_schema`)."""

    count: int
    letters: pl.LazyFrame
    rows: pl.LazyFrame


def became_null(values: int, source: str) -> ConnectorProblem:
    """A warning that values of a source are null because they did not fit."""
    what = "1 value does" if values == 1 else f"{values:,} values do"
    return ConnectorProblem(
        "IR538", f'{what} not fit the declared types of "{source}" and became null', key=("config", "on_bad_row"),
        hint="on_bad_row: quarantine keeps such rows as dead letters",
    )  # fmt: skip


def rejects_schema(source: Schema) -> Schema:
    """The columns of a source's rejects: its own as text, and why they are there."""
    return Schema({name: String() for name in source} | dict(REJECT_COLUMNS.items()))


def letters(misfits: Sequence[tuple[str, pl.Expr, pl.Expr, str]], texts: Sequence[pl.Expr], *, source: str,
            file: str | None) -> list[pl.Expr]:  # fmt: skip
    """The dead letters of rows with the columns `row`, `rule`, `reason` and `original`, null where there is none.

    `misfits` are (column, whether it does not fit, its text, its type), `texts` the row's columns as they were read.
    """
    reasons = [
        pl.when(misfit).then(
            pl.concat_str(pl.lit(f'{name}: "'), text.str.slice(0, 80), pl.lit(f'" does not fit {kind}'))
        )
        for name, misfit, text, kind in misfits
    ]  # fmt: skip
    is_whole = pl.col("rule").is_not_null()
    columns = [pl.when(misfit).then(pl.lit(name)) for name, misfit, _, _ in misfits]
    values = [pl.when(misfit).then(text) for _, misfit, text, _ in misfits]
    nothing = pl.lit(None, dtype=pl.String())
    return [
        pl.lit(source).alias("source"),
        nothing.alias("step"),
        pl.lit(file, dtype=pl.String()).alias("file"),
        pl.col("row"),
        pl.when(~is_whole).then(pl.coalesce(*columns, nothing)).alias("column"),
        pl.when(~is_whole).then(pl.coalesce(*values, nothing)).alias("text"),
        pl.coalesce("rule", pl.lit("type")).alias("rule"),
        pl.coalesce(pl.col("reason"), pl.concat_str([*reasons, nothing], separator="; ", ignore_nulls=True))
        .alias("reason"),
        pl.coalesce(pl.col("original"), pl.struct(*texts).struct.json_encode()).alias("original"),
    ]  # fmt: skip
