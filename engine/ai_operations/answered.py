"""Answers written down as rows: columns beside those of the row, the reason where there is none, dead letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.ai.answering import Answer
from connectors.files.coercion import plain_text
from engine.dead_letters import SCHEMA
from engine.messages.json_rows import json_lines
from ir.records import dataclass
from ir.redaction import redact
from transforms.dtypes import polars_dtype
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from engine.ai_operations.effect import AiEffect
    from engine.ai_operations.questions import Asked
    from engine.effects.effect import Doing

_NAMED = 3
_LONGEST = 500
_RULE = "answer"


@dataclass(slots=True, kw_only=True)
class AnswerWriter:
    """Writes the rows that an operation gives, and counts what became of them."""

    effect: AiEffect
    doing: Doing
    counts: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    _reasons: list[str] = field(default_factory=list)

    def take(self, asked: Asked, answers: Sequence[Answer | None]) -> None:
        """Take the answers about some rows; None of a row that nothing was asked about."""
        failed = [each is not None and each.problem is not None for each in answers]
        for place, each in enumerate(answers):
            self._count(each, asked.first + place)
        if any(failed):
            self._reject(asked, answers, failed)
        rows = asked.rows.with_columns(self._columns(answers)).select(exact(name) for name in self.effect.schema)
        if self.effect.when_failed == "skip" and any(failed):
            rows = rows.filter(~pl.Series(failed, dtype=pl.Boolean))
        self.doing.result.add(rows)

    def take_one(self, values: Sequence[dict[str, Any]]) -> None:
        """Take the rows that the answer about all rows is."""
        columns = [pl.Series(name, [each.get(name) for each in values], dtype=polars_dtype(kind), strict=True)
                   for name, kind in self.effect.schema.items()]  # fmt: skip
        self.doing.result.add(pl.DataFrame(columns))

    def count(self, answer: Answer | None) -> None:
        """Count the answer about all rows."""
        self._count(answer, 0)

    @property
    def remarks(self) -> tuple[str, ...]:
        """That rows have no answer, with the first reasons."""
        failed, total = self.counts["failed"], self.counts["failed"] + self.counts["answered"]
        if not failed:
            return ()
        what = {"skip": "are left out", "default": "have the default value"}.get(self.effect.when_failed, "have none")
        more = f"; and {failed - len(self._reasons):,} more" if failed > len(self._reasons) else ""
        return (f"{failed:,} of {total:,} rows got no answer and {what}: {'; '.join(self._reasons)}{more}",)

    def _count(self, answer: Answer | None, place: int) -> None:
        if answer is None:
            self.counts["empty"] += 1
        elif answer.problem is not None:
            self.counts["failed"] += 1
            if len(self._reasons) < _NAMED:
                self._reasons.append(f"row {place + 1}: {reason_of(answer)}")
        else:
            self.counts["answered"] += 1
            self.counts["remembered"] += answer.is_remembered
            self.counts["local"] += answer.provider == "local"

    def _columns(self, answers: Sequence[Answer | None]) -> list[pl.Series]:
        effect = self.effect
        values = [self._value(each) for each in answers]
        names = effect.columns
        if names:
            made = [self._series(name, [None if each is None else each[name] for each in values]) for name in names]
        else:
            made = [self._series(effect.answer, values)]
        if effect.error_column is not None:
            made.append(self._series(effect.error_column, [reason_of(each) for each in answers]))
        return made

    def _value(self, answer: Answer | None) -> Any:
        if answer is None:
            return None
        if answer.problem is not None:
            return self.effect.default if self.effect.when_failed == "default" else None
        return answer.value

    def _series(self, name: str, values: Sequence[Any]) -> pl.Series:
        return pl.Series(name, values, dtype=polars_dtype(self.effect.schema[name]), strict=True)

    def _reject(self, asked: Asked, answers: Sequence[Answer | None], failed: Sequence[bool]) -> None:
        """Keep the rows that got no answer."""
        effect = self.effect
        rows = asked.rows.filter(pl.Series(failed, dtype=pl.Boolean))
        numbers = [asked.first + place + 1 for place, each in enumerate(failed) if each]
        reasons = [reason_of(each) for each, is_failed in zip(answers, failed, strict=True) if is_failed]
        letters = pl.DataFrame({
            "row": numbers, "reason": [redact(each or "") for each in reasons],
            "original": json_lines(rows, effect.rows.schema),
        }).with_columns(
            pl.lit(effect.source).alias("source"), pl.lit(effect.id).alias("step"), pl.lit(_RULE).alias("rule"),
            *(pl.lit(None, dtype=pl.String).alias(each) for each in ("file", "column", "text")),
        )  # fmt: skip
        self.doing.letters.add(letters.select(SCHEMA.keys()).cast(dict(SCHEMA)))  # type: ignore[arg-type]
        self.letters += rows.height
        if self.doing.rejected is not None:
            assert effect.rejected is not None
            self.doing.rejected.add(rows.select(
                *(plain_text(exact(name), kind, timezone="UTC", date_format=None).alias(name)
                  for name, kind in effect.rows.schema.items()),
                pl.Series("_reason", reasons, dtype=pl.String), pl.lit(_RULE).alias("_rule"),
                pl.lit(effect.source).alias("_source"), pl.Series("_row", numbers, dtype=pl.Int64),
            ).select(exact(name) for name in effect.rejected))  # fmt: skip


def reason_of(answer: Answer | None) -> str | None:
    """Why there is no answer, in one line; None where there is one."""
    if answer is None or answer.problem is None:
        return None
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in answer.problem.message)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
