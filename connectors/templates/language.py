"""What the languages of templates have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ir.templates import Reference

Span = tuple[int, int]
FILLED = "\0filled"
"""The root under which the texts of references that were filled in before stand, by how they are written."""


class TemplateProblem(Exception):
    """A template that cannot be taken: what is wrong, and where in its text."""

    def __init__(self, message: str, span: Span | None = None, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.span, self.hint = message, span, hint


class FillProblem(Exception):
    """A template that cannot be filled with these values."""


class BodyTemplate(Protocol):
    """A template that was read, its places known."""

    @property
    def references(self) -> Sequence[Reference]:
        """What it takes from outside, with where it stands."""
        ...

    @property
    def inner(self) -> Sequence[tuple[Reference, tuple[tuple[str, ...], ...]]]:
        """Names inside of sections, which may be theirs or come from outside, with the sections around them."""
        ...

    def fill(self, roots: Mapping[str, Any]) -> str:
        """The text with the values in their places.

        Raises:
            FillProblem: these values do not fit it, or a bound was passed.
        """
        ...
