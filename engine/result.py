"""What a run did: its steps, its deliveries, its warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from typing import TYPE_CHECKING, Any, Literal

from engine.fields import fields_of
from ir.diagnostics import Diagnostic
from ir.records import dataclass

if TYPE_CHECKING:
    import polars as pl

    from engine.increments.saving import IncrementResult
    from engine.plan import Plan

Status = Literal["succeeded", "incomplete", "failed", "cancelled"]
_EXIT_CODES: dict[Status, int] = {"succeeded": 0, "failed": 1, "cancelled": 1, "incomplete": 3}


_OF_MODELS = ("calls", "tokens_in", "tokens_out", "cost")


def counted(outcome: Mapping[str, int | float]) -> str:
    """What was counted, for people."""
    return ", ".join(f"{value:,} {word.replace('_', ' ')}" for word, value in outcome.items() if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of the run. Rows are None where the engine fused the step with others and nobody counted."""

    name: str
    kind: str
    rows_in: int | None = None
    rows_out: int | None = None
    seconds: float = 0.0
    attempts: int = 1
    dead_letters: int = 0
    outcome: Mapping[str, int | float] = field(default_factory=dict)
    """What an AI or plugin operation did: its calls, their tokens, its failed rows and so on."""

    @property
    def said(self) -> str:
        """What an operation did, for people: 12 calls, 3,400 tokens."""
        return counted(self.outcome)

    def as_json(self) -> dict[str, Any]:
        """The step as `weirflow run --format json` prints it; its dead letters and outcome only where it has
        some."""
        known = {**fields_of(self), "seconds": round(self.seconds, 3)}
        return {name: value for name, value in known.items() if value or name not in {"dead_letters", "outcome"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One validation rule: what it asks, its action, and how many rows broke it."""

    rule: str
    action: str
    rows: int
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file of a delivery that makes many."""

    target: str
    rows: int
    bytes: int
    sha256: str
    link: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The file as a delivery's JSON lists it; its link only where it is public."""
        return {name: value for name, value in fields_of(self).items() if name != "link" or value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """One delivery. `error` says why it was not delivered, `finding` the same at its place in the document."""

    id: str
    step: str
    kind: str
    target: str
    rows: int = 0
    bytes: int = 0
    sha256: str | None = None
    link: str | None = None
    """Where anyone may read it; only of a public file."""
    status: Literal["delivered", "incomplete", "failed", "skipped", "uncertain"] = "delivered"
    """`incomplete` where some messages of a delivery went out and others did not. `uncertain`: nobody knows whether it
    took effect, and it was not repeated."""
    error: str | None = None
    finding: Diagnostic | None = None
    outcome: Mapping[str, int] = field(default_factory=dict)
    """What became of the rows that were sent to a table: how many were inserted, updated and so on. Of messages: how
    many were sent, skipped, failed, and so on."""
    attempts: int = 1
    """How often it was tried; its step tells it."""
    files: tuple[FileResult, ...] = ()
    """The files of a delivery that is split, whose `target` is their pattern; else there is only the one."""

    def as_json(self) -> dict[str, Any]:
        """The delivery as `weirflow run --format json` prints it; its link only where it is public, its files only
        where it is split, its outcome only where it went to a table or is messages."""
        given = {"link": self.link, "outcome": self.outcome}
        left_out = {"finding", "files", "attempts", *(name for name, value in given.items() if not value)}
        found = {name: value for name, value in fields_of(self).items() if name not in left_out}
        return {**found, "files": [each.as_json() for each in self.files]} if self.files else found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DeliveryResult:
        """The delivery that `as_json` has told of."""
        files = tuple(FileResult(**each) for each in found.get("files", ()))
        return cls(**{**found, "files": files})

    @property
    def went_well(self) -> bool:
        """Whether the run need not say that it failed because of it; an incomplete one makes the run incomplete."""
        return self.status in {"delivered", "incomplete", "skipped"}

    @property
    def said(self) -> str:
        """What became of rows of a table or of messages, for people: 600 inserted, 400 updated."""
        return ", ".join(f"{count:,} {word}" for word, count in self.outcome.items() if count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many rows of each delivery were made, and the folder that has them."""

    rows: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A run that came to its end. `result["data"]` is a frame of it as a Polars DataFrame, computed when asked."""

    run_id: str
    workflow: str
    status: Status
    engine: str
    engine_reason: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    steps: tuple[StepResult, ...]
    deliveries: tuple[DeliveryResult, ...]
    warnings: tuple[Diagnostic | str, ...] = ()
    validation: tuple[RuleResult, ...] = ()
    error: str | None = None
    """Why the run was cancelled, or failed before its end; None where it came to its end."""
    attempts: int = 1
    """How often it was begun: more than once where it was resumed, and never where it was stopped before the journal
    knew of it."""
    ended: str | None = None
    """Why the run ended well with nothing delivered, as an edge case says; None where it did not."""
    dead_letters: dict[str, Any] = field(default_factory=lambda: {"count": 0, "path": None})
    """How many rows were rejected, and the Parquet file that holds them; an NDJSON file of that name is beside it."""
    increments: tuple[IncrementResult, ...] = ()
    """How far the run came with each incremental source."""
    preview: Preview | None = None
    """Set where nothing was delivered but the first rows to an outbox."""
    plan: Plan | None = field(default=None, repr=False)

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self.status]

    def __getitem__(self, frame: str) -> pl.DataFrame:
        """The rows of a frame by its name in the workflow.

        Raises:
            WorkflowError: there is no such frame.
        """
        assert self.plan is not None
        return self.plan.collect(frame)

    @property
    def models(self) -> Mapping[str, int | float]:
        """What all AI operations together took: calls, tokens, and the cost where it is known. Empty without any."""
        told = [each.outcome for each in self.steps if each.kind == "ai"]
        sums = {name: round(sum(each.get(name, 0) for each in told), 9) for name in _OF_MODELS}
        return {name: value for name, value in sums.items() if value or (told and name == "calls")}

    def as_json(self) -> dict[str, Any]:
        """The result as `weirflow run --format json` prints it."""
        preview = {} if self.preview is None else {"preview": asdict(self.preview)}
        return {
            "run_id": self.run_id,
            "workflow": self.workflow,
            "status": self.status,
            **preview,
            "engine": self.engine,
            "engine_reason": self.engine_reason,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "peak_memory_bytes": self.peak_memory_bytes,
            "steps": [each.as_json() for each in self.steps],
            **({"models": dict(self.models)} if self.models else {}),
            "deliveries": [each.as_json() for each in self.deliveries],
            **({"error": self.error} if self.error else {}),
            **({"attempts": self.attempts} if self.attempts > 1 else {}),
            "ended": self.ended,
            "validation": [asdict(each) for each in self.validation],
            "dead_letters": self.dead_letters,
            **({"incremental": [asdict(each) for each in self.increments]} if self.increments else {}),
            "warnings": [
                each.as_json() if isinstance(each, Diagnostic) else {"message": each} for each in self.warnings
            ],
        }
