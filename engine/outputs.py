"""Writing the deliveries: each into a staged file that takes its name only when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import STREAMED, Part, Provenance, Report
from connectors.files.writing import FileWriter, WriteOptions, open_writer
from connectors.problem import ConnectorProblem
from connectors.storage.destination import Target
from connectors.storage.staging import Publish, Staged
from engine.backends import Backend, Sink
from engine.conditionals.gates import Gates
from engine.deliveries import FileOutput, report_of, write_options
from engine.engine_words import plain
from engine.events import Event, Progress
from engine.executor import finish
from engine.failure import diagnosed, explained, first_line
from engine.groups import SplitSpool
from engine.messages.attaching import Keeping
from engine.names import RunWords
from engine.output import Output, Spools
from engine.policies.connections import of_place
from engine.policies.policies import StepPolicy
from engine.policies.rereading import reads_again
from engine.report_parts import DOCUMENTS, CompiledPart
from engine.result import DeliveryResult, FileResult
from engine.run_folder import SPOOLS
from engine.running.context import Running
from engine.spool import Rows, Spool, facts_of
from engine.whole_reading import read_whole
from ir.diagnostics import Problems, WorkflowError
from ir.records import dataclass
from transforms.expressions.polars_columns import all_exact
from transforms.expressions.window import Clock
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(slots=True, kw_only=True, eq=False)
class FileDelivering(Output):
    """One file on its way."""

    file: FileOutput
    target: Target
    clock: Clock
    report: Report | None = None
    """What the writer is told; known once the values are that its texts show."""
    options: WriteOptions
    policy: StepPolicy
    staged: Staged | None = None
    writer: FileWriter | None = None
    own: Mapping[str, str] = field(default_factory=dict)
    """The hashes of files that an earlier attempt at this run may have left in their places."""
    keeping: Keeping | None = None
    """Takes a copy of the file where messages carry it."""

    @classmethod
    def of(cls, file: FileOutput, target: Target, plan: Plan, policy: StepPolicy) -> FileDelivering:
        return cls(file=file, target=target, document=plan.compiled.document, clock=plan.clock(),
                   options=options_of(file, plan), policy=policy)  # fmt: skip

    @property
    def compiled(self) -> FileOutput:
        return self.file

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        """Fill in the report's texts."""
        rendering, settings = plan.compiled.workflow.rendering, plan.compiled.workflow.settings
        self.report = report_of(self.file, words, rendering, settings.locale, problems, logo=plan.compiled.logo,
                                provenance=provenance)  # fmt: skip

    @property
    def identity(self) -> str:
        return self.target.identity

    @property
    def shown(self) -> str:
        return self.target.shown

    @property
    def attempts(self) -> int:
        return self.policy.attempts

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        return [(each.frame, each.split) for each in self.file.parts] if self.file.is_composed else []

    def open(self) -> None:
        self.begin_anew()
        assert self.report is not None
        try:
            self.staged = self.target.stage()
            self.writer = open_writer(self.file.format.name, self.staged.path, report=self.report, options=self.options)
            if not self.file.is_composed:
                self.writer.begin(STREAMED)
        except (ConnectorProblem, OSError) as error:
            self.fail(self._refusal(error))

    def write(self, batch: pl.DataFrame) -> bool:
        """Take a batch; true once the file has failed, so that no more rows come for it.

        Those of a composed file wait in their spool and are only counted.
        """
        if self.error is not None or self.writer is None:
            return True
        if self.file.is_composed:
            self.rows += batch.height
            return False
        before = time.perf_counter()
        try:
            self.writer.write(batch)
        except Exception as error:  # whatever a writer meets fails its own delivery only
            self.fail(self._refusal(error))
            return True
        self.seconds += time.perf_counter() - before
        self.rows += batch.height
        return False

    def fail(self, error: Exception) -> None:
        self.error = error
        if self.writer is not None:
            with suppress(Exception):  # a full disk refuses even the closing; the first error is the one to tell
                self.writer.abort()
        if self.staged is not None:
            self.staged.discard()
        self.writer = self.staged = None

    def finish(self) -> DeliveryResult:
        """Complete the file and give it its name, or say why there is none."""
        if self.error is None and self.writer is not None and self.staged is not None:
            before = time.perf_counter()
            try:
                if self.file.is_composed:
                    self._compose(self.writer)
                self.writer.finish()
                self.problems += self.writer.warnings
                self._keep([(self.staged.path, self.target, None)])
                self._announce([self.staged], [self.rows])
                delivered = self.staged.commit(self._put)
                self.seconds += time.perf_counter() - before
                return self.result("delivered", bytes=delivered.bytes, sha256=delivered.sha256, link=delivered.link)
            except Exception as error:  # see write
                self.fail(self._refusal(error))
        return self.failed()

    def _announce(self, staged: Sequence[Staged], rows: Sequence[int]) -> None:
        """Say which files are about to get their names."""
        made = [each.measured() for each in staged]
        self.announce([FileResult(target=each.target, rows=count, bytes=each.bytes, sha256=each.sha256)
                       for each, count in zip(made, rows, strict=True)])  # fmt: skip

    def _keep(self, files: Sequence[tuple[Path, Target, object]]) -> None:
        """Have copies of what is about to be delivered, each with the value of its group, where messages carry it."""
        if self.keeping is None:
            return
        column = self.file.split.column if self.file.split is not None and self.file.makes_files else None
        self.keeping.begin()
        for path, target, group in files:
            self.keeping.keep(path, target.name, self.file.media_type, split_by=column, group=group)
        self.keeping.end()

    def _put(self, publish: Publish) -> str | None:
        """Put a complete file in its place; a store tells its own file from another's, so that may be done again."""
        place = self.target.place
        return self.policy.carry_out(publish, connection=of_place(place) if place is not None else None)

    def _compose(self, writer: FileWriter) -> None:
        """Write part after part, each begun by what is known of its rows."""
        assert self.report is not None
        for compiled, part in zip(self.file.parts, self.report.parts, strict=True):
            self._compose_part(writer, compiled, part, self.spools[compiled.frame.name, compiled.split])

    def _compose_part(self, writer: FileWriter, compiled: CompiledPart, part: Part, rows: Rows) -> None:
        is_document = self.file.format.name in DOCUMENTS
        writer.begin(facts_of(compiled, part, rows, self.clock) if is_document else STREAMED)
        for batch in rows.batches():
            # only documents are told of columns that are not shown
            writer.write(batch if is_document else batch.select(all_exact(part.columns.names)))

    def _refusal(self, error: Exception) -> Exception:
        """What the place said about the file, such as a full disk, or the engine about a total, in plain words."""
        said = plain(error) if isinstance(error, pl.exceptions.PolarsError) else None
        if said is not None:
            return ConnectorProblem("IR490", said.message, hint=said.hint)
        if not isinstance(error, OSError):
            return error
        reason = os.strerror(error.errno) if error.errno else first_line(error)
        return ConnectorProblem("IR608", f"{self.shown} cannot be written: {reason}",
                                key=("destination", "path"), hint="make room there, or name another place")  # fmt: skip


