"""One file on its way: written into a staged one that takes its name only when it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import STREAMED, Part, Provenance, Report
from connectors.files.writing import FileWriter, WriteOptions, open_writer
from connectors.problem import ConnectorProblem
from connectors.storage.destination import Target
from connectors.storage.staging import Publish, Staged
from engine.engine_words import plain
from engine.failure import first_line
from engine.file_output import FileOutput, write_options
from engine.messages.attaching import Keeping
from engine.names import RunWords
from engine.output import Output
from engine.policies.connections import of_place
from engine.policies.policies import StepPolicy
from engine.report_parts import DOCUMENTS, CompiledPart
from engine.result import DeliveryResult, FileResult
from engine.spool import Rows, facts_of
from engine.worded_report import report_of
from ir.diagnostics import Problems
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
