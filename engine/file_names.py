"""The values of frames in names of files: checked when compiled, found out by a run before its files are made ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from engine.text_values import frame_value
from ir.diagnostics import Pointer
from ir.records import dataclass
from ir.templates import Reference, TemplateSyntax, parse_template
from ir.types import DataType
from transforms.aggregate import ReduceConfig, build_reduce
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler

ROWS, VALUE = "rows", "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameValue:
    """What a reference in a file's name stands for. Of one that `is_of_one_row` the relation has how many rows there
    are beside the value."""

    frame: Frame
    kind: DataType
    at: Pointer
    reference: Reference
    is_of_one_row: bool


@dataclass(slots=True)
class FileNames:
    """The references to frames that names of files hold, by how they are written.

    None stands for one that a first pass has to tell first, or that has an error.
    """

    known: dict[str, NameValue | None] = field(default_factory=dict)

    def read(self, text: str, at: Pointer, compiler: Compiler) -> frozenset[str]:
        """Have the values of the frames that the name's template holds computed; which these are."""
        try:
            template = parse_template(text)
        except TemplateSyntax:  # told where the name is filled in
            return frozenset()
        found = [each for each in template.references if each.root in compiler.frames]
        for each in found:
            if str(each) not in self.known:
                self.known[str(each)] = _named(each, at, compiler)
        return frozenset(map(str, found))

    @property
    def frames(self) -> list[str]:
        """The relations to compute."""
        return list(dict.fromkeys(each.frame.name for each in self.known.values() if each is not None))


def unknown(references: frozenset[str]) -> dict[str, str]:
    """What stands for the values before a run has found them out."""
    return {each: f"{{{each}}}" for each in references}


def _named(reference: Reference, at: Pointer, compiler: Compiler) -> NameValue | None:
    rows, path = compiler.frames[reference.root], reference.path[1:]
    if rows is not None and not path and reference.root in rows.schema:
        path = (reference.root,)
    if rows is None or len(path) != 1 or path[0] not in rows.schema:
        value = frame_value(reference, at, compiler)
        if value is None:
            return None
        return NameValue(frame=value.frame, kind=value.kind, at=at, reference=reference, is_of_one_row=False)
    compiler.read.add(reference.root)
    column = str(path[0])
    quoted = '"' + column.replace('"', '""') + '"'
    name = compiler.graph.free_name(f"{reference.root}_value")
    operation = build_reduce(ReduceConfig(aggregates={ROWS: "count(*)", VALUE: f"any_value({quoted})"}), rows,
                             compiler.building(at, name))  # fmt: skip
    if operation is None:
        return None
    frame = compiler.add(name, operation, at, name, hidden=True)
    return NameValue(frame=frame, kind=rows.schema[column], at=at, reference=reference, is_of_one_row=True)


def words_of(references: frozenset[str], names: Mapping[str, str]) -> dict[str, str]:
    """What the references stand for, as far as it is known."""
    return {**unknown(references), **{each: names[each] for each in references if each in names}}
