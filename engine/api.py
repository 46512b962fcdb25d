"""compile, validate and run: the face of the engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.policy import Policy
from engine.choice import COUNT_DISTINCT, PlanShape, choose_engine, is_top
from engine.compiler import Compiled, Compiler
from engine.events import Progress
from engine.graph import Graph, SourceRelation
from engine.hooks import Hooks
from engine.increments.increments import Increments
from engine.journal.records import SavedCursor
from engine.payloads import Payload, Payloads
from engine.plan import Plan
from engine.result import RunResult
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.document import Document
from ir.loading import from_dict, load
from ir.redaction import sealed
from ir.workflow import read_document
from transforms.aggregate import Aggregate
from transforms.expressions import Clock
from transforms.sort import Sort

if TYPE_CHECKING:
    from engine.replaying.entry import Replaying

__all__ = ["Plan", "RunResult", "compile", "compile_document", "run", "validate"]

Workflow = str | Path | Mapping[str, Any]
ENGINES = ("auto", "polars", "duckdb")


@sealed
def compile(
    workflow: Workflow,
    *,
    inputs: Mapping[str, object] | None = None,
    engine: str | None = None,
    now: datetime | None = None,
    base: Path | str | None = None,
    policy: Policy | None = None,
    full_refresh: bool = False,
    payload: Payload | None = None,
) -> Plan:
    """The plan of a workflow: a file's path, or a document as a mapping.

    Relative locations start at the file's folder, of a mapping at `base` (default: the current folder). `now`
    without a zone is in the workflow's time zone. Of the sources only their sample is read. With `full_refresh`
    incremental sources start over. `payload` stands in for a webhook's request: what it brings, or a file with that.

    Raises:
        WorkflowError: with every error and warning found, each at its place.
    """
    return compile_document(
        _document(workflow),
        inputs=inputs or {},
        engine=engine,
        now=now,
        base=_base(workflow, base),
        policy=policy or Policy.open(),
        full_refresh=full_refresh,
        payloads=None if payload is None else Payloads.of(payload),
    )


def compile_document(
    document: Document,
    *,
    inputs: Mapping[str, object],
    engine: str | None,
    now: datetime | None,
    base: Path,
    policy: Policy,
    found_values: Mapping[Pointer, Sequence[object]] | None = None,
    known_sources: Mapping[Pointer, SourceRelation] | None = None,
    full_refresh: bool = False,
    increments: Increments | None = None,
    is_isolated: bool = False,
    given_results: Mapping[Pointer, Sequence[Mapping[str, Any]]] | None = None,
    starts: Sequence[SavedCursor] | None = None,
    replaying: Replaying | None = None,
    pinned: Mapping[str, tuple[str, str]] | None = None,
    payloads: Payloads | None = None,
) -> Plan:
    """The plan of a loaded document; `found_values` are what first passes found, `known_sources` second looks.

    `increments` are those of a plan that is compiled again, `starts` and `pinned` the cursors and the plugins (version
    and SHA-256) of a run that is gone on with.
    One that `is_isolated` asks no database and no network, and has the `given_results` in place of effects.
    """
    problems = Problems(document)
    compiled, given_now = _compiled(
        document,
        problems,
        inputs=inputs,
        now=now,
        base=base,
        policy=policy,
        found_values=found_values or {},
        known_sources=known_sources or {},
        full_refresh=full_refresh,
        increments=increments,
        is_isolated=is_isolated,
        given_results=given_results,
        starts=starts,
        replaying=replaying,
        pinned=pinned or {},
        payloads=payloads,
    )
    if engine is not None and engine not in ENGINES:
        if engine == "spark":
            problems.error("IR290", "this version cannot run the spark engine yet", at=("settings", "engine"))
        else:
            problems.error("IR204", f'"{engine}" is not one of {", ".join(ENGINES)}', at=("settings", "engine"))
    problems.raise_errors()
    assert compiled is not None
    chosen, reason = _engine(compiled, engine)
    return Plan(
        compiled,
        engine=chosen,
        engine_reason=reason,
        warnings=problems.warnings,
        base=base,
        policy=policy,
        given_now=given_now,
        inputs=inputs,
        asked_engine=engine,
        known_sources=known_sources,
    )


def compiled_again(plan: Plan, *, found_values: Mapping[Pointer, Sequence[object]] | None = None,
                   known_sources: Mapping[Pointer, SourceRelation] | None = None,
                   increments: Increments | None = None) -> Plan:  # fmt: skip
    """The plan of the same document, inputs, engine and instant, with what was found out since."""
    compiled = plan.compiled
    other = compile_document(
        compiled.document, inputs=plan.given_inputs, engine=plan.engine, now=compiled.words.now, base=plan.base,
        policy=plan.policy, found_values=found_values,
        known_sources=plan.known_sources if known_sources is None else known_sources,
        increments=increments or compiled.increments, is_isolated=compiled.is_isolated,
        given_results=compiled.given_results, replaying=compiled.replaying, pinned=compiled.pinned,
        payloads=compiled.payloads,
    )  # fmt: skip
    other.engine_reason, other.given_now = plan.engine_reason, plan.given_now
    return other


def validate(
    workflow: Workflow,
    *,
    inputs: Mapping[str, object] | None = None,
    base: Path | str | None = None,
    policy: Policy | None = None,
) -> list[Diagnostic]:
    """What is wrong with a workflow, errors and warnings; empty when nothing is.

    What a later version will run is checked as far as the document tells, and no error.
    """
    try:
        document = _document(workflow)
    except WorkflowError as error:
        return list(error.diagnostics)
    return validate_document(document, inputs=inputs or {}, base=_base(workflow, base), policy=policy or Policy.open())


def validate_document(document: Document, *, inputs: Mapping[str, object], base: Path, policy: Policy
                      ) -> list[Diagnostic]:  # fmt: skip
    """What is wrong with a loaded document."""
    problems = Problems(document)
    _compiled(
        document,
        problems,
        inputs=inputs,
        now=None,
        base=base,
        policy=policy,
        found_values={},
        known_sources={},
        validating=True,
    )
    return [each for each in problems.found if each.code != "IR290"]


def run(
    workflow: Workflow,
    *,
    inputs: Mapping[str, object] | None = None,
    engine: str | None = None,
    now: datetime | None = None,
    base: Path | str | None = None,
    out: Path | str | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
    hooks: Sequence[Hooks] = (),
    full_refresh: bool = False,
    payload: Payload | None = None,
) -> RunResult:
    """Compile a workflow and run it; `out` is the base of relative local destinations.

    `progress` and the `hooks` are told how it goes. With `full_refresh` incremental sources start over; `payload`
    stands in for a webhook's request.

    Raises:
        WorkflowError: the workflow cannot be compiled, or something forbids the run before its first delivery.
    """
    plan = compile(workflow, inputs=inputs, engine=engine, now=now, base=base, policy=policy,
                   full_refresh=full_refresh, payload=payload)  # fmt: skip
    return plan.run(out=out, progress=progress, hooks=hooks)


def _document(workflow: Workflow) -> Document:
    if isinstance(workflow, Mapping):
        return from_dict(workflow)
    return load(Path(workflow))


def _base(workflow: Workflow, base: Path | str | None) -> Path:
    if base is not None:
        return Path(base).absolute()
    return Path.cwd() if isinstance(workflow, Mapping) else Path(workflow).absolute().parent


def _compiled(
    document: Document,
    problems: Problems,
    *,
    inputs: Mapping[str, object],
    now: datetime | None,
    base: Path,
    policy: Policy,
    found_values: Mapping[Pointer, Sequence[object]],
    known_sources: Mapping[Pointer, SourceRelation],
    validating: bool = False,
    full_refresh: bool = False,
    increments: Increments | None = None,
    is_isolated: bool = False,
    given_results: Mapping[Pointer, Sequence[Mapping[str, Any]]] | None = None,
    starts: Sequence[SavedCursor] | None = None,
    replaying: Replaying | None = None,
    pinned: Mapping[str, tuple[str, str]] | None = None,
    payloads: Payloads | None = None,
) -> tuple[Compiled | None, datetime | None]:
    document, workflow = read_document(document, problems)
    if workflow is None:
        return None, None
    if now is not None and now.tzinfo is None:
        # zoneinfo costs 5 ms, and few runs are given a time without a zone
        from zoneinfo import ZoneInfo

        now = now.replace(tzinfo=ZoneInfo(workflow.settings.timezone))
    compiler = Compiler(
        document=document,
        workflow=workflow,
        problems=problems,
        base=base,
        policy=policy,
        now=now or datetime.now(UTC),
        given_inputs=inputs,
        found_values=found_values,
        known_sources=known_sources,
        validating=validating,
        full_refresh=full_refresh,
        given_increments=increments,
        is_isolated=is_isolated,
        given_results=given_results or {},
        starts=starts,
        replaying=replaying,
        pinned=pinned or {},
        payloads=payloads,
    )
    return compiler.compile(), now


def _engine(compiled: Compiled, wanted: str | None) -> tuple[str, str]:
    settings = compiled.workflow.settings
    if wanted and wanted != "auto":
        return wanted, "asked for"
    if settings.engine != "auto" and not wanted:
        return settings.engine, "the workflow's settings say so"
    return choose_engine(plan_shape(_left_to_engines(compiled), memory_limit=settings.memory_limit,
                                    is_pivot_open=bool(compiled.first_passes)))  # fmt: skip


def _left_to_engines(compiled: Compiled) -> Graph:
    """The graph without what databases do of it: what is chosen is who computes the rest."""
    if not compiled.reads_databases:
        return compiled.graph
    from engine.pushdown.graph import push_down
    from engine.pushdown.planned import passes

    settings = compiled.workflow.settings
    clock = Clock(compiled.words.now, settings.timezone)
    names = passes(compiled).get("deliveries", [])
    return push_down(compiled.graph, names, clock=clock, is_wanted=settings.pushdown).graph


def plan_shape(graph: Graph, *, memory_limit: str | None, is_pivot_open: bool = False) -> PlanShape:
    """The shape of a graph on this machine; a pivot whose columns a first pass will tell stands in no graph yet."""
    shown = [relation.operation for relation in graph if relation.operation is not None and not relation.hidden]
    kinds = {each.kind for each in shown if not (isinstance(each, Sort) and is_top(each.limit))}
    if any(isinstance(each, Aggregate) and each.counts_distinct for each in shown):
        kinds.add(COUNT_DISTINCT)
    if is_pivot_open:
        kinds.add("pivot")
    sources = [relation.source for relation in graph if relation.source is not None]
    size = sum(source.bytes for source in sources)
    stored = sum(source.bytes for source in sources if getattr(source, "pushes_filters", False))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 * 1024**3
    return PlanShape(kinds=kinds, source_bytes=size, memory_bytes=memory, has_memory_limit=memory_limit is not None,
                     is_text=stored * 2 < size)  # fmt: skip
