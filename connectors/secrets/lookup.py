"""What a resolver is asked and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One question: what stands behind the colon, and what a reference to it looks like in messages."""

    name: str
    reference: str
    base: Path
    policy: Policy

    def problem(self, code: str, message: str, hint: str | None = None) -> ConnectorProblem:
        """A problem with the reference; `message` holds no value."""
        return ConnectorProblem(code, message, hint=hint, key=("credentials_ref",))

    def missing(self, message: str, hint: str | None = None) -> ConnectorProblem:
        return self.problem("IR590", message, hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value, whatever it is, and what its finder warns of. Its repr does not show it."""

    value: Any = field(repr=False)
    warnings: tuple[ConnectorProblem, ...] = ()


Resolver = Callable[[Lookup], Found]
"""Finds a value.

Raises:
    ConnectorProblem: IR590 where there is none, IR593 where its store cannot be read, IR594 where something is missing
        that asks it.
"""
SecretResolver = Callable[[str], "str | Mapping[str, Any] | None"]
"""A resolver as users write one: the value of a name, or None where there is none."""
