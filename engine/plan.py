"""A compiled workflow: what it will do, for people and for tools, and the way to run it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.policy import Policy
from engine import explanation, picture
from engine.compiler import Compiled
from engine.events import Progress, silent
from engine.graph import Graph, SourceRelation
from engine.hooks import Hooks
from engine.plan_steps import Step, plan_steps
from engine.polars_frames import PolarsFrames
from ir.diagnostics import Diagnostic, Place, Pointer, WorkflowError, did_you_mean
from ir.redaction import sealed
from ir.types import Schema
from transforms.expressions import Clock

if TYPE_CHECKING:
    import duckdb

    from engine.plan_difference import PlanDifference
    from engine.plugin_operations.rehearsing import Rehearsed
    from engine.pushdown.graph import Pushdown
    from engine.pushdown.planned import Planned
    from engine.result import RunResult
    from engine.running.cancellation import Cancellation


class Plan:
    """A compiled workflow. Looking at it reads no data; `preview`, `collect` and `run` do."""

    def __init__(
        self,
        compiled: Compiled,
        *,
        engine: str,
        engine_reason: str,
        warnings: Sequence[Diagnostic],
        base: Path,
        policy: Policy,
        given_now: datetime | None,
        inputs: Mapping[str, object],
        asked_engine: str | None = None,
        known_sources: Mapping[Pointer, SourceRelation] | None = None,
    ) -> None:
        self.compiled = compiled
        self.engine = engine
        self.engine_reason = engine_reason
        self.warnings = list(warnings)
        self.base = base
        self.policy = policy
        self.given_now = given_now
        self.given_inputs = dict(inputs)
        self.asked_engine = asked_engine
        self.known_sources = dict(known_sources or {})
        """Sources that a run has read again, at their places."""
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def name(self) -> str:
        return self.compiled.name

    @property
    def goal(self) -> str:
        return self.compiled.workflow.goal

    @property
    def frames(self) -> tuple[str, ...]:
        """The names of the frames: sources, output variables, `data`."""
        return tuple(self.compiled.frames)

    @property
    def steps(self) -> list[Step]:
        """The plan as data: sources, relations, deliveries, each after those it depends on."""
        return plan_steps(self)

    def to_dict(self) -> dict[str, Any]:
        """The plan for tools, the same for the same document: see `engine.plan_steps` for its version."""
        return explanation.as_dict(self)

    def explain(self) -> str:
        """The plan for people."""
        return explanation.explain(self)

    def diff(self, other: Plan | Mapping[str, Any] | Path | str) -> PlanDifference:
        """What changes from `other` to this plan; false where nothing does.

        `other` is a plan, a workflow (compiled with this plan's inputs, engine and instant), or a saved `to_dict`.

        Raises:
            WorkflowError: `other` cannot be compiled or is no plan that can be compared.
        """
        from engine.plan_difference import plan_difference
        from engine.saved_plan import plan_to_compare

        return plan_difference(plan_to_compare(other, beside=self), self.to_dict())

    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
        return picture.mermaid(self)

    def to_html(self) -> str:
        """A page of its own with the graph and the steps."""
        return picture.page(self)

    def _repr_html_(self) -> str:
        return picture.figure(self)

    def __repr__(self) -> str:
        return explanation.tree(self)

    def pushdown(self, outputs: Collection[str], *, clock: Clock | None = None) -> Pushdown:
        """The graph for `outputs` (relations that one pass reads), with what databases do of it done by them."""
        from engine.pushdown.graph import push_down

        settings = self.compiled.workflow.settings
        return push_down(self.compiled.graph, outputs, clock=clock or self.clock(), is_wanted=settings.pushdown)

    def planned(self) -> Planned:
        """The statements that databases are sent, and what of the plan stands in them."""
        from engine.pushdown.planned import planned

        return planned(self)

    def pushed(self, outputs: Collection[str]) -> Graph:
        """The graph that an engine computes `outputs` of."""
        # a plan over files alone does without the modules of pushdown
        return self.pushdown(outputs).graph if self.compiled.reads_databases else self.compiled.graph

    def schema(self, frame: str = "data") -> Schema:
        """The columns and types of a frame.

        Raises:
            WorkflowError: there is no such frame, or only a first pass can tell its columns.
        """
        return self.compiled.graph[self.relation(frame)].frame.schema

    def relation(self, frame: str) -> str:
        """The name in the graph of what `frame` stands for at the end of the workflow."""
        found = self.compiled.frames.get(frame) or (frame if frame in self.compiled.graph else None)
        if found is not None:
            return found
        if frame in self.compiled.late:
            raise _failure(
                "IR321",
                f'the columns of "{frame}" are not known yet: {self.compiled.late[frame]}',
                "run the plan, or declare column_values",
            )
        raise _failure(
            "IR301",
            f'there is no frame "{frame}"',
            did_you_mean(frame, self.frames) or f"the frames are: {', '.join(self.frames)}",
        )

    def made(self, frame: str) -> str:
        """The name in the graph of a frame whose rows are there, or can be computed without an effect.

        Raises:
            WorkflowError: IR326 where an AI or plugin operation has to make them first.
        """
        name = self.relation(frame)
        if self.compiled.effects:
            from engine.effects.carrying_out import unfinished

            missing = unfinished(self, self.scratch(), name)
            if missing is not None:
                raise _failure("IR326", f'"{frame}" is made of what "{missing}" gives, and that is made in a run',
                               "run the plan first: what it gives is result[…]")  # fmt: skip
        return name

    def sql(self, frame: str = "data") -> str:
        """The DuckDB statement for a frame; `now` stands as a parameter unless the plan was given one."""
        return explanation.sql_text(self, self.relation(frame))

    def polars(self, frame: str = "data") -> pl.LazyFrame:
        """The frame as a LazyFrame, nothing collected."""
        name = self.made(frame)
        graph = self.pushed([name])
        frames = PolarsFrames(graph, clock=self.clock(), scratch=self.scratch(), outputs=[name])
        return frames.frame(name)

    def to_polars_code(self, frame: str | None = None) -> str:
        """A plain Python script that does what the plan does with nothing but Polars; of one `frame` if given.

        Raises:
            WorkflowError: there is no such frame, or a step takes what a script cannot hold.
        """
        from engine.polars_code.script import polars_script

        return polars_script(self, frame)

    def duckdb(self, frame: str = "data") -> duckdb.DuckDBPyRelation:
        """The frame as a DuckDB relation of a connection of its own."""
        from engine.duckdb_locking import memory_limit
        from engine.duckdb_session import DuckDBSession

        name = self.made(frame)
        settings = self.compiled.workflow.settings
        session = DuckDBSession(
            self.compiled.graph,
            clock=self.clock(),
            scratch=self.scratch(),
            outputs=[name],
            batch_rows=settings.batch_rows,
            memory_limit=memory_limit(settings.memory_limit, self.policy),
            feeds=False,
            pushed=self.pushed,
            folders=self.policy.read_folders,
        )
        session.prepare([name])
        return session.relation(name)

    @sealed
    def preview(self, frame: str = "data", rows: int = 20) -> pl.DataFrame:
        """The first `rows` rows of a frame; checks such as `multiple: error` are not made.

        Bad rows are left out as a run leaves them out; nothing is written.
        """
        from engine.collecting import collect

        return collect(self, frame, rows=rows, checked=False)

    @sealed
    def collect(self, frame: str = "data") -> pl.DataFrame:
        """All rows of a frame.

        Bad rows are left out as a run leaves them out, with a Python warning; nothing is written. They are the rows
        of the source's `rejects` frame.

        Raises:
            WorkflowError: a check failed, or a source could not be read.
        """
        from engine.collecting import collect

        return collect(self, frame)

    @sealed
    def run(
        self,
        *,
        out: Path | str | None = None,
        progress: Progress | None = None,
        preview: int | None = None,
        hooks: Sequence[Hooks] = (),
        cancellation: Cancellation | None = None,
        run_id: str | None = None,
    ) -> RunResult:
        """Run the workflow: every delivery whole or not at all; `progress` and the `hooks` are told how it goes.

        With `preview` every delivery is made of its first so many rows, and goes into the folder `out` (default
        `outbox` beside the workflow), over what stands there; nothing is written or sent elsewhere. With a
        `cancellation` another thread may stop the run, and also after a Ctrl-C there is a result, which says so.
        A `run_id` is one that the run was given before it begins.

        Raises:
            WorkflowError: before anything is written, when a target, a check or a source forbids it. Its `run_id` is
                that of the run, which `weirflow.resume` goes on with.
        """
        from engine.outbox import Outbox
        from engine.run import run

        outbox = Outbox(rows=preview) if preview is not None else None
        return run(self, out=Path(out) if out is not None else None, progress=progress or silent, outbox=outbox,
                   hooks=hooks, cancellation=cancellation, run_id=run_id)  # fmt: skip

    @sealed
    def rehearse(self, *, out: Path | str | None = None) -> None:
        """Check what a run would check before it begins: open questions, file names, what stands there already.

        Raises:
            WorkflowError: the run would be refused.
        """
        from engine.run import rehearse

        rehearse(self, out=Path(out) if out is not None else None)

    @property
    def calls_plugins(self) -> bool:
        """Whether a source, an operation or a delivery of it is an action of a plugin."""
        from engine.plugin_sources.relation import ApiRelation

        return any(each.kind == "plugin" for each in (*self.compiled.effects, *self.compiled.outputs)) or any(
            isinstance(each.source, ApiRelation) for each in self.compiled.graph
        )

    @sealed
    def requests(self) -> list[Rehearsed]:
        """The first requests that each source and operation of a plugin would send, without their secrets. Nothing is
        sent: what only a run finds out is named.

        Raises:
            WorkflowError: the rows that they are made of cannot be read.
        """
        from engine.plugin_operations.rehearsing import rehearsed

        return rehearsed(self)

    def clock(self) -> Clock:
        """The plan's instant: as given, else when it was compiled."""
        return Clock(self.compiled.words.now, self.compiled.workflow.settings.timezone)

    def shown_clock(self) -> Clock:
        """The clock for statements that are shown: without a given instant `now` stays a parameter."""
        return Clock(self.given_now, self.compiled.workflow.settings.timezone)

    def scratch(self) -> Path:
        """A folder for unpacked sources that lives as long as the plan."""
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="weirflow-")
        return Path(self._scratch.name)


def _failure(code: str, message: str, hint: str | None, place: Place | None = None) -> WorkflowError:
    return WorkflowError([Diagnostic(code=code, message=message, hint=hint, place=place)])
