"""Typed expressions with one meaning on every engine."""

from transforms.expressions.binding import bind
from transforms.expressions.functions import FUNCTIONS
from transforms.expressions.literals import convert_literal
from transforms.expressions.lowering import to_polars, to_sql
from transforms.expressions.problems import ExpressionProblem, ExpressionProblems
from transforms.expressions.scope import Scope
from transforms.expressions.signature import Function, Kind
from transforms.expressions.tree import Bound
from transforms.expressions.window import Clock, RowsFrame, SortKey, Window

__all__ = ["FUNCTIONS", "Bound", "Clock", "ExpressionProblem", "ExpressionProblems", "Function", "Kind", "RowsFrame",
           "Scope", "SortKey", "Window", "bind", "convert_literal", "to_polars", "to_sql"]  # fmt: skip
