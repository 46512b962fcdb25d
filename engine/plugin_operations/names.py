"""The names that the config of an action may use, and which of them every row has of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from engine.plugin_operations.meanings import (
    CURSOR,
    CURSOR_FORMS,
    MOMENT,
    Meaning,
    NoSuchPart,
    OfCursor,
    OfElement,
    OfFrame,
    OfGroup,
    OfRow,
    OfRows,
    OfRun,
    kind_within,
)  # fmt: skip
from engine.text_values import LENGTHS, TextValue, frame_value
from ir import types as t
from ir.diagnostics import Pointer, did_you_mean
from ir.records import dataclass
from ir.templates import Every, Reference, Segment
from ir.types import Schema

if TYPE_CHECKING:
    from engine.compiler import Compiler

GROUP_WORDS = {"group_key": "key", "group_name": "name"}
Values = dict[tuple[Segment, ...], TextValue]
"""Values of other frames that were asked for, by their paths."""
_IN_GROUP = ("key", "name", "items", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentNames:
    """What stands in the config of one operation. `columns` are those of the rows it reads."""

    columns: Schema
    source: str = "data"
    """The name under which it reads them."""
    per_row: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The frames that the rows come from one by one: which columns of each still stand in the row unchanged."""
    takes_rows: bool = True
    """Whether a call may be about one row; else each value of a frame is a single one."""
    element: t.DataType | None = None
    """The type of the elements, where the rows are gone through list by list."""
    groups: tuple[str, ...] = ()
    """The columns that make groups, where a call is about one."""
    cursor: t.DataType | None = None
    """The type of the cursor of a source of which only what is new is read."""
    gives_rows: bool = False
    """Whether the name of the frame alone stands for its rows."""
    values: Values = field(default_factory=dict)
    """The values of other frames that were asked for."""

    def meaning(self, reference: Reference, at: Pointer, compiler: Compiler) -> Meaning | None:
        """What the reference stands for; None after an error at its place."""
        try:
            return self._meaning(reference, at, compiler)
        except NoSuchPart as problem:
            compiler.problems.error("IR401", problem.message, at=at, within=reference.span, hint=problem.hint)
            return None

    def _meaning(self, reference: Reference, at: Pointer, compiler: Compiler) -> Meaning | None:
        root, rest = reference.root, reference.path[1:]
        if root == CURSOR and self.cursor is not None:
            return self._of_cursor(reference, self.cursor)
        if self.gives_rows and reference.path == (self.source,):
            return OfRows(reference=reference)
        if root == "item" and self.element is not None:
            return OfElement(reference=reference, path=rest, kind=kind_within(self.element, rest, "item"))
        if root == "item" and self.takes_rows:
            return self._of_whole_row(reference, rest, at, compiler)
        if self.groups and (root == "group" or root in GROUP_WORDS):
            return self._of_group(reference, at, compiler)
        if root in self.columns and self.takes_rows:
            self._warn_of_two_meanings(reference, at, compiler)
            return self._of_column(reference, root, rest)
        if root in self.columns and root in self.groups:
            return OfGroup(reference=reference, word=f"column {root}", path=rest,
                           kind=kind_within(self.columns[root], rest, root))  # fmt: skip
        if root in self.per_row and rest and isinstance(rest[0], str) and self.takes_rows:
            column = rest[0]
            if column in self.per_row[root]:
                return self._of_column(reference, column, rest[1:])
            if root == self.source and column not in LENGTHS:
                self._no_column(reference, column, at, compiler)
                return None
        if root in compiler.frames:
            return self._of_frame(reference, at, compiler)
        return self._of_run(reference, at, compiler)

    def _of_cursor(self, reference: Reference, kind: t.DataType) -> OfCursor:
        rest = reference.path[1:]
        if not rest:
            return OfCursor(reference=reference, kind=t.String() if isinstance(kind, t.Datetime) else kind)
        form = str(rest[0])
        forms = {t.Datetime: CURSOR_FORMS, t.Integer: {MOMENT: t.String()}}.get(type(kind), {})
        if form not in forms or len(rest) > 1:
            known = ", ".join(f"{CURSOR}.{each}" for each in forms) or CURSOR
            raise NoSuchPart(f'a cursor that is {kind} has no "{form}"', f"write {known}")
        return OfCursor(reference=reference, kind=forms[form], form=form)

    def _of_column(self, reference: Reference, column: str, rest: Sequence[Segment]) -> OfRow:
        return OfRow(reference=reference, column=column, path=tuple(rest),
                     kind=kind_within(self.columns[column], rest, column))  # fmt: skip

    def _of_whole_row(self, reference: Reference, rest: Sequence[Segment], at: Pointer, compiler: Compiler
                      ) -> Meaning | None:  # fmt: skip
        if not rest:
            return OfRow(reference=reference, column=None)
        if str(rest[0]) not in self.columns:
            self._no_column(reference, str(rest[0]), at, compiler)
            return None
        return self._of_column(reference, str(rest[0]), rest[1:])

    def _of_group(self, reference: Reference, at: Pointer, compiler: Compiler) -> Meaning | None:
        root, rest = reference.root, reference.path[1:]
        if root in GROUP_WORDS:
            return OfGroup(reference=reference, word=GROUP_WORDS[root], path=rest)
        if not rest or rest[0] not in _IN_GROUP:
            shown = f'"{rest[0]}"' if rest else "value of its own"
            compiler.problems.error("IR303", f"a group has no {shown}", at=at, within=reference.span,
                                    hint=f"write {', '.join(f'group.{each}' for each in _IN_GROUP)}")  # fmt: skip
            return None
        return OfGroup(reference=reference, word=str(rest[0]), path=rest[1:])

    def _of_run(self, reference: Reference, at: Pointer, compiler: Compiler) -> Meaning | None:
        root, rest, roots = reference.root, reference.path[1:], compiler.words.roots()
        if root == "inputs" and rest:
            if (name := str(rest[0])) not in compiler.words.inputs:
                compiler.problems.error("IR302", f'there is no input "{name}"', at=at, within=reference.span,
                                        hint=did_you_mean(name, compiler.words.inputs)
                                        or "declare it under runtime_inputs")  # fmt: skip
                return None
            return OfRun(reference=reference, path=rest, kind=compiler.words.inputs[name][0])
        if root == "run" and rest and rest[0] not in roots["run"]:
            compiler.problems.error("IR303", f'{reference}: there is no "{rest[0]}" in it', at=at,
                                    within=reference.span, hint=did_you_mean(str(rest[0]), roots["run"]))  # fmt: skip
            return None
        if root in roots:
            return OfRun(reference=reference, path=rest, kind=None if root in {"run", "inputs"} else t.String())
        compiler.problems.error("IR303", f'"{root}" stands for nothing here', at=at, within=reference.span,
                                hint=self._hint(root, compiler), notes=[f"columns here: {self.columns.brief()}"]
                                if self.takes_rows and len(self.columns) else ())  # fmt: skip
        return None

    def _hint(self, root: str, compiler: Compiler) -> str | None:
        if root == CURSOR and not self.takes_rows:
            return "a source of which only what is new is read has one: config: {incremental: {cursor: …}}"
        if root in self.columns:
            return (f'"{root}" is a column, and this call is not about one row: write execution_scope: per_item, or '
                    f"{{{{{self.source}[0].{root}}}}} for the first row's")  # fmt: skip
        if root == "item":
            return "this call is not about one row: write execution_scope: per_item"
        known = [*(self.columns if self.takes_rows else ()), *compiler.frames, *compiler.words.roots()]
        return did_you_mean(root, known)

    def _no_column(self, reference: Reference, column: str, at: Pointer, compiler: Compiler) -> None:
        compiler.problems.error("IR401", f'the rows have no column "{column}"', at=at, within=reference.span,
                                hint=did_you_mean(column, self.columns.names),
                                notes=[f"columns here: {self.columns.brief()}"])  # fmt: skip

    def _warn_of_two_meanings(self, reference: Reference, at: Pointer, compiler: Compiler) -> None:
        """A column stands before a word of the run of the same name."""
        root = reference.root
        if root in compiler.words.roots():
            compiler.problems.warning(
                "IR656", f'"{root}" is this row\'s column here, not the word of the same name', at=at,
                within=reference.span, hint=f"write item.{root} for the column and run.{root} for the run's own",
            )  # fmt: skip

    def _of_frame(self, reference: Reference, at: Pointer, compiler: Compiler) -> Meaning | None:
        """A single value of a frame, or with [*] one of each row; a result that is one value means that."""
        root, path = reference.root, reference.path
        frame = compiler.frames[root]
        if frame is None:
            compiler.read.add(root)
            return None
        taken = 3 if len(path) > 1 and not isinstance(path[1], str) else 2
        if frame.single and frame.schema.names == (root,) and path[1:2] != (root,):
            path, taken = (root, root, *path[1:]), 2
        found = self.values.get(path[:taken])
        if found is None:
            found = frame_value(Reference(path[:taken], reference.span), at, compiler)
            if found is None:
                return None
            self.values[path[:taken]] = found
        rest = path[taken:]
        is_list = isinstance(path[1], Every)
        kind = kind_within(found.kind, rest, str(Reference(path[:taken], reference.span)))
        return OfFrame(reference=reference, path=rest, source=found, is_list=is_list,
                       kind=None if is_list else kind)  # fmt: skip
