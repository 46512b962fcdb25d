"""The sections of a report in the body of a message: which rows each shows in which message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.groups import SplitSpool
from engine.messages.names import Kind
from engine.output import Spools
from engine.report_parts import CompiledPart, Split, compile_sections
from engine.spool import Rows
from ir.diagnostics import Pointer
from ir.model.rendering import Rendering
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.compiler import Compiler


def sections_of(
    rendering: Rendering, kind: Kind, group_by: Sequence[str], at: Pointer, compiler: Compiler
) -> Sequence[CompiledPart]:
    """The sections that messages of type report follow; of a group they show its own rows."""
    if rendering.type != "report" or not rendering.sections or kind == "per_item":
        return ()
    if kind == "summary":
        return compile_sections(rendering, compiler) or ()
    if len(group_by) > 1:
        compiler.problems.error(
            "IR206", f"a report for each group goes by one column, and here are {len(group_by)}", at=at, on_key=True,
            hint="group by one column, or write rendering.type html_table",
        )  # fmt: skip
        return ()
    return compile_sections(rendering, compiler, Split(column=group_by[0])) or ()


@dataclass(slots=True)
class SectionRows:
    """The rows of the sections, found by the group that a message is about."""

    sections: Sequence[CompiledPart]
    spools: Spools

    def of(self, key: tuple[Any, ...]) -> list[Rows]:
        """The rows of each section; those of another frame are the same in every message."""
        return [self._rows(each, key) for each in self.sections]

    def _rows(self, section: CompiledPart, key: tuple[Any, ...]) -> Rows:
        spool = self.spools[section.frame.name, section.split]
        return spool.group(key[0], section.limit) if isinstance(spool, SplitSpool) else spool
