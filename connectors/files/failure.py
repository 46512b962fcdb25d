"""Which value stopped a run: a slow second look after an engine gave up."""

from __future__ import annotations

from pathlib import Path

from connectors.files.relation import FileRelation
from connectors.problem import ConnectorProblem


def explain_failure(relation: FileRelation, error: Exception, scratch: Path) -> ConnectorProblem | None:
    """The first value of the relation's files that does not fit its column, None when all fit.

    The engine's error is kept as a note only where this look finds what it met.
    """
    if relation.scan is None:
        return None
    try:
        misfit = relation.scan.find_misfit(relation.copies(scratch))
    except ConnectorProblem as problem:
        return problem
    if misfit is None:
        return None
    shown = misfit.text if len(misfit.text) <= 80 else misfit.text[:80] + "…"
    is_declared = misfit.column in relation.declared
    if is_declared:
        hint = f'correct the value, list it in null_values, or declare "{misfit.column}" as a wider type'
    else:
        hint = f'declare it: schema: {{"{misfit.column}": string}}, or list the text in null_values'
    return ConnectorProblem(
        "IR533", f'{misfit.shown}, row {misfit.row}, column "{misfit.column}": "{shown}" does not fit {misfit.kind}',
        hint=hint, key=("config", "schema", misfit.column) if is_declared else ("location",),
        notes=[] if is_declared else [f"{misfit.kind} is what a sample of the column looked like"],
    )  # fmt: skip
