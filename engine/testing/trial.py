"""One test of a workflow carried out: compiled and run on the rows given, with an outbox in place of the world."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.policy import Policy
from engine.api import compile_document
from engine.events import silent
from engine.graph import SourceRelation
from engine.messages.capturing import CapturedMessage, captured
from engine.outbox import Outbox
from engine.plan import Plan
from engine.result import RunResult
from engine.run import run
from engine.sources import source_names
from engine.testing.checking import Checking
from engine.testing.given import Given
from engine.testing.given_effects import effect_names, results_of
from engine.testing.references import Known, check_references
from engine.testing.report import Outcome, TestResult
from engine.testing.suite import Suite
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.model.workflow_test import WorkflowTest
from ir.records import dataclass

NOON = datetime(2026, 1, 31, 12)
"""What time it is in a test that does not say so: a test gives the same result every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of the run: `stopped` where it was refused or failed as a whole, else its result."""

    plan: Plan | None = None
    result: RunResult | None = None
    found: tuple[Diagnostic, ...] = ()
    messages: tuple[CapturedMessage, ...] = ()
    """Those that would have been sent."""


def tried(suite: Suite, index: int, *, engine: str | None) -> TestResult:
    """The test at this place of the suite, run on `engine` (default: the workflow's own choice)."""
    test, at = suite.tests[index], ("tests", index)
    started = time.perf_counter()
    problems = Problems(suite.written)
    with tempfile.TemporaryDirectory(prefix="weirflow-test-") as name:
        folder = Path(name).resolve()
        policy = _policy(folder)
        now = _instant(test, suite)
        given = Given(document=suite.document, workflow=suite.workflow, test=test, at=at, base=suite.base,
                      policy=policy, now=now)  # fmt: skip
        sources = given.sources(problems)
        place = suite.written.place((*at, "name"))
        blank = TestResult(file=str(suite.file), name=test.name, engine=engine or "auto", outcome="refused",
                           place=place, index=index)  # fmt: skip
        known = Known(inputs=[each.name for each in suite.workflow.runtime_inputs],
                      sources=[*source_names(suite.workflow), *effect_names(suite.workflow)])  # fmt: skip
        check_references(test, at, known, problems)
        if problems.errors:
            return replace(blank, diagnostics=problems.errors, seconds=time.perf_counter() - started)
        trial = _run(
            suite, test, sources, results_of(suite.workflow, test), engine=engine, now=now, policy=policy, folder=folder
        )
        if trial.plan is not None:
            compiled = trial.plan.compiled
            frames = {**compiled.frames, **compiled.late}
            known = replace(known, frames=frames, deliveries=[each.id for each in compiled.outputs])
            check_references(test, at, known, problems)
        checking = Checking(test=test, at=at, written=suite.written, trial=trial, problems=problems)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # rows that are left out are dead letters, which are expected or not
            checking.check()
        ran_on = trial.plan.engine if trial.plan is not None else blank.engine
        outcome: Outcome = "refused" if problems.errors else "failed" if checking.has_failed else "passed"
        return replace(
            blank, engine=ran_on, outcome=outcome, seconds=time.perf_counter() - started,
            differences=checking.placed(), diagnostics=problems.errors or checking.unexpected,
            findings=checking.findings,
        )  # fmt: skip


def _run(suite: Suite, test: WorkflowTest, sources: dict[Pointer, SourceRelation],
         given: Mapping[Pointer, Sequence[Mapping[str, Any]]], *, engine: str | None, now: datetime,
         policy: Policy, folder: Path) -> Trial:  # fmt: skip
    plan: Plan | None = None
    try:
        plan = compile_document(
            suite.document, inputs=test.inputs, engine=engine, now=now, base=suite.base, policy=policy,
            known_sources=sources, given_results=given, full_refresh=True, is_isolated=True,
        )  # fmt: skip
        result = run(plan, out=folder / "outbox", progress=silent, outbox=Outbox(home=folder / "home"))
    except WorkflowError as error:
        return Trial(plan=plan, found=error.diagnostics)
    messages = tuple(captured(folder / "outbox")) if plan.compiled.messages else ()
    return Trial(plan=plan, result=result, found=tuple(_said(plan, result)), messages=messages)


def _said(plan: Plan, result: RunResult) -> Iterator[Diagnostic]:
    yield from plan.warnings
    yield from (each for each in result.warnings if isinstance(each, Diagnostic))
    yield from (each.finding for each in result.deliveries if each.finding is not None)


def _policy(folder: Path) -> Policy:
    """Local files may be read, and only the test's own folder written; nothing else is there."""
    return Policy(schemes=frozenset({"file"}), hosts=frozenset(), write_folders=(folder,),
                  secret_resolvers=frozenset(), secret_names=frozenset(), private_networks=False)  # fmt: skip


def _instant(test: WorkflowTest, suite: Suite) -> datetime:
    now = datetime.fromisoformat(test.now) if test.now is not None else NOON
    zone = suite.workflow.settings.timezone
    return now if now.tzinfo is not None else now.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone))
