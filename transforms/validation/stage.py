"""What the engine needs to know of a validated frame: its rules, their counts, the rows that stop a run."""

from __future__ import annotations

from collections.abc import Mapping

from ir.records import dataclass
from transforms.frame import Frame
from transforms.validation.rules import Rule

ROWS = "rows"
"""The column of `counts` with the number of rows that were tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offending:
    """Rows that broke a rule, with the columns it looks at; where they have a place, it comes first."""

    rows: Frame
    has_row: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """`counts` is one row: `rows`, and under each rule's number how many rows broke it.

    `offending` has the rules that can stop a run, by number. `tested` is the relation that all of this is made of.
    """

    rules: tuple[Rule, ...]
    tested: str
    counts: Frame
    offending: Mapping[int, Offending]
