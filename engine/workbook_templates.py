"""The workbook that an XLSX delivery fills: where it is, and whether the run may read it."""

from __future__ import annotations

from pathlib import Path

from connectors.policy import Policy
from connectors.problem import ConnectorProblem


def template_path(written: str, *, base: Path, policy: Policy) -> Path:
    """The file, relative to the workflow's.

    Raises:
        ConnectorProblem: IR503 for a folder the run may not read, IR604 where there is no such file.
    """
    key = ("options", "template")
    path = base / written
    try:
        policy.check_template(path, base=base)
    except ConnectorProblem as problem:
        raise ConnectorProblem(problem.code, problem.message, hint=problem.hint, key=key) from None
    if not path.is_file():
        raise ConnectorProblem("IR604", f"there is no template {written}", key=key,
                               hint="its path is relative to the workflow's file")  # fmt: skip
    return path
