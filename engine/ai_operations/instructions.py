"""What the author says to a model, its references told apart: columns, values of frames, words of the run.

A column's value never becomes part of the words: its name stands there in brackets, and the value is data beside them.
So the words are the same for every row, and no row can change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from connectors.ai.json_text import json_text
from engine.text_values import TextValue, TextValues
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, Unresolved, parse_template, resolve
from ir.value_text import text_of

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from ir.diagnostics import Pointer
    from ir.model.ai import AiOperation
    from transforms.frame import Frame

_ROW = frozenset({"item", "row"})


@dataclass(slots=True, kw_only=True)
class Instructions:
    """The words of one operation, being read. `names` are those of the frame whose rows it takes."""

    compiler: Compiler
    rows: Frame
    names: Sequence[str]
    is_for_all: bool
    columns: list[str] = field(default_factory=list)
    """The columns that they name, in the order in which they do."""
    values: dict[str, TextValue | None] = field(default_factory=dict)
    """The values of other frames that they name, by how they are written."""

    def read(self, operation: AiOperation, at: Pointer) -> tuple[str | None, str | None]:
        """The instruction and the context; errors stand at their places."""
        context = operation.context
        written = context if isinstance(context, str) or context is None else json_text(context)
        return self._read(operation.instruction, (*at, "instruction")), self._read(written, (*at, "context"))

    def _read(self, text: str | None, at: Pointer) -> str | None:
        if text is None:
            return None
        try:
            template = parse_template(text)
        except TemplateSyntax as problem:
            self.compiler.problems.error("IR111", problem.message, at=at, within=(problem.start, problem.end))
            return text
        return "".join(each if isinstance(each, str) else self._said(each, at) for each in template.parts).strip()

    def _said(self, reference: Reference, at: Pointer) -> str:
        path = reference.path
        if (column := self._column(path)) is not None:
            if column not in self.columns:
                self.columns.append(column)
            rest = path[path.index(column) + 1 :]
            if rest and not _has(self.rows.schema[column], rest[0]):
                kind = self.rows.schema[column]
                fields = [name for name, _ in kind.fields] if isinstance(kind, t.Struct) else []
                self.compiler.problems.error(
                    "IR402", f'"{column}" is {kind} and has no "{rest[0]}"', at=at, within=reference.span,
                    hint=did_you_mean(str(rest[0]), fields) or f"write {{{{{column}}}}}",
                )  # fmt: skip
            return f"[{'.'.join(map(str, (column, *rest)))}]"
        if self._means_rows(path):
            return "the rows" if self.is_for_all else "the row"
        if path[0] in self.compiler.frames:
            self.values[str(reference)] = self._value(reference, at)
            return f"[{reference}]"
        return self._word(reference, at)

    def _column(self, path: Sequence[object]) -> str | None:
        """The column that a path leads to: bare, of the row, or of the frame that the rows are of."""
        columns = self.rows.schema
        first = str(path[0])
        if first in columns and (len(path) == 1 or first not in self.compiler.frames or _has(columns[first], path[1])):
            return first
        inside = next((each for each in path[1:] if isinstance(each, str)), None)
        if inside not in columns or (len(path) > 1 and isinstance(path[1], int)):
            return None
        frame = self.compiler.frames.get(str(path[0]))
        is_of_rows = path[0] in (*_ROW, *self.names) or (frame is not None and not frame.single)
        return inside if is_of_rows else None

    def _means_rows(self, path: Sequence[object]) -> bool:
        return path[0] in (*_ROW, *self.names) and not any(isinstance(each, str) for each in path[1:])

    def _value(self, reference: Reference, at: Pointer) -> TextValue | None:
        found = TextValues()
        found.read_reference(reference, at, self.compiler)
        return found.known[str(reference)]

    def _word(self, reference: Reference, at: Pointer) -> str:
        compiler = self.compiler
        roots = compiler.words.roots()
        if str(reference) in {"run.id", "run_id"}:
            self._refuse("an instruction with the run's id would be another one in every run, and nothing be "
                         "remembered", "leave it out", reference, at)  # fmt: skip
            return ""
        try:
            return text_of(resolve(reference, roots))
        except Unresolved as problem:
            known = [*self.rows.schema.names, *compiler.frames, *roots]
            self._refuse(f"{reference} has no value here: {problem}" if reference.root in roots else
                         f'"{reference.root}" is no column here, no frame and no word of the run',
                         did_you_mean(problem.name, known) or f"columns here: {self.rows.schema.brief()}",
                         reference, at)  # fmt: skip
            return ""

    def _refuse(self, message: str, hint: str, reference: Reference, at: Pointer) -> None:
        self.compiler.problems.error("IR303", message, at=at, within=reference.span, hint=hint)


def _has(kind: t.DataType, part: object) -> bool:
    """Whether a value of a column has such a part: a field, or an element."""
    if isinstance(kind, t.Struct):
        return isinstance(part, str) and kind.get(part) is not None
    return isinstance(kind, t.Json) or (isinstance(kind, t.ListOf) and not isinstance(part, str))


def is_file(kind: t.DataType | None) -> bool:
    """Whether a column holds files."""
    return isinstance(kind, t.File) or kind == t.ListOf(t.File())


def sent_columns(operation: AiOperation, named: Sequence[str], columns: Mapping[str, t.DataType]) -> list[str]:
    """The columns that go along with each row: those that `columns` says, else that the words name, else all. Of rows
    with files an extraction reads the files, and other types read files only where they are named."""
    if operation.columns:
        return [*operation.columns]
    if named:
        return [*named]
    files = [name for name, kind in columns.items() if is_file(kind)]
    if files and operation.type in {"extract", "deterministic_extract"}:
        return files
    return [name for name in columns if name not in files] or files
