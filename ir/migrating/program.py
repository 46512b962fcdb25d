"""What graphs and compiled steps have in common: operations in order, branches and loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, Literal

from ir.diagnostics import Pointer
from ir.records import dataclass

Kind = Literal["fetch", "transform", "ai", "deliver", "file"]
Words = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that is done. `words` are its own settings, in the keys of the graph."""

    at: Pointer
    name: str
    kind: Kind
    words: Words
    output: str | None = None
    """The variable that its result goes to."""
    inputs: Sequence[str] = ()
    """The variables that it reads, as far as they are declared."""
    settings: Words = field(default_factory=dict)
    """What the new step says beside: on_error, execution_constraints."""
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A branch: what has to hold, and what is done then."""

    condition: Any
    body: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The first arm whose condition holds is done, else `otherwise`."""

    at: Pointer
    name: str
    arms: Sequence[Arm]
    otherwise: Block = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The body is done for each element of what `over` names."""

    at: Pointer
    name: str
    over: str
    item: str
    body: Block
    output: str | None = None
    at_once: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What has no words in this language."""

    at: Pointer
    name: str
    why: str
    question: str
    was: Any = None
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What becomes nothing, and needs no answer."""

    at: Pointer
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Blocks that do not wait for one another."""

    at: Pointer
    name: str
    blocks: Sequence[Block]
    at_once: int | None = None


Part = Operation | Choice | Loop | Together | Refused | Told
Block = Sequence[Part]
