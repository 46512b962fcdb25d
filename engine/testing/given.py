"""The rows that a test gives in place of a source, typed as the source types its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.bad_rows import BadRowRule
from connectors.files.formats import FORMATS, format_of
from connectors.files.inference import infer_cell
from connectors.inline import InlineRelation, inline_rows
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.compiler import Compiler
from engine.graph import SourceRelation
from engine.names import RunWords, read_inputs
from engine.sources import open_source, source_names
from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.document import Document
from ir.model.file_source import FileSource, RowConfig
from ir.model.source import Source
from ir.model.sources import DatabaseSource
from ir.model.workflow import Workflow
from ir.model.workflow_test import GivenSource, WorkflowTest
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRows(InlineRelation):
    """Rows that stand in for a source; `is_single` where the source itself is known to have one row at most."""

    is_single: bool = False

    @property
    def single(self) -> bool:
        return self.is_single


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a test gives, and the workflow it is given to."""

    document: Document
    workflow: Workflow
    test: WorkflowTest
    at: Pointer
    base: Path
    policy: Policy
    now: datetime

    def sources(self, problems: Problems) -> dict[Pointer, SourceRelation]:
        """A relation for each source that the test has rows for; what is wrong with them stands in `problems`."""
        found: dict[Pointer, SourceRelation] = {}
        names = source_names(self.workflow)
        for name, rows in self.test.sources.items():
            at = (*self.at, "sources", name)
            if name not in names:
                continue  # the check of names says so
            index = names.index(name)
            given = rows if isinstance(rows, GivenSource) else GivenSource(rows=rows)
            below = (*at, "rows") if isinstance(rows, GivenSource) else at
            made = self._relation(name, index, given, below, problems)
            if made is not None:
                found["data_sources", index] = made
        return found

    def _relation(
        self, name: str, index: int, given: GivenSource, at: Pointer, problems: Problems
    ) -> SourceRelation | None:
        source = self.workflow.data_sources[index]
        real = self._real(source, name, index)
        rows = given.rows
        known = {} if real is None else {column: str(kind) for column, kind in real.schema.items()}
        strangers = [(row, column) for row, each in enumerate(rows) for column in each if column not in known]
        if known and strangers and not given.columns_schema:
            row, column = strangers[0]
            problems.error("IR401", f'the source "{name}" has no column "{column}"', at=(*at, row, column), on_key=True,
                           hint=did_you_mean(column, known), notes=[f"its columns: {', '.join(known)}"])  # fmt: skip
            return None
        types = {**known, **_declared(source), **(given.columns_schema or {})}
        columns = dict.fromkeys([*known, *types, *(column for each in rows for column in each)])
        if _is_text(source):
            types = {**_of_texts(rows, [each for each in columns if each not in types]), **types}
        try:
            made = inline_rows([{column: each.get(column) for column in columns} for each in rows], types, name=name,
                               rule=self._rule(source, len(rows)))  # fmt: skip
        except ConnectorProblem as problem:
            below = problem.key[2:] if problem.key[:2] == ("config", "rows") else ()
            problems.error(problem.code, problem.message, at=(*at, *below), notes=problem.notes,
                           hint="with expect: {dead_letters: 1} such a row is set aside as the source sets it aside"
                           if problem.code == "IR531" else problem.hint)  # fmt: skip
            return None
        return _standing_in(made, source, real)

    def _real(self, source: Source, name: str, index: int) -> SourceRelation | None:
        """The source itself as far as that is known without a connection; of a file its columns and types."""
        unheard = Problems(self.document)
        compiler = Compiler(document=self.document, workflow=self.workflow, problems=unheard, base=self.base,
                            policy=self.policy, now=self.now, given_inputs=self.test.inputs, validating=True,
                            full_refresh=True)  # fmt: skip
        inputs = read_inputs(self.workflow, self.test.inputs, unheard, missing_allowed=True)
        words = RunWords(workflow=compiler.name, inputs=inputs, now=self.now,
                         timezone=self.workflow.settings.timezone)  # fmt: skip
        try:
            return open_source(source, name, ("data_sources", index), compiler, words)
        except ConnectorProblem:  # a file that is not there, or whose store may not be asked
            return None

    def _rule(self, source: Source, rows: int) -> BadRowRule:
        """As the source says, but for how many: a row that does not fit is a slip unless the test expects it."""
        config = _row_config(source)
        if self.test.expect.dead_letters is not None:
            return BadRowRule.of(config.on_bad_row if config else None, rows)
        return BadRowRule(action="error") if config is None or config.on_bad_row != "null" else BadRowRule.of("null", 0)


def _declared(source: Source) -> Mapping[str, str]:
    config = _row_config(source)
    return (config.columns_schema or {}) if config is not None else {}


def _row_config(source: Source) -> RowConfig | None:
    config = getattr(source, "config", None)
    return config if isinstance(config, RowConfig) else None


def _is_text(source: Source) -> bool:
    """Whether the source is a text file, whose types are those that its texts look like."""
    if not isinstance(source, FileSource) or source.location is None:
        return False
    known = FORMATS.get(source.config.format or "") or format_of(source.location)
    return known is not None and known.name in {"csv", "tsv", "txt"}


def _of_texts(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, str]:
    """The types of columns that hold nothing but texts, as a text file would have them."""
    found: dict[str, str] = {}
    for column in columns:
        values = [each[column] for each in rows if each.get(column) is not None]
        if values and all(isinstance(each, str) for each in values):
            found[column] = str(infer_cell(values).kind)
    return found


def _standing_in(made: InlineRelation, source: Source, real: SourceRelation | None) -> GivenRows:
    """The rows with what is known of the source itself: whether its rows have an order, and whether it is but one."""
    ordered, single = bool(getattr(real, "ordered", True)), real is not None and real.single
    if isinstance(source, DatabaseSource) and source.database_config is not None:
        ordered = bool(source.database_config.order_by)
        single = source.database_config.limit == 1
    values = {each.name: getattr(made, each.name) for each in fields(InlineRelation)}
    return GivenRows(**{**values, "ordered": ordered}, is_single=single)
