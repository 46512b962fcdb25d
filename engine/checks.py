"""The questions a run asks of its rows: before the deliveries those that stop it, after them those that count."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

import polars as pl

from engine.backends import Backend, Sink
from ir.diagnostics import Diagnostic, Problems

if TYPE_CHECKING:
    from engine.plan import Plan


def run_checks(plan: Plan, backend: Backend, *, only: Collection[str] | None = None) -> None:
    """Stop the run where a check does not hold; with `only` those alone that look at these relations.

    Raises:
        WorkflowError: naming the first key that breaks each check.
    """
    problems = Problems(plan.compiled.document)
    checks = [check for check in plan.compiled.checks
              if not check.counted and (only is None or check.suspects.name in only)]  # fmt: skip
    if not checks:
        return
    for check, suspects in zip(checks, backend.collect_each([each.suspects.name for each in checks]), strict=True):
        if suspects.is_empty():
            continue
        culprits = suspects if check.culprits is None else backend.collect(check.culprits.name, None)
        if not culprits.is_empty():
            problems.error(check.code, f"{check.message}: {_key(culprits.select(check.columns))}", at=check.at,
                           hint=check.hint)  # fmt: skip
    problems.raise_errors()


class Counts:
    """The counted checks of a plan: they take part in the deliveries' own pass, so that nothing is read for them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._checks = [check for check in plan.compiled.checks if check.counted]
        self._found: dict[str, int] = {}

    def sinks(self) -> list[tuple[str, Sink]]:
        """What to stream beside the deliveries."""
        return [(name, self._sink(name)) for name in {check.suspects.name: None for check in self._checks}]

    def _sink(self, name: str) -> Sink:
        def sink(batch: pl.DataFrame) -> bool:
            if batch.height:
                self._found[name] = batch.item(0, 0)
            return False

        return sink

    def warnings(self) -> list[Diagnostic]:
        """A warning for each count that is not 0."""
        problems = Problems(self._plan.compiled.document)
        for check in self._checks:
            count = self._found.get(check.suspects.name)
            if count:
                message = check.message.format(count="1 row" if count == 1 else f"{count:,} rows")
                problems.warning(check.code, message, at=check.at, hint=check.hint)
        return problems.found


def _key(rows: pl.DataFrame) -> str:
    """The first row as words: `customer = 17, day = 2026-01-31`."""
    return ", ".join(f"{name} = {json.dumps(value, default=str, ensure_ascii=False)}"
                     for name, value in rows.row(0, named=True).items())  # fmt: skip
