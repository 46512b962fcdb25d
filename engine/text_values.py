"""The values of frames that texts of a report show: checked when compiled, computed before the deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.display import display_columns
from connectors.files.fitting import fitted_formats
from connectors.files.report import PLAIN, Part, Report
from ir.column_format import ColumnFormat
from ir.diagnostics import Pointer, did_you_mean
from ir.records import dataclass
from ir.templates import EVERY, Reference, TemplateSyntax, parse_template
from ir.types import DataType, Schema
from transforms.aggregate import ReduceConfig, build_reduce
from transforms.frame import Frame
from transforms.limit import LimitConfig, build_limit
from transforms.map import MapConfig, build_map
from transforms.operation import Operation

if TYPE_CHECKING:
    from engine.backends import Backend
    from engine.compiler import Compiler

LENGTHS = frozenset({"length", "count"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextValue:
    """What a reference stands for: the one column of the relation `frame`, its rows joined by commas."""

    frame: Frame
    kind: DataType
    how: ColumnFormat

    @property
    def column(self) -> str:
        return self.frame.schema.names[0]

    def text(self, rows: pl.DataFrame, *, locale: str, timezone: str) -> str:
        """The values as a reader sees them; null is what its format says, else nothing."""
        return shown_text(rows.select(pl.col(rows.columns[0]).alias("value")).to_series(), self.kind, self.how,
                          locale=locale, timezone=timezone)  # fmt: skip


def shown_text(values: pl.Series, kind: DataType, how: ColumnFormat, *, locale: str, timezone: str) -> str:
    """The values in their column's format, joined by commas."""
    columns = Schema([("value", kind)])
    part = Part(columns=columns, formats={"value": how})
    report = Report(columns=columns, locale=locale, timezone=timezone)
    rows = values.alias("value").to_frame()
    found = rows.select(display_columns(part, report, fitted_formats(part, rows))).to_series()
    return ", ".join(each or "" for each in found)


@dataclass(slots=True)
class TextValues:
    """The references to frames that the texts of one document hold, by how they are written.

    None stands for one that a first pass has to tell first, or that has an error.
    """

    known: dict[str, TextValue | None] = field(default_factory=dict)

    def read(self, text: str, at: Pointer, compiler: Compiler) -> None:
        """Have the values of the frames that the template names computed; errors stand at their places."""
        try:
            template = parse_template(text)
        except TemplateSyntax:  # told where the text is filled in
            return
        for each in template.references:
            if each.root in compiler.frames:
                self.read_reference(each, at, compiler)

    def read_reference(self, reference: Reference, at: Pointer, compiler: Compiler) -> None:
        """Have the value of the frame that the reference names computed."""
        if str(reference) not in self.known:
            self.known[str(reference)] = frame_value(reference, at, compiler)

    @property
    def frames(self) -> list[str]:
        """The relations to compute."""
        return list(dict.fromkeys(each.frame.name for each in self.known.values() if each is not None))

    def texts(self, backend: Backend | None, *, locale: str, timezone: str) -> Mapping[str, str]:
        """Every reference's text; without a backend they are empty."""
        if backend is None or not self.frames:
            return dict.fromkeys(self.known, "")
        rows = dict(zip(self.frames, backend.collect_each(self.frames), strict=True))
        return {
            written: "" if value is None else value.text(rows[value.frame.name], locale=locale, timezone=timezone)
            for written, value in self.known.items()
        }


def frame_value(reference: Reference, at: Pointer, compiler: Compiler) -> TextValue | None:
    """The relation with the value that the reference to a frame stands for; None after an error at its place."""
    root, path = reference.root, list(reference.path[1:])
    compiler.read.add(root)
    rows = compiler.frames[root]
    if rows is None:
        return None

    def refuse(code: str, message: str, hint: str | None, notes: Iterable[str] = ()) -> None:
        compiler.problems.error(code, message, at=at, within=reference.span, hint=hint, notes=notes)

    building = compiler.building(at, root)
    if not path and rows.single and root in rows.schema:  # a value that stands in a frame of its name
        path = [root]
    if len(path) == 1 and path[0] in LENGTHS and path[0] not in rows.schema:
        operation = build_reduce(ReduceConfig(aggregates={"length": "count(*)"}), rows, building)
        return _added([operation], f"{root}_length", PLAIN, at, compiler)
    place = path.pop(0) if path and not isinstance(path[0], str) else None
    if len(path) != 1 or not isinstance(path[0], str):
        refuse("IR303", f"{reference} is no value of the frame \"{root}\"",
               f"write {{{{{root}.column}}}}, {{{{{root}[0].column}}}} or {{{{{root}.length}}}}")  # fmt: skip
        return None
    column = path[0]
    if column not in rows.schema:
        refuse("IR401", f'"{root}" has no column "{column}"', did_you_mean(column, rows.schema.names),
               [f"columns here: {rows.schema.brief()}"])  # fmt: skip
        return None
    steps: list[Operation | None] = []
    if place is None and not rows.single:
        refuse("IR414", f'"{root}" may have many rows, so {reference} is no single value',
               f"write {{{{{root}[0].{column}}}}} for its first row, or make one row of it with reduce")  # fmt: skip
        return None
    if isinstance(place, int):
        if place < 0:
            refuse("IR303", f"{reference} counts from the end, and rows are counted from the first, 0",
                   "sort the frame the other way round, and take row 0")  # fmt: skip
            return None
        if not rows.single or place:
            if rows.order is None:
                refuse("IR420", f'row {place} of "{root}" needs ordered rows, and its rows have no order',
                       "put a sort before it")  # fmt: skip
                return None
            steps.append(build_limit(LimitConfig(rows=1, offset=place), rows, building))
    assert place is None or isinstance(place, int) or place is EVERY
    return _added(steps, f"{root}_value", rows.formats.get(column, PLAIN), at, compiler, rows=rows, column=column)


def _added(
    steps: Sequence[Operation | None], name: str, how: ColumnFormat, at: Pointer, compiler: Compiler, *,
    rows: Frame | None = None, column: str | None = None,
) -> TextValue | None:  # fmt: skip
    """The hidden relations that make the value: the steps, then only its column."""
    for operation in steps:
        if operation is None:
            return None
        rows = compiler.add(compiler.graph.free_name(name), operation, at, name, hidden=True)
    assert rows is not None
    if column is not None:
        operation = build_map(MapConfig(select=[column]), rows, compiler.building(at, name))
        if operation is None:
            return None
        rows = compiler.add(compiler.graph.free_name(name), operation, at, name, hidden=True)
    return TextValue(frame=rows, kind=rows.schema[rows.schema.names[0]], how=how)
