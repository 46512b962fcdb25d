"""A place among the tokens of an expression, and the limits that keep its tree shallow."""

from __future__ import annotations

from ir.expression_lexer import ExpressionSyntax, Span, Token

MAX_DEPTH = 32
MAX_CHAIN = 128
"""Levels of nesting and operators of left-deep chains: together they keep every later walk over the tree
within Python's recursion limit. and, or and case branches are flat and count for nothing."""


class Cursor:
    """The next token, and the questions a parser asks about it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.chain = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def lengthen(self, *, first: bool = False) -> None:
        """Count one more operator of a left-deep chain; the first of a chain does not make it deeper."""
        self.chain += not first
        if self.chain > MAX_CHAIN:
            raise ExpressionSyntax(f"the expression chains more than {MAX_CHAIN} operators", self.token.span,
                                   "compute a part in a column of its own, in a map before this step")  # fmt: skip

    def is_end(self) -> bool:
        return self.token.kind == "end"

    def is_word(self, word: str) -> bool:
        return self.token.kind == "name" and self.token.text == word

    def accept_word(self, word: str) -> bool:
        found = self.is_word(word)
        self.at += found
        return found

    def expect_word(self, word: str) -> None:
        if not self.accept_word(word):
            raise ExpressionSyntax(f"{seen(self.token)} stands where {word} is needed", self.token.span, self.cut_off())

    def is_operator(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def accept(self, operator: str) -> bool:
        found = self.is_operator(operator)
        self.at += found
        return found

    def expect(self, operator: str) -> None:
        if not self.accept(operator):
            raise ExpressionSyntax(
                f"{seen(self.token)} stands where {operator} is needed", self.token.span, self.cut_off()
            )

    def cut_off(self) -> str | None:
        """What a text that ends too early often suffers from."""
        if self.token.kind != "end":
            return None
        return "is a part missing? inside { } YAML ends a text at a comma: quote it"

    def last_end(self) -> int:
        return self.tokens[self.at - 1].span[1]


def seen(token: Token) -> str:
    return "the end" if token.kind == "end" else token.original


def no_subquery(span: Span) -> ExpressionSyntax:
    return ExpressionSyntax("a query cannot stand in an expression", span,
                            "use a transform: join or enrich to look rows up, sql for a whole query")  # fmt: skip


def too_deep(span: Span) -> ExpressionSyntax:
    return ExpressionSyntax(f"the expression is nested deeper than {MAX_DEPTH} levels", span,
                            "compute a part in a column of its own, in a map before this step")  # fmt: skip
