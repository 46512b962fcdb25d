"""The questions a run asks of its rows: before the deliveries those that stop it, after them those that count."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from engine.backends import Backend
from ir.diagnostics import Diagnostic, Problems, WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def run_checks(plan: Plan, backend: Backend, *, counted: bool) -> list[Diagnostic]:
    """Warnings of the counted checks, or nothing when all others hold.

    Raises:
        WorkflowError: naming the first key that breaks each check.
    """
    problems = Problems(plan.compiled.document)
    for check in plan.compiled.checks:
        if check.counted != counted:
            continue
        suspects = backend.collect(check.suspects.name, None)
        if counted:
            count = suspects.item(0, 0)
            if count:
                problems.warning(check.code, check.message.format(count=f"{count:,}"), at=check.at, hint=check.hint)
            continue
        if suspects.is_empty():
            continue
        culprits = suspects if check.culprits is None else backend.collect(check.culprits.name, None)
        if culprits.is_empty():
            continue
        problems.error(check.code, f"{check.message}: {_key(culprits.select(check.columns))}", at=check.at,
                       hint=check.hint)  # fmt: skip
    if problems.errors:
        raise WorkflowError(problems.found)
    return problems.found


def _key(rows: pl.DataFrame) -> str:
    """The first row as words: `customer = 17, day = 2026-01-31`."""
    return ", ".join(f"{name} = {json.dumps(value, default=str, ensure_ascii=False)}"
                     for name, value in rows.row(0, named=True).items())  # fmt: skip
