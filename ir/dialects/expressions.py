"""Expressions in the original's places: references lose their braces, JavaScript is answered with SQL."""

from __future__ import annotations

from ir.dialects.pieces import Made, Piece
from ir.dialects.saying import Saying
from ir.expression_lexer import quoted
from ir.expressions import Column, ExpressionSyntax, parse_expression
from ir.javascript import hint_for, without_braces


def expression(piece: Piece, saying: Saying) -> Piece:
    """The expression as the language writes it; an error at its place where it is none."""
    text = piece.value
    if not isinstance(text, str):
        return piece
    bare = without_braces(text)
    try:
        parse_expression(bare)
    except ExpressionSyntax as problem:
        within = (problem.start, problem.end) if bare == text else None
        saying.problems.error("IR113", problem.message, at=piece.at, within=within, hint=hint_for(text, problem))
        return piece
    return piece if bare == text else Made(bare, piece.at)


def column(name: str) -> str:
    """The column as an expression: in double quotes where its name is no plain one."""
    try:
        found = parse_expression(name)
    except ExpressionSyntax:
        found = None
    is_plain = isinstance(found, Column) and found.path == (name,)
    return name if is_plain and not name.startswith('"') else quoted(name)