def options_of(file: FileOutput, plan: Plan) -> WriteOptions:
    """What the writer is told of the delivery's options; a workbook to fill lies beside the workflow."""
    options, template = write_options(file), file.delivery.options.template
    return options if template is None else replace(options, template=plan.base / template)


def deliver(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running,
            beside: Sequence[tuple[str, Sink]] = (), *, gates: Gates,
            judge: Callable[[], None] = lambda: None,
            completed: Callable[[], None] = lambda: None) -> list[DeliveryResult]:  # fmt: skip
    """Write every output, together as long as that goes well; one that fails does not stop the others.

    In a preview each takes its first rows only. `judge` is asked when all rows have passed, before a file
    takes its name; what it raises discards every file. Then `completed` is told, before the first delivery takes
    effect.
    """
    names = [*(name for name, _ in beside), *(name for each in outputs for name in each.relations)]
    progress, scratch = running.progress, running.folder
    try:
        try:
            _stream(plan, backend, outputs, running, gates, beside)
        except Exception as error:
            running.cancellation.check()  # an engine tells a sink's Cancelled in words of its own
            failure = diagnosed(plan, scratch, error, names) if not isinstance(error, WorkflowError) else error
            for output in reversed(outputs):  # see below
                output.fail(error)
            if reads_again(plan, failure, running.policies):
                raise failure from error
            _judge_first(judge)
            if len(outputs) <= 1 or not _one_by_one(plan, backend, outputs, running, gates):
                raise failure from error
        with explained(plan, scratch, names):
            judge()
            if outputs:
                gates.settle(backend)
        completed()
        return finish(outputs, at_once=running.policies.deliveries_at_once, cancellation=running.cancellation,
                      finished=partial(tell, backend.seconds, progress), closed=gates.closed,
                      complete=running.ledger.finish)  # fmt: skip
    except BaseException:
        for output in reversed(outputs):  # the first made the folder they share, and takes it away when it is empty
            output.fail(RuntimeError("the run was stopped"))
        raise


