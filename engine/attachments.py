"""The edge case no_attachments_found: what is done where no row of `data` has a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.edge_cases import Ending, Occasion, edge_case
from ir.expression_lexer import quoted
from ir.types import File, ListOf
from transforms.filter import FilterConfig, build_filter

if TYPE_CHECKING:
    from engine.compiler import Compiler

_CASE = "no_attachments_found"


def look_for_attachments(compiler: Compiler) -> None:
    """Have the rows found that have a file, where an edge case says what is done without any."""
    index = next((place for place, each in enumerate(compiler.workflow.edge_cases) if each.condition == _CASE), None)
    data = compiler.frames["data"]
    if index is None or data is None:
        return
    at = ("edge_cases", index, "condition")
    tests = [f"{quoted(name)} is not null" for name, kind in data.schema.items() if isinstance(kind, File)]
    tests += [f"list_length({quoted(name)}) > 0" for name, kind in data.schema.items()
              if isinstance(kind, ListOf) and isinstance(kind.item, File)]  # fmt: skip
    if not tests:
        compiler.problems.error("IR206", f"{_CASE} means nothing here: data has no column of files", at=at,
                                hint="a source such as the messages of a mailbox has one")  # fmt: skip
        return
    operation = build_filter(FilterConfig(where=" or ".join(tests)), data, compiler.building(at, "with_files"))
    if operation is None:
        return
    rows = compiler.add(compiler.graph.free_name("with_files"), operation, at, "with_files", hidden=True)
    reason = "no row has an attachment"
    compiler.occurred(_CASE, Occasion(reason=reason, frame=rows))
    if edge_case(compiler.workflow, _CASE, "skip_execution") is not None:
        compiler.endings.append(Ending(frame=rows, reason=reason))
