"""What a service says of each thing of a list that it was sent, where it did some of them alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from connectors.problem import ConnectorProblem
from ir.records import dataclass

_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAnswer:
    """One thing of the list: what it gave, or why it was refused."""

    output: Any
    problem: ConnectorProblem | None = None


class PartlyDone(ConnectorProblem):
    """A call that was answered, and of whose things at least one was refused; `items` are all of them in the order in
    which they were sent. It is `sent` where any of them was done."""

    def __init__(self, title: str, items: Sequence[ItemAnswer], *,
                 together: Callable[[list[Any]], Any] = list) -> None:  # fmt: skip
        refused = [each.problem for each in items if each.problem is not None]
        numbers = [str(at) for at, each in enumerate(items, 1) if each.problem is not None]
        which = ", ".join(numbers[:_NAMED]) + (", …" if len(numbers) > _NAMED else "")
        said = refused[0].message if len(items) == 1 else (
            f"{title} refuses {len(refused)} of {len(items)} (number {which}): {refused[0].message}")  # fmt: skip
        super().__init__(refused[0].code, said, hint=refused[0].hint, key=refused[0].key, notes=refused[0].notes,
                         sent=len(refused) < len(items))  # fmt: skip
        self.title = title
        self.items = tuple(items)
        self.together = together
        """What a call gives of which these are the outputs of its things."""
