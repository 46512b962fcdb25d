"""What every delivery on its way has in common: it takes rows as they come, and is whole or not at all."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Literal, Protocol

import polars as pl

from connectors.files.report import Provenance
from connectors.problem import ConnectorProblem
from engine.failure import first_line
from engine.names import RunWords
from engine.places import report
from engine.result import DeliveryResult, FileResult
from engine.spool import Spool
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.document import Document
from ir.records import dataclass
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.delivery_order import Delivered
    from engine.plan import Plan

Spools = dict[tuple[str, str | None], Spool]


class Announce(Protocol):
    """Told just before a delivery takes effect, with the files that will stand in their places."""

    def __call__(self, files: Sequence[FileResult], /) -> None: ...


def tell_nobody(files: Sequence[FileResult]) -> None:
    """What a delivery announces that no journal knows of."""


@dataclass(slots=True, kw_only=True, eq=False)
class Output:
    """One delivery on its way. `open` may be called again after `fail`, and begins anew."""

    document: Document
    rows: int = 0
    started: float = 0.0
    seconds: float = 0.0
    """Spent on delivering, not on computing the rows."""
    error: Exception | None = None
    spools: Spools = field(default_factory=dict)
    """The rows of the frames of `spooled`, by name and the column they are split by."""
    problems: list[str] = field(default_factory=list)
    announce: Announce = field(default=tell_nobody)
    """Called just before anything of the delivery takes effect; what it raises forbids the delivery."""

    @property
    @abstractmethod
    def compiled(self) -> Delivered:
        """The delivery as it was compiled."""

    @property
    def id(self) -> str:
        return self.compiled.id

    @property
    def kind(self) -> Literal["file", "table", "message", "plugin"]:
        return self.compiled.kind

    @property
    def at(self) -> Pointer:
        return self.compiled.at

    @property
    def branch(self) -> str | None:
        """The branch of a conditional that it belongs to; None of the document's own."""
        return self.compiled.branch

    @property
    def identity(self) -> str:
        """The same text for the same place, where two deliveries may not go.

        Two may write to one table or to the same people, unlike files.
        """
        return f"delivery:{self.id}"

    @property
    def shown(self) -> str:
        """Where it goes, for people."""
        return self.compiled.shown_target

    @property
    def relations(self) -> list[str]:
        """The frames whose rows it takes."""
        return list(dict.fromkeys(each.name for each in self.compiled.frames))

    @property
    @abstractmethod
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        """The frames whose rows wait until all are there, and the column that they are split by."""

    @property
    def depends_on(self) -> Sequence[str]:
        """The deliveries that must have gone well before."""
        return self.compiled.delivery.depends_on

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        return 1

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        """Fill in texts, once the values are known that they show; nothing where none of it is a text of the run."""

    def open(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Know of no rows and no error."""
        self.rows, self.started, self.seconds, self.error = 0, time.perf_counter(), 0.0, None

    @abstractmethod
    def write(self, batch: pl.DataFrame) -> bool:
        """Take a batch; true once the delivery has failed, so that no more rows come for it."""

    def fail(self, error: Exception) -> None:
        """Leave nothing behind; called more than once."""
        self.error = error

    @abstractmethod
    def finish(self) -> DeliveryResult:
        """Complete the delivery, or say why there is none."""

    def tell(self, problem: ConnectorProblem, problems: Problems) -> None:
        """Add the problem at its place in the document."""
        report(problem, problems, at=self.at)

    def failed(self, status: Literal["failed", "uncertain"] = "failed") -> DeliveryResult:
        """Why there is no delivery."""
        assert self.error is not None
        finding = self._finding(self.error)
        reason = finding.message if finding is not None else first_line(self.error)
        return self.result(status, error=reason, finding=finding)

    def result(self, status: str, **more: object) -> DeliveryResult:
        """What became of it."""
        rows = self.rows if status in {"delivered", "incomplete"} else 0
        return DeliveryResult(id=self.id, step=self.id, kind=self.kind, target=self.shown, rows=rows,
                              attempts=self.attempts, status=status, **more)  # type: ignore[arg-type] # fmt: skip

    def _finding(self, error: Exception) -> Diagnostic | None:
        """What stopped it as a diagnostic; None for what is no problem of ours."""
        if isinstance(error, WorkflowError):
            return error.diagnostics[0]
        if not isinstance(error, ConnectorProblem):
            return None
        problems = Problems(self.document)
        self.tell(error, problems)
        return problems.found[0]
