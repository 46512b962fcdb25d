"""What is wrong in an expression, each with its span in the text."""

from __future__ import annotations

from collections.abc import Sequence

from ir.diagnostics import Pointer
from ir.expression_lexer import Span
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionProblem:
    code: str
    message: str
    span: Span | None = None
    """Offsets in the expression's text; None for a condition's part, which `at` finds."""
    hint: str | None = None
    at: Pointer = ()
    """The way from the expression or condition group to the part that is wrong."""


class ExpressionProblems(Exception):
    """Everything that is wrong in one expression."""

    def __init__(self, problems: Sequence[ExpressionProblem]) -> None:
        super().__init__("; ".join(each.message for each in problems))
        self.problems = tuple(problems)
