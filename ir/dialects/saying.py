"""What is said while a document is translated: a warning for each change, an error with what to write for the rest."""

from __future__ import annotations

from ir.diagnostics import Problems
from ir.dialects.pieces import Piece
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class Saying:
    """The findings of one translation."""

    problems: Problems

    def read_as(self, piece: Piece, message: str, *, hint: str | None = None, on_key: bool = True) -> None:
        """A spelling of the original means what the language says in other words."""
        self.problems.warning("IR214", message, at=piece.at, hint=hint, on_key=on_key)

    def left_out(self, piece: Piece, message: str) -> None:
        """What nothing ever read is left out."""
        self.problems.warning("IR214", f"{message} and is left out", at=piece.at, on_key=True)

    def differs(self, piece: Piece, message: str, *, hint: str | None = None) -> None:
        """The same words did something else in the original."""
        self.problems.warning("IR215", message, at=piece.at, hint=hint, on_key=True)

    def refuse(self, piece: Piece, message: str, *, hint: str, on_key: bool = True) -> None:
        """Nothing in the language means this; the hint says what to write."""
        self.problems.error("IR212", message, at=piece.at, hint=hint, on_key=on_key)

    def ask(self, piece: Piece, message: str, *, hint: str, on_key: bool = True) -> None:
        """Prose or filler stands where the engine needs to know; the hint is the question."""
        self.problems.error("IR216", message, at=piece.at, hint=hint, on_key=on_key)
