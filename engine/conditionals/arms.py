"""A conditional as the document has it: its conditions in order, and what is done where each is the first to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.conditionals.conditions import Condition
from ir.diagnostics import Pointer
from ir.document import Document
from ir.model.conditionals import Action, BranchDeliveries, Conditional
from ir.model.deliveries import DeliveryRules
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """then, an elif or else. `condition` is None of else, whose rows are those that no other takes."""

    word: str
    """then, elif_1, else."""
    condition: Condition | None
    condition_at: Pointer
    actions: BranchDeliveries | list[Action] | None
    at: Pointer
    """Where the actions stand."""

    @property
    def rules(self) -> DeliveryRules | None:
        """Its deliveries, in today's form."""
        return self.actions.delivery_rules if isinstance(self.actions, BranchDeliveries) else None

    @property
    def listed(self) -> list[tuple[Pointer, Action]]:
        """Its actions, in the original's form."""
        if not isinstance(self.actions, list):
            return []
        return [((*self.at, index), each) for index, each in enumerate(self.actions)]


def arms_of(conditional: Conditional, at: Pointer) -> Iterator[Arm]:
    """then, each elif, and else, be it empty."""
    yield Arm(word="then", condition=conditional.condition, condition_at=(*at, "condition"),
              actions=conditional.then_actions, at=(*at, "then_actions"))  # fmt: skip
    for index, each in enumerate(conditional.elif_branches):
        place = (*at, "elif_branches", index)
        key = "then_actions" if each.then_actions is not None else "actions"
        yield Arm(word=f"elif_{index + 1}", condition=each.condition, condition_at=(*place, "condition"),
                  actions=each.then_actions or each.actions, at=(*place, key))  # fmt: skip
    yield Arm(word="else", condition=None, condition_at=at, actions=conditional.else_actions, at=(*at, "else_actions"))


def written_at(document: Document, at: Pointer) -> Mapping[str, Any]:
    """What the document has at this place, which is an object."""
    found: Any = document.value
    for part in at:
        found = found[part]
    return found if isinstance(found, Mapping) else {}