def tell(seconds: dict[str, float], progress: Progress, output: Output, result: DeliveryResult) -> None:
    """Say what became of a delivery."""
    seconds[output.id] = output.seconds
    said = f": {result.said}" if result.said else ""
    text = f"{result.rows:,} rows {'by' if result.kind == 'message' else 'to'} {result.target}{said}"
    if result.status != "delivered":
        text = f"{result.status}: {result.error}"
    progress(Event(kind="delivery_finished", step=output.id, rows=result.rows, seconds=output.seconds, text=text,
                   attempt=result.attempts, status=result.status,
                   code=result.finding.code if result.finding else ""))  # fmt: skip
    for problem in output.problems:
        progress(Event(kind="warning", step=output.id, text=problem))


def _judge_first(judge: Callable[[], None]) -> None:
    """Where the rows broke a rule, that says more than how an engine stumbled over them."""
    try:
        judge()
    except WorkflowError:
        raise
    except Exception:  # the counts cannot be computed either: the first error is the one to tell
        return


def _stream(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running, gates: Gates,
            beside: Sequence[tuple[str, Sink]] = (), *, asks_gates: bool = True) -> None:  # fmt: skip
    progress, scratch = running.progress, running.folder
    for output in outputs:
        output.open()
        progress(Event(kind="step_started", step=output.id))

    # One stream a relation, whoever takes it: Polars reads its sources again for a frame that stands twice.
    by_relation: dict[str, list[Output]] = {}
    spools: Spools = {}
    for output in outputs:
        if output.error is not None:
            continue
        for name in output.relations:
            by_relation.setdefault(name, []).append(output)
        for frame, split in output.spooled:
            if (frame.name, split) not in spools:
                folder = scratch / SPOOLS / token_hex(4)
                spools[frame.name, split] = (
                    SplitSpool(folder, frame.schema, split) if split else Spool(folder, frame.schema)
                )
        for name in running.spooled & set(output.relations):
            if all(of != name for of, _ in spools):
                schema = plan.compiled.graph[name].frame.schema
                spools[name, None] = Spool(scratch / SPOOLS / token_hex(4), schema)
        output.spools = spools
    if by_relation or (beside and not outputs):
        sinks = (
            (name, gates.watching(
                name, _sink(each, [spool for (of, _), spool in spools.items() if of == name], running)))
            for name, each in by_relation.items()
        )  # fmt: skip
        watched = gates.sinks(by_relation) if outputs and asks_gates else []
        backend.stream([*sinks, *beside, *watched])
        gates.passed([*by_relation, *(name for name, _ in watched)])


def _sink(outputs: Sequence[Output], spools: Sequence[Spool], running: Running) -> Sink:
    left, progress = running.preview, running.progress

    def sink(batch: pl.DataFrame) -> bool:
        nonlocal left
        running.cancellation.check()
        if left is not None:
            batch = batch.head(left)
            left -= batch.height
        for spool in spools:
            spool.add(batch)
        for output in outputs:
            if not output.write(batch):
                seconds = time.perf_counter() - output.started
                progress(Event(kind="rows", step=output.id, rows=output.rows, seconds=seconds))
        return left == 0 or all(output.error is not None for output in outputs)

    return sink


def _one_by_one(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running, gates: Gates) -> bool:
    """Each output by itself, so that only those that read what is broken fail; whether any went well."""
    graph = plan.compiled.graph
    for output in outputs:
        try:
            # rejects are not known where their source was not read to its end
            read_whole(graph, graph.rejecting(output.relations), running.folder)
            _stream(plan, backend, [output], running, gates, asks_gates=False)
        except Exception as error:  # the engine's; the delivery says it
            running.cancellation.check()
            output.fail(error if isinstance(error, ConnectorProblem)
                        else diagnosed(plan, running.folder, error, output.relations))  # fmt: skip
    return any(output.error is None for output in outputs)
