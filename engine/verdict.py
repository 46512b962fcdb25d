"""What the validation rules found: counted in the deliveries' own pass, judged before a file takes its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.backends import Backend, Sink
from engine.result import RuleResult
from ir.diagnostics import Diagnostic, Problems
from transforms.validation.rules import Rule
from transforms.validation.stage import ROWS, Validation

if TYPE_CHECKING:
    from engine.plan import Plan

_SHOWN_ROWS = 3


class Verdict:
    """The counts of a plan's rules. Without validation rules it has nothing to ask and nothing to say."""

    def __init__(self, plan: Plan) -> None:
        self._document = plan.compiled.document
        self._graph = plan.compiled.graph
        self._validation = plan.compiled.validation
        self._counts: dict[str, int] = {}
        self.has_stopped = False
        """Whether a rule has stopped the run."""

    @property
    def frames(self) -> list[str]:
        """The relation of one row that has the counts."""
        return [self._validation.counts.name] if self._validation else []

    def concerns(self, frame: str) -> bool:
        """Whether the rows of this relation went through the rules."""
        return self._validation is not None and self._validation.tested in self._graph.needed([frame])

    def sinks(self) -> list[tuple[str, Sink]]:
        """What to stream beside the deliveries."""
        return [(name, self._sink) for name in self.frames]

    def _sink(self, batch: pl.DataFrame) -> bool:
        self.take(batch)
        return False

    def take(self, counts: pl.DataFrame) -> None:
        """Learn the counts from the rows of `frames`."""
        if counts.height:
            self._counts = counts.row(0, named=True)

    def judge(self, backend: Backend) -> None:
        """Stop the run where more rows broke a rule than may.

        Raises:
            WorkflowError: for each such rule its name, the count, and the first rows that broke it.
        """
        validation = self._validation
        if validation is None:
            return
        if not self._counts:
            self.take(backend.collect(validation.counts.name, None))
        rows = self._counts[ROWS]
        backend.counts.setdefault(validation.tested, rows)
        problems = Problems(self._document)
        for rule in validation.rules:
            most, count = rule.most(rows), self._count(rule)
            if most is None or count <= most:
                continue
            allowed = "" if rule.action == "error" else f", more than max_failures: {rule.written.max_failures}"
            problems.error("IR440", f'{_rows(count)} broke the rule "{rule.label}"{allowed}: {rule.reason}', at=rule.at,
                           hint=_hint(rule), notes=_shown(rule, validation, backend))  # fmt: skip
        self.has_stopped = bool(problems.errors)
        problems.raise_errors()

    @property
    def quarantined(self) -> int:
        """How many rows the rules send to the dead letters."""
        rules = self._validation.rules if self._validation else ()
        return sum(self._count(rule) for rule in rules if rule.action == "quarantine")

    def _count(self, rule: Rule) -> int:
        return self._counts.get(str(rule.number)) or 0

    def warnings(self) -> list[Diagnostic]:
        """A warning for each rule with action warn that rows broke."""
        problems = Problems(self._document)
        for rule in self._validation.rules if self._validation else ():
            if rule.action == "warn" and (count := self._count(rule)):
                problems.warning("IR441", f'{_rows(count)} broke the rule "{rule.label}": {rule.reason}', at=rule.at)
        return problems.found

    @property
    def has_failed_checks(self) -> bool:
        """Whether the run is incomplete: rows broke a rule with action warn."""
        rules = self._validation.rules if self._validation else ()
        return any(rule.action == "warn" and self._count(rule) for rule in rules)

    def results(self) -> tuple[RuleResult, ...]:
        """Every rule with the number of rows that broke it."""
        return tuple(RuleResult(rule=rule.label, action=rule.action, rows=self._count(rule), asks=rule.summary)
                     for rule in (self._validation.rules if self._validation else ()))  # fmt: skip


def _hint(rule: Rule) -> str:
    other = "give the rule another action, such as skip_row" if rule.action == "error" else "allow more"
    return f"correct the rows where they come from, or {other}"


def _shown(rule: Rule, validation: Validation, backend: Backend) -> list[str]:
    """The first rows that broke the rule, a line each."""
    offending = validation.offending[rule.number]
    found = backend.collect(offending.rows.name, _SHOWN_ROWS)
    lines: list[str] = []
    for row in found.iter_rows(named=True):
        values: Mapping[str, Any] = row
        place = ""
        if offending.has_row:
            first, *others = row
            place, values = f"row {row[first]}: ", {name: row[name] for name in others}
        lines.append(place + ", ".join(f"{name} = {_value(value)}" for name, value in values.items()))
    return lines


def _value(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
