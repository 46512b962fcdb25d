"""A branch while it is compiled: what the document has of it, and which rows are its own."""

from __future__ import annotations

from engine.conditionals.arms import Arm
from engine.conditionals.branch import Branch
from ir.records import dataclass
from transforms.expressions.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`rows` says of each row of `data` whether it is the branch's; None after an error."""

    arm: Arm
    branch: Branch
    rows: Node | None
