"""The rows of a frame, for whoever looks at a plan."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from engine.backends import Backend, open_backend
from engine.failure import explained
from engine.running.reading import check, checked_frames, resolved
from engine.second_plan import ReadAgain, second_plan
from engine.verdict import Verdict
from engine.whole_reading import passed_over, read_whole

if TYPE_CHECKING:
    from engine.plan import Plan


def collect(plan: Plan, frame: str, *, rows: int | None = None, checked: bool = True) -> pl.DataFrame:
    """The rows of a frame, or the first `rows` of them; bad rows are left out as in a run, with a Python warning."""
    scratch = plan.scratch()
    current = plan
    while True:
        try:
            known = resolved(current, scratch)
            return _collected(known, known.made(frame), scratch, rows=rows, checked=checked)
        except ReadAgain as again:
            current = second_plan(current, again)


def _collected(plan: Plan, name: str, scratch: Path, *, rows: int | None, checked: bool) -> pl.DataFrame:
    graph = plan.compiled.graph
    names = [name, *(checked_frames(plan) if checked else ())]
    with open_backend(plan, scratch, [name]) as backend, explained(plan, scratch, names):
        read_whole(graph, passed_over(graph, [name]) if rows is None else graph.rejecting([name]), scratch)
        found = _judged(plan, name, backend, rows=rows) if checked else backend.collect(name, rows)
    _warn_of_bad_rows(plan, name)
    return found


def _judged(plan: Plan, name: str, backend: Backend, *, rows: int | None) -> pl.DataFrame:
    """The rows after the checks, and after what the rules say of them."""
    verdict = Verdict(plan)
    check(plan, backend, verdict)
    validated = verdict.frames if verdict.concerns(name) else []
    found = backend.collect_each([name, *validated])
    if validated:
        verdict.take(found[1])
        verdict.judge(backend)
    return found[0] if rows is None else found[0].head(rows)


def _warn_of_bad_rows(plan: Plan, name: str) -> None:
    """Say in Python's way which rows are missing."""
    for each in plan.compiled.graph.needed([name]):
        source = plan.compiled.graph[each].source
        if source is not None and source.bad is not None:
            what = "1 bad row is" if source.bad.count == 1 else f"{source.bad.count:,} bad rows are"
            warnings.warn(f'{what} left out of "{each}"; a run keeps them as dead letters', stacklevel=4)
