"""What every delivery on its way has in common: it takes rows as they come, and is whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import polars as pl

from connectors.files.report import Provenance
from connectors.problem import ConnectorProblem
from engine.names import RunWords
from engine.result import DeliveryResult, FileResult
from engine.spool import Spool
from ir.diagnostics import Diagnostic, Pointer, Problems, WorkflowError
from ir.document import Document
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.plan import Plan

Spools = dict[tuple[str, str | None], Spool]


class Announce(Protocol):
    """Told just before a delivery takes effect, with the files that will stand in their places."""

    def __call__(self, files: Sequence[FileResult], /) -> None: ...


def tell_nobody(files: Sequence[FileResult]) -> None:
    """What a delivery announces that no journal knows of."""


class Output(Protocol):
    """One delivery on its way. `open` may be called again after `fail`, and begins anew."""

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> str:
        """file, table, message or plugin."""
        ...

    @property
    def at(self) -> Pointer: ...

    @property
    def branch(self) -> str | None:
        """The branch of a conditional that it belongs to; None of the document's own."""
        ...

    @property
    def identity(self) -> str:
        """The same text for the same place, where two deliveries may not go."""
        ...

    @property
    def shown(self) -> str:
        """Where it goes, for people."""
        ...

    @property
    def relations(self) -> list[str]:
        """The frames whose rows it takes."""
        ...

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        """The frames whose rows wait until all are there, and the column that they are split by."""
        ...

    @property
    def depends_on(self) -> Sequence[str]:
        """The deliveries that must have gone well before."""
        ...

    rows: int
    started: float
    seconds: float
    """Spent on delivering, not on computing the rows."""
    error: Exception | None
    spools: Spools
    problems: list[str]
    announce: Announce
    """Called just before anything of the delivery takes effect; what it raises forbids the delivery."""

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        """Fill in texts, once the values are known that they show."""
        ...

    def open(self) -> None: ...

    def write(self, batch: pl.DataFrame) -> bool:
        """Take a batch; true once the delivery has failed, so that no more rows come for it."""
        ...

    def fail(self, error: Exception) -> None:
        """Leave nothing behind; called more than once."""
        ...

    def finish(self) -> DeliveryResult:
        """Complete the delivery, or say why there is none."""
        ...


def finding_of(
    error: Exception, document: Document, tell: Callable[[ConnectorProblem, Problems], None]
) -> Diagnostic | None:
    """What stopped a delivery as a diagnostic at its place, which `tell` knows; None for what is no problem of ours."""
    if isinstance(error, WorkflowError):
        return error.diagnostics[0]
    if not isinstance(error, ConnectorProblem):
        return None
    problems = Problems(document)
    tell(error, problems)
    return problems.found[0]
