"""What every effect has in common: how it stands in a plan, and how it is carried out in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import polars as pl

from engine.result import StepResult
from engine.spool import Spool
from ir.diagnostics import Pointer
from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running

EffectKind = Literal["ai", "plugin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What an effect has at hand while it is carried out. What it leaves in `folder` stays for a resume."""

    plan: Plan
    running: Running
    rows: Spool | None
    """The rows it takes, in their order; None for an effect that takes none."""
    values: Mapping[str, pl.DataFrame]
    """The rows of the relations that its `values` name."""
    result: Spool
    """Takes the rows that it gives."""
    rejected: Spool | None
    """Takes the rows that failed, where the operation names a frame for them."""
    letters: Spool
    """Takes the dead letters, in the columns of `transforms.rejects.LETTER_COLUMNS`; their step is the effect's id."""
    folder: Path

    @property
    def files(self) -> Path:
        """Where the bytes of file values lie: the folder that their `ref` is relative to."""
        return self.running.folder / "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectResult:
    """What became of an effect. `outcome` counts what it did: calls, tokens, failed rows and so on."""

    outcome: Mapping[str, int | float] = field(default_factory=dict)
    attempts: int = 1
    dead_letters: int = 0
    is_whole: bool = True
    """Whether nothing of it failed; otherwise the run ends incomplete."""
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> EffectResult:
        return cls(**{**found, "remarks": tuple(found["remarks"])})


class Effect(Protocol):
    """One AI or plugin operation of a compiled workflow."""

    @property
    def id(self) -> str:
        """The step's name in the plan; also that of its folder."""
        ...

    @property
    def at(self) -> Pointer: ...

    @property
    def kind(self) -> EffectKind: ...

    @property
    def rows(self) -> Frame | None:
        """The frame whose rows it takes."""
        ...

    @property
    def values(self) -> tuple[Frame, ...]:
        """Frames, of few rows, that it reads as a whole beside them."""
        ...

    @property
    def schema(self) -> Schema:
        """The columns of the rows that it gives."""
        ...

    @property
    def rejected(self) -> Schema | None:
        """The columns of the frame of the rows that failed; None where the operation names none."""
        ...

    @property
    def summary(self) -> str:
        """What it does, for a plan."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """What else a plan says of it, for people and tools; never a secret."""
        ...

    def carry_out(self, doing: Doing) -> EffectResult:
        """Do it, and put the rows it gives into `doing.result`.

        Called again in the same folder after a run was stopped, it goes on with what was not done.

        Raises:
            WorkflowError: it failed, and the workflow says that the run fails with it.
            Cancelled: the run was told to stop.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectDone:
    """An effect that was carried out in this run, or in an earlier attempt at it."""

    effect: Effect
    rows_in: int | None
    rows_out: int
    seconds: float
    result: EffectResult

    @property
    def step(self) -> StepResult:
        return StepResult(name=self.effect.id, kind=self.effect.kind, rows_in=self.rows_in, rows_out=self.rows_out,
                          seconds=self.seconds, attempts=self.result.attempts, dead_letters=self.result.dead_letters,
                          outcome=self.result.outcome)  # fmt: skip
