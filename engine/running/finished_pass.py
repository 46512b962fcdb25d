"""A pass over the sources that is complete: what a resume takes from it, so that nothing is read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.files.report import Provenance
from engine.fields import fields_of
from engine.groups import SplitSpool
from engine.increments.saving import Reached
from engine.output import Output, Spools
from engine.result import RuleResult, StepResult
from engine.run_folder import PASS, SPOOLS, write_whole
from engine.spool import Spool
from ir.diagnostics import Diagnostic
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPass:
    """What a complete pass has found out. Its rows stand in the run's folder, in the spools that are named here."""

    spools: tuple[Mapping[str, Any], ...]
    texts: Mapping[str, str]
    """The values that texts of reports show."""
    provenance: tuple[str, ...] | None
    gates: Mapping[str, Any]
    steps: tuple[StepResult, ...]
    validation: tuple[RuleResult, ...]
    has_failed_checks: bool
    warnings: tuple[tuple[str, str], ...]
    """Code and message of each."""
    letters: Mapping[str, int]
    reached: Reached
    read: tuple[Mapping[str, Any], ...]
    """The facts of the sources."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The values of frames that names of files hold."""

    def save(self, folder: Path) -> None:
        """Write it into the run's folder, whole or not at all."""
        write_whole(folder / PASS, json.dumps(fields_of(self), default=fields_of))

    @classmethod
    def load(cls, folder: Path) -> FinishedPass | None:
        """What an earlier attempt at the run has saved; None where no pass came to its end."""
        with suppress(OSError, ValueError, KeyError, TypeError):  # half of a file, after the machine went down
            found = json.loads((folder / PASS).read_text(encoding="utf-8"))
            return cls(**{
                **found, "spools": tuple(found["spools"]), "read": tuple(found["read"]),
                "provenance": None if found["provenance"] is None else tuple(found["provenance"]),
                "steps": tuple(StepResult(**each) for each in found["steps"]),
                "validation": tuple(RuleResult(**each) for each in found["validation"]),
                "warnings": tuple((code, message) for code, message in found["warnings"]),
                "reached": Reached.from_json(found["reached"]),
            })  # fmt: skip
        return None

    @property
    def footer(self) -> Provenance | None:
        """The lines under its documents."""
        return None if self.provenance is None else Provenance(lines=self.provenance)

    @property
    def told(self) -> list[Diagnostic]:
        """Its warnings, which have lost their places."""
        return [Diagnostic(code=code, severity="warning", message=message) for code, message in self.warnings]

    def reopened(self, plan: Plan, outputs: Sequence[Output], folder: Path) -> Spools | None:
        """The rows of all these outputs; None where some of them have to be read again."""
        spools: Spools = {}
        stored = {(each["frame"], each["split"]): each for each in self.spools}
        names = {name for each in outputs for name in each.relations}
        wanted = {(frame.name, split) for each in outputs for frame, split in each.spooled}
        for name in names:
            if all(of != name for of, _ in wanted):
                wanted.add((name, None))
        for name, split in wanted:
            about = stored.get((name, split))
            if about is None or name not in plan.compiled.graph:
                return None
            schema, place = plan.compiled.graph[name].frame.schema, folder / SPOOLS / about["folder"]
            spool = SplitSpool(place, schema, split) if split else Spool(place, schema)
            if not spool.reopen(about):
                return None
            spools[name, split] = spool
        return spools


def stored_spools(outputs: Sequence[Output]) -> tuple[Mapping[str, Any], ...]:
    """The spools whose rows are all there: those of deliveries for which nothing went wrong on the way."""
    well = {name for each in outputs if each.error is None for name in each.relations}
    found = {key: spool for each in outputs for key, spool in each.spools.items() if key[0] in well}
    return tuple({"frame": name, "split": split, **spool.stored} for (name, split), spool in found.items())
