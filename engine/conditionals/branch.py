"""A branch of a conditional as it is compiled: its rows, or when the run takes it."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from engine.scopes import DeliveryScope
from ir.diagnostics import Pointer
from ir.records import dataclass
from transforms.frame import Frame

BranchScope = Literal["rows", "run"]
VERDICT = "branch"
"""The one column of the one row that says which branch a run takes, counted from 1; else is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch. `frame` has its rows; None until a first pass tells its columns, and after an error.

    Of scope rows it does something where it has rows. Of scope run it is taken or not, which `is_taken` says where
    that is known when the workflow is compiled, and `verdict` tells when its rows have passed.
    """

    name: str
    """As people are told of it: large.then."""
    at: Pointer
    words: str
    """Its condition in words."""
    scope: BranchScope
    number: int
    frame: Frame | None
    is_taken: bool | None = None
    verdict: Frame | None = None
    is_documents: bool = False
    """Whether the deliveries are the document's own, which a branch that skips leaves out as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort:
    """A branch that fails the run: the columns of its first rows that are shown then."""

    branch: Branch
    at: Pointer
    columns: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Branches:
    """What the conditionals of a document come to."""

    by_name: dict[str, Branch] = field(default_factory=dict)
    scopes: list[DeliveryScope] = field(default_factory=list)
    aborts: list[Abort] = field(default_factory=list)
    skipping: list[Branch] = field(default_factory=list)
    """The branches of scope run without whose being taken the document's own deliveries are made."""
