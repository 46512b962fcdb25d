"""The workbook that an XLSX delivery fills: whether it is there, and whether the run may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.places import report
from ir.diagnostics import Pointer

if TYPE_CHECKING:
    from engine.compiler import Compiler


def check_template(written: str, at: Pointer, compiler: Compiler) -> None:
    """Find the file beside the workflow's: IR503 where the run may not read it, IR604 where there is none."""
    path, key = compiler.base / written, ("options", "template")
    try:
        compiler.policy.check_template(path)
        if not path.is_file():
            raise ConnectorProblem("IR604", f"there is no template {written}", key=key,
                                   hint="its path is relative to the workflow's file")  # fmt: skip
    except ConnectorProblem as problem:
        found = ConnectorProblem(problem.code, problem.message, hint=problem.hint, key=key)
        report(found, compiler.problems, at=at)
