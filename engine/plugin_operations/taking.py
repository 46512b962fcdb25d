"""The rows that an operation takes: a frame, or the elements of a list that stands in each of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.plugin_operations.descent import row_by_row
from engine.plugin_operations.meanings import Meaning
from engine.plugin_operations.names import ArgumentNames, Values
from ir import types as t
from ir.diagnostics import Pointer
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, parse_template
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What input_source says. `elements` is the value of each row that is gone through, one call an element; a value
    that is no list is the only element."""

    frame: Frame
    source: str
    """The visible name of the frame."""
    elements: Meaning | None = None

    @property
    def element_kind(self) -> t.DataType | None:
        """The type of one element."""
        if self.elements is None:
            return None
        kind = self.elements.kind or t.Json()
        return kind.item if isinstance(kind, t.ListOf) else kind

    def names(self, compiler: Compiler, *, takes_rows: bool = True, groups: tuple[str, ...] = (),
              gives_rows: bool = False, values: Values | None = None) -> ArgumentNames:  # fmt: skip
        """What may stand in the config of an operation on these rows."""
        return ArgumentNames(
            columns=self.frame.schema, source=self.source, per_row=row_by_row(self.frame, compiler),
            takes_rows=takes_rows, element=self.element_kind if takes_rows else None, groups=groups,
            gives_rows=gives_rows, values={} if values is None else values,
        )  # fmt: skip


def taken_rows(input_source: str | None, at: Pointer, compiler: Compiler) -> Taken | None:
    """The rows that the operation at `at` takes; None after an error, and where their columns are not known yet."""
    reference = _reference(input_source) if input_source is not None else None
    if reference is None or (len(reference.path) == 1 and reference.root in compiler.frames):
        frame = compiler.input_frame(input_source, at)
        source = reference.root if reference is not None else "data"
        return None if frame is None else Taken(frame=frame, source=source)
    source = reference.root if reference.root in compiler.frames else "data"
    if source == "data" and reference.root != "data":
        data = compiler.frames["data"]
        if data is not None and reference.root not in data.schema:
            compiler.find_frame(reference.root, (*at, "input_source"))
            return None
    compiler.read.add(source)
    frame = compiler.frames[source]
    if frame is None:
        return None
    names = ArgumentNames(columns=frame.schema, source=source, per_row={source: frozenset(frame.schema)})
    before = len(compiler.problems.errors)
    meaning = names.meaning(reference, (*at, "input_source"), compiler)
    if meaning is None or not meaning.is_of_rows:
        if len(compiler.problems.errors) == before:
            compiler.problems.error(
                "IR301", f'"{input_source}" names neither a frame nor a column of one', at=(*at, "input_source"),
                hint="write the name of a frame, or {{frame.column}} for one call an element of the column's lists",
            )  # fmt: skip
        return None
    return Taken(frame=frame, source=source, elements=meaning)


def _reference(text: str) -> Reference | None:
    """The one reference that the text is, its braces left out or not."""
    for written in (text, f"{{{{{text}}}}}"):
        try:
            template = parse_template(written)
        except TemplateSyntax:
            continue
        if template.is_single_reference:
            return template.references[0]
    return None
