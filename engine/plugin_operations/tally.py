"""What became of the calls of an operation: how many were made, and which failed and why."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import field
from typing import Any

import polars as pl

from connectors.problem import ConnectorProblem
from engine.dead_letters import SCHEMA
from engine.plugin_operations.arguments import json_value
from engine.plugin_operations.units import Call
from ir.records import dataclass
from ir.redaction import redact

_NAMED = 3
_LONGEST = 500
_WRITER = json.JSONEncoder(ensure_ascii=False, default=str)
COUNTED = ("defaults", "failed", "uncertain", "stood", "split")
"""What is counted beside the calls that were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What one call gave, or why it gave nothing."""

    call: Call
    output: Any = None
    problem: ConnectorProblem | None = None
    is_uncertain: bool = False
    is_borne: bool = False
    """Whether the run goes on without it, as an edge case says."""
    is_default: bool = False
    """Whether the output is what an edge case puts in place of an answer."""

    is_open: bool = False
    """Whether it was refused, and its rows are still to be called about in parts."""
    parts: tuple[Called, ...] = ()
    """What became of its rows, where they were called about in parts after it was refused."""

    @property
    def reason(self) -> str | None:
        """Why it failed, in one line; None where it did not."""
        return None if self.problem is None else _one_line(self.problem.message)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of an operation's calls, and the first reasons of those that failed."""

    counts: Counter[str] = field(default_factory=Counter)
    attempts: int = 1
    _reasons: list[str] = field(default_factory=list)

    def take(self, called: Called) -> None:
        for each in called.parts:
            self.take(each)
        if called.parts:
            self.counts["split"] += called.is_open
            return
        if called.call.is_empty:
            return
        if called.problem is None:
            self.counts["defaults" if called.is_default else "calls"] += 1
            return
        self.counts["uncertain" if called.is_uncertain else "failed"] += 1
        if len(self._reasons) < _NAMED:
            self._reasons.append(f"{called.call.shown}: {called.reason}")

    @property
    def bad(self) -> int:
        return self.counts["failed"] + self.counts["uncertain"]

    @property
    def outcome(self) -> dict[str, int]:
        return {"calls": self.counts["calls"], **{name: self.counts[name] for name in ("requests", *COUNTED)
                                                  if self.counts[name]}}  # fmt: skip

    @property
    def remarks(self) -> tuple[str, ...]:
        """That calls failed, with the first reasons."""
        if not self.bad:
            return ()
        total = self.counts["calls"] + self.bad
        more = f"; and {self.bad - len(self._reasons):,} more" if self.bad > len(self._reasons) else ""
        verb = "may or may not have taken effect" if not self.counts["failed"] else "failed"
        return (f"{self.bad:,} of {total:,} calls {verb}: {'; '.join(self._reasons)}{more}",)


def letters_of(lines: list[str], called: Called, *, step: str, source: str) -> pl.DataFrame:
    """The dead letters of the rows that a call was about, which are these JSON texts."""
    found = pl.DataFrame({"original": lines}, schema={"original": pl.String})
    key = called.problem.key if called.problem is not None else ()
    return found.select(
        pl.lit(source).alias("source"), pl.lit(step).alias("step"), pl.lit(None).alias("file"),
        (pl.lit(called.call.first + 1) + pl.int_range(pl.len())).alias("row"),
        pl.lit(None if len(key) < 2 else str(key[1])).alias("column"), pl.lit(None).alias("text"),
        pl.lit("uncertain" if called.is_uncertain else "call").alias("rule"),
        pl.lit(redact(called.reason or "")).alias("reason"), "original",
    ).cast(dict(SCHEMA))  # type: ignore[arg-type] # fmt: skip


def stored(output: Any) -> str:
    """What a call gave, for the journal."""
    return redact(_WRITER.encode(json_value(output)))


def _one_line(text: str) -> str:
    line = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[: _LONGEST + 1])
    return line if len(text) <= _LONGEST else line[: _LONGEST - 1] + "…"
