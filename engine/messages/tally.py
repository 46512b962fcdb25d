"""What became of the messages of a delivery: how many were sent, and which were not and why."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

import polars as pl

from connectors.problem import ConnectorProblem
from engine.dead_letters import SCHEMA
from engine.messages.item import Item
from engine.messages.json_rows import json_lines
from engine.messages.output import MessageOutput
from ir.records import dataclass
from ir.redaction import redact

Outcome = Literal["sent", "skipped", "failed", "uncertain", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("sent", "skipped", "failed", "uncertain", "refused")
_NAMED = 3
_AT_ONCE = 1_000
_LONGEST = 500


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of outcomes, the first reasons of each, and the rows of messages that did not go out. Threads may share
    it."""

    output: MessageOutput
    counts: Counter[Outcome] = field(default_factory=Counter)
    stopped: str | None = None
    """Why the rest was not begun."""
    _reasons: dict[Outcome, list[str]] = field(default_factory=dict)
    _letters: list[pl.DataFrame] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, outcome: Outcome) -> None:
        with self._lock:
            self.counts[outcome] += 1

    def name(self, outcome: Outcome, item: Item, reason: str, *, problem: ConnectorProblem | None = None) -> None:
        """Count the item and say why.

        The rows of one that failed become dead letters, unless all rows are in the one message. Those of one that may
        have gone out do not: who replays them would send it twice.
        """
        reason = _one_line(reason)
        letters = self._rows_of(item, reason, problem) if outcome == "failed" else None
        with self._lock:
            self.counts[outcome] += 1
            named = self._reasons.setdefault(outcome, [])
            if len(named) < _NAMED:
                named.append(f"{_one_line(item.shown)}: {reason}")
            if letters is not None:
                self._letters.append(letters)
                if len(self._letters) > _AT_ONCE:
                    self._letters = [pl.concat(self._letters)]

    @property
    def outcome(self) -> Mapping[str, int]:
        return {each: self.counts[each] for each in OUTCOMES if self.counts[each] or each == "sent"}

    @property
    def letters(self) -> pl.DataFrame | None:
        """The rows of the messages that were not sent, as dead letters."""
        return pl.concat(self._letters) if self._letters else None

    def said(self, outcome: Outcome) -> str:
        """The first reasons, and how many more there are."""
        named = self._reasons.get(outcome, [])
        more = self.counts[outcome] - len(named)
        return "; ".join([*named, *([f"and {more:,} more"] if more > 0 else [])])

    def _rows_of(self, item: Item, reason: str, problem: ConnectorProblem | None) -> pl.DataFrame | None:
        output = self.output
        if output.scope == "summary" or output.texts is None:
            return None
        lines = [line for batch in item.rows.batches() for line in json_lines(batch, output.texts.columns)]
        about_recipient = problem is not None and problem.key[:1] == ("recipient_source",)
        column = output.recipients.column if about_recipient else None
        value = item.row.get(column) if column is not None else None
        first = item.ordinal + 1 if output.scope == "per_item" else None
        found = pl.DataFrame({"original": lines}, schema={"original": pl.String})
        return found.select(
            pl.lit(output.source).alias("source"), pl.lit(output.id).alias("step"), pl.lit(None).alias("file"),
            pl.lit(first).alias("row"), pl.lit(column).alias("column"),
            pl.lit(None if value is None else str(value)).alias("text"), pl.lit("message").alias("rule"),
            pl.lit(redact(reason)).alias("reason"), "original",
        ).cast(dict(SCHEMA))  # type: ignore[arg-type] # fmt: skip


def _one_line(text: str) -> str:
    """What a row or a server says, as it may stand in a log: no line break, and no more than _LONGEST characters."""
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[: _LONGEST + 1])
    return line if len(text) <= _LONGEST else line[: _LONGEST - 1] + "…"
