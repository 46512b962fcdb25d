"""What is said of a rejected row: the rule that rejected it, and why."""

from __future__ import annotations

from collections.abc import Sequence

from ir import types as t
from transforms.expressions.functions import OPERATORS as FUNCTIONS
from transforms.expressions.tree import Apply, Node, Value
from transforms.validation.layers import Layers, call
from transforms.validation.rules import Rule


def text(value: str | None) -> Value:
    return Value(t.String(), value)


def by_rule(rules: Sequence[Rule], layers: Layers, values: Sequence[Node]) -> Node:
    """The text that belongs to the rule which rejected the row."""
    branches: list[Node] = []
    for rule, value in zip(rules, values, strict=True):
        branches += [call("=", layers.rule, Value(t.Integer(), rule.number)), value]
    return Apply(t.String(), FUNCTIONS["case"], (*branches, text(None)))


def reason_of(rules: Sequence[Rule], layers: Layers) -> Node:
    """Why the row was rejected: its value was missing, or was not what the rule asks."""
    reasons: list[Node] = []
    for rule in rules:
        reason: Node = text(rule.reason)
        if rule.number in layers.missing and rule.reason != rule.missing_reason:
            missing = layers.missing[rule.number]
            reason = Apply(t.String(), FUNCTIONS["case"], (missing, text(rule.missing_reason), reason))
        reasons.append(reason)
    return by_rule(rules, layers, reasons)
