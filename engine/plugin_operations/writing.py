"""The rows that an operation gives: those it took with a result each, or those that its results are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.files.coercion import plain_text
from engine.messages.json_rows import json_lines
from engine.plugin_operations.bearing import rule_of
from engine.plugin_operations.fitting import Fitting
from engine.plugin_operations.results import RESULT
from engine.plugin_operations.tally import Called, letters_of
from engine.plugin_operations.units import Unit
from ir.records import dataclass
from ir.types import Schema
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from engine.effects.effect import Doing
    from engine.plugin_operations.effect import PluginEffect


@dataclass(slots=True, kw_only=True)
class ResultWriter:
    """Writes what the calls gave, unit by unit. Rows whose calls failed become dead letters."""

    effect: PluginEffect
    doing: Doing
    fitting: Fitting = field(default_factory=Fitting)
    letters: int = 0

    def take(self, unit: Unit, called: Sequence[Called]) -> None:
        """Take what became of every call of the unit, in their order."""
        found = list(_apart(unit, called))
        failed = [next((each for each in calls if each.problem is not None), None) for calls in found]
        for each in failed:
            if each is not None:
                self._reject(each)
        match self.effect.scope:
            case "per_item" | "batch":
                self._rows(unit, found, failed)
            case "per_group":
                self._groups(unit, found)
            case "once" | "rows":
                for calls in found:
                    self._results(calls)

    def _rows(self, unit: Unit, found: Sequence[Sequence[Called]], failed: Sequence[Called | None]) -> None:
        effect, rows = self.effect, unit.rows
        if effect.output is not None:
            kind = effect.schema[effect.output]
            values = [_result(each, is_list=effect.elements is not None) for each in found]
            rows = rows.with_columns(self.fitting.series(effect.output, values, kind))
        if effect.error_column is not None:
            reasons = [None if each is None else each.reason for each in failed]
            rows = rows.with_columns(pl.Series(effect.error_column, reasons, dtype=pl.String))
        if effect.leaves_out:
            rows = rows.filter(pl.Series([each is None for each in failed], dtype=pl.Boolean))
        self.doing.result.add(rows)

    def _groups(self, unit: Unit, found: Sequence[Sequence[Called]]) -> None:
        effect = self.effect
        name = effect.output or RESULT
        columns = [
            pl.Series(each, [key[each] for key in unit.keys], dtype=polars_dtype(effect.schema[each]), strict=True)
            for each in effect.groups
        ]
        values = [each[0].output for each in found]
        rows = pl.DataFrame([*columns, self.fitting.series(name, values, effect.schema[name])])
        if effect.leaves_out:
            rows = rows.filter(pl.Series([each[0].problem is None for each in found], dtype=pl.Boolean))
        self.doing.result.add(rows)

    def _results(self, calls: Sequence[Called]) -> None:
        effect, results = self.effect, self.effect.results
        for each in calls:
            output = each.output
            if effect.scope == "once" and results.is_rows:
                rows = list(output or ())
                if results.columns is None:
                    [name] = effect.schema.names
                    rows = [{name: row} for row in rows]
            elif results.columns is not None and not results.is_rows:
                rows = [output if isinstance(output, dict) else {}]
            else:
                rows = [{effect.schema.names[0]: output}]
            if each.problem is None or effect.scope == "once":
                self.doing.result.add(self.fitting.frame(rows, effect.schema))

    def _reject(self, called: Called) -> None:
        """Keep the rows that a call was about, which failed."""
        effect, spool, call = self.effect, self.doing.rows, called.call
        if spool is None or effect.rows is None or not call.count:
            if self.doing.rejected is not None:
                self.doing.rejected.add(self._rejected(pl.DataFrame({"_": [None]}), called))
            return
        for piece in spool.pieces(call.first, call.count):
            lines = json_lines(piece, effect.rows.schema)
            self.doing.letters.add(letters_of(lines, called, step=effect.id, source=effect.source))
            self.letters += piece.height
            if self.doing.rejected is not None:
                self.doing.rejected.add(self._rejected(piece, called))

    def _rejected(self, rows: pl.DataFrame, called: Called) -> pl.DataFrame:
        """The rows as texts, with why they are rejected."""
        effect, call = self.effect, called.call
        assert effect.rejected is not None
        rule = rule_of(called.problem, is_uncertain=called.is_uncertain)
        columns = effect.rows.schema if effect.rows is not None else Schema()
        return rows.select(
            *(plain_text(exact(name), kind, timezone="UTC", date_format=None).alias(name)
              for name, kind in columns.items()),
            pl.lit(called.reason).alias("_reason"), pl.lit(rule).alias("_rule"), pl.lit(effect.source).alias("_source"),
            (pl.lit(call.first + 1) + pl.int_range(pl.len())).cast(pl.Int64).alias("_row"),
        ).select(exact(name) for name in effect.rejected)  # fmt: skip


def _apart(unit: Unit, called: Sequence[Called]) -> Iterator[list[Called]]:
    """What became of the calls of each row, each group or each stretch."""
    at = 0
    for calls in unit.calls:
        yield list(called[at : at + len(calls)])
        at += len(calls)


def _result(calls: Sequence[Called], *, is_list: bool) -> Any:
    if is_list:
        return [each.output for each in calls]
    return calls[0].output if calls else None
