"""What is to be compiled, and what came of it, as both go through a pipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from typing import Any, Literal

from connectors.handed import Handed
from engine.picture.drawing import Drawing
from engine.plan_steps import Step
from ir.diagnostics import Diagnostic, Place
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A document, and what is asked of it: its plan with a picture, or what is wrong with it."""

    kind: Literal["plan", "validate"]
    text: str
    file: str
    syntax: str
    base: str
    inputs: Mapping[str, Any] | None
    workflow: str | None = None
    """Whose secrets it may use."""
    others: tuple[str, ...] = ()
    kept_files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    handed: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def given(self) -> Handed | None:
        return None if self.handed is None else Handed(**self.handed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """What a page shows of a plan: its steps, and their drawing, whose boxes lead to `#step-1` and so on."""

    steps: tuple[Step, ...]
    drawing: Drawing
    engine: str
    engine_reason: str
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan as it is shown. `plan` is what `weirflow plan --format json` prints; None where there are errors, or where
    only these were asked for."""

    plan: Mapping[str, Any] | None = None
    picture: Pictured | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What it was compiled with."""
    is_example: bool = False
    """Whether values had to be thought up for inputs that a run must be given."""
    diagnostics: tuple[Diagnostic, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Planned:
        """What `as_json` gave, through a pipe."""
        picture = found["picture"]
        return cls(
            plan=found["plan"], inputs=found["inputs"], is_example=found["is_example"],
            diagnostics=tuple(map(_diagnostic, found["diagnostics"])),
            picture=None if picture is None else Pictured(**{
                **picture, "steps": tuple(map(_step, picture["steps"])), "drawing": Drawing(**picture["drawing"])}),
        )  # fmt: skip


_TUPLES = ("depends_on", "sections", "statements", "rate_limits")


def _step(found: Mapping[str, Any]) -> Step:
    tuples = {name: tuple(found[name]) for name in _TUPLES if found[name] is not None}
    return Step(**{**found, **tuples})


def _diagnostic(found: Mapping[str, Any]) -> Diagnostic:
    place = found["place"]
    return Diagnostic(**{
        **found, "pointer": tuple(found["pointer"]), "notes": tuple(found["notes"]),
        "place": None if place is None else Place(**place),
        "related": tuple((text, Place(**at)) for text, at in found["related"]),
    })  # fmt: skip
