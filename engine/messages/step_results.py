"""What the delivery before said, item by item, for the one that follows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from engine.messages.item import Item
from engine.messages.output import MessageOutput
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.running.context import Running


class Pretended(Mapping[str, Any]):
    """In a preview nobody has answered: every part of an answer reads as its own name."""

    def __init__(self, name: str = "step_result") -> None:
        self._name = name

    def __getitem__(self, key: str) -> Any:
        return f"({self._name}.{key})"

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResults:
    """The answers by ordinal; `is_one` where a single message was sent for all rows."""

    name: str | None = None
    is_one: bool = False
    answers: Mapping[int, Mapping[str, Any] | None] = field(default_factory=dict)
    is_pretended: bool = False

    @classmethod
    def of(cls, output: MessageOutput, running: Running) -> StepResults:
        """What the journal holds of the delivery that this one follows."""
        if output.follows is None:
            return cls()
        if running.journal is None:
            return cls(name=output.follows, is_pretended=True)
        from engine.journal.items import items_of

        known = items_of(running.journal, running.run_id, output.follows)
        answers = {ordinal: json.loads(each.result or "{}") if each.status == "sent" else None
                   for ordinal, each in known.items()}  # fmt: skip
        return cls(name=output.follows, answers=answers, is_one=output.follows_one)

    def of_item(self, item: Item) -> dict[str, Any] | None:
        """What comes with the item's message; None where the delivery before has not sent its own."""
        if self.name is None:
            return {}
        if self.is_pretended:
            return {"step_result": Pretended()}
        answer = self.answers.get(0 if self.is_one else item.ordinal)
        return None if answer is None else {"step_result": answer}
