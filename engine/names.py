"""What the names of a template mean before any row is read: inputs and the words of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ir.diagnostics import Problems
from ir.model.workflow import Workflow
from ir.records import dataclass
from ir.types import DataType
from transforms.expressions import convert_literal

Inputs = Mapping[str, tuple[DataType, object]]


def read_inputs(workflow: Workflow, given: Mapping[str, object], problems: Problems, *,
                missing_allowed: bool = False) -> dict[str, tuple[DataType, object]]:  # fmt: skip
    """Each declared input with its type and value: as given, else its default, else null where it is not required."""
    values: dict[str, tuple[DataType, object]] = {}
    declared = {each.name for each in workflow.runtime_inputs}
    for name in given:
        if name not in declared:
            known = ", ".join(sorted(declared)) or "none"
            problems.error("IR310", f'"{name}" is no input of this workflow', at=("runtime_inputs",),
                           hint=f"its inputs are: {known}")  # fmt: skip
    for index, each in enumerate(workflow.runtime_inputs):
        kind, value = each.data_type, given.get(each.name, each.default_value)
        if value is None:
            if each.required and not missing_allowed:
                problems.error("IR311", f'the input "{each.name}" is required and was not given',
                               at=("runtime_inputs", index), hint=f"give it with --input {each.name}=…")  # fmt: skip
            values[each.name] = (kind, None)
            continue
        misfit = each.misfit(value)
        if misfit:
            problems.error("IR208", misfit, at=("runtime_inputs", index))
            value = None
        try:
            values[each.name] = (kind, None if value is None else convert_literal(value, kind))
        except ValueError:
            values[each.name] = (kind, value)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWords:
    """The roots a template may use outside of rows: `inputs`, `run`, and the run's words standing bare."""

    workflow: str
    inputs: Inputs
    now: datetime
    timezone: str
    run_id: str = "dry-run"
    values: Mapping[str, str] = field(default_factory=dict)
    """The texts of references that only rows can fill, such as `kpis.revenue`, as they are written."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The same for names of files, as a run has found them out."""
    later: frozenset[str] = frozenset()
    """Names whose values this version cannot put into a text yet: frames, and `group` where rows are grouped."""

    def run(self) -> dict[str, Any]:
        """The words of `run`: date 2026-01-31, time 143000, week and quarter by ISO."""
        local = self.now.astimezone(ZoneInfo(self.timezone))
        return {
            "date": local.strftime("%Y-%m-%d"),
            "time": local.strftime("%H%M%S"),
            "datetime": local.strftime("%Y-%m-%dT%H%M%S"),
            "year": local.strftime("%Y"),
            "month": local.strftime("%m"),
            "day": local.strftime("%d"),
            "week": f"{local.isocalendar().week:02}",
            "quarter": str((local.month + 2) // 3),
            "id": self.run_id,
            "workflow": self.workflow,
        }

    def roots(self) -> dict[str, Any]:
        """Every root by name, for `ir.templates.render`."""
        run = self.run()
        bare = {("run_id" if word == "id" else word): value for word, value in run.items()}
        return {**bare, "run": run, "inputs": {name: value for name, (_, value) in self.inputs.items()}}
