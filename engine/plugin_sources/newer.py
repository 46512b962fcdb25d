"""Which items of a service are new since the last run, told page by page; memory holds the marks of the last ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.incremental import Start
from connectors.problem import ConnectorProblem
from connectors.values import convert, plain
from engine.increments.lag import behind
from engine.increments.values import MARK
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.increments.increments import Increment
    from ir.types import DataType

MOST_SEEN = 100_000
"""The marks of so many rows are kept from run to run."""
LIMITS = ("limit", "max_results")
"""What parameters are called that say how many items there are at most."""


@dataclass(slots=True, kw_only=True)
class NewItems:
    """The items of one fetch: those that are new are kept, and how far they come is seen of all."""

    increment: Increment
    cursor: str | None
    kind: DataType | None
    limit: tuple[str, int] | None = None
    """The parameter that says how many items there are at most."""
    count: int = 0
    kept: int = 0
    nulls: int = 0
    highest: Any = None
    _marks: dict[str, Any] = field(default_factory=dict)
    """The marks of items, with their cursor's values: at least those that a later run may be given again."""

    def of(self, items: Sequence[Any]) -> list[Any]:
        """Those of a page that are new.

        Raises:
            ConnectorProblem: IR597 where more of them would have to be remembered than may be.
        """
        self.count += len(items)
        found = [each for each in items if not isinstance(each, Mapping) or self._is_new(each)]
        self.kept += len(found)
        if len(self._marks) > MOST_SEEN:
            self._forget()
        return found

    def _is_new(self, item: Mapping[str, Any]) -> bool:
        start, value = self.increment.start, None
        if self.cursor is not None and self.kind is not None:
            try:
                value = convert(item.get(self.cursor), self.kind)
            except ValueError:
                return True  # a bad row, of which whoever reads the rows will say so
            if value is None:
                self.nulls += 1 if start is None else 0
                return start is None
            if start is not None and (value < start.value or (value == start.value and not start.inclusive)):
                return False
            self.highest = value if self.highest is None else max(self.highest, value)
        return self._is_unseen(item, value)

    def _is_unseen(self, item: Mapping[str, Any], value: Any) -> bool:
        """Whether an item past the start is none that was read. One that was changed, by its cursor, is another."""
        if self.increment.seen is None:
            return True
        told = item.get(self.increment.seen)
        if told is None:
            self.nulls += 1
            return True
        text = json.dumps([plain(told), None if value is None else str(value)], ensure_ascii=False, default=str)
        mark = hashlib.blake2b(text.encode(), digest_size=MARK // 2).hexdigest()
        known = self.increment.start.seen if self.increment.start is not None else frozenset()
        is_new = mark not in self._marks and mark not in known
        self._marks[mark] = value
        return is_new

    def check_limit(self) -> None:
        """Refuse rows of which some may be cut off, that no later run would read.

        Raises:
            ConnectorProblem: IR597.
        """
        if self.limit is not None and self.cursor is not None and self.count >= self.limit[1]:
            name, most = self.limit
            raise ConnectorProblem(
                "IR597", f"there are {most:,} rows, as many as {name} allows: those that it cuts off would be passed "
                "over for ever", key=("config", name), hint=f"leave {name} out, or raise it",
            )  # fmt: skip

    def reached(self) -> Start | None:
        """How far the fetch comes; None where nothing was new.

        Raises:
            ConnectorProblem: IR597 as in `of`.
        """
        self._forget()
        if not self.kept or (self.cursor is not None and self.highest is None):
            return None
        saved = self.increment.came_from
        if self.cursor is None:
            older = sorted((saved.seen if saved is not None else frozenset()) - self._marks.keys())
            return Start(value=None, seen=frozenset([*self._marks, *older[: MOST_SEEN - len(self._marks)]]))
        if saved is None or self.highest > saved.value:
            return Start(value=self.highest, seen=frozenset(self._marks))
        return Start(value=saved.value, seen=frozenset(self._marks) | saved.seen)

    def _forget(self) -> None:
        """Keep the marks of what lies within the lag alone."""
        if self.cursor is not None and self.highest is not None:
            saved = self.increment.came_from
            last = self.highest if saved is None else max(self.highest, saved.value)
            first = last if self.increment.back is None else behind(last, self.increment.back)
            self._marks = {mark: value for mark, value in self._marks.items() if value >= first}
        if len(self._marks) > MOST_SEEN:
            what, key, hint = "without a cursor", "seen", "name a cursor: a column that grows"
            if self.increment.back is not None:
                what, key, hint = "within the lag", "lag", "make it shorter"
            elif self.cursor is not None:
                what, hint = f"with the same {self.cursor}", "take a cursor of a finer grain"
            raise ConnectorProblem(
                "IR597", f"there are more than {MOST_SEEN:,} rows {what}, which are too many to remember",
                key=("config", "incremental", key), hint=hint,
            )  # fmt: skip


def limit_of(arguments: Mapping[str, Any]) -> tuple[str, int] | None:
    """The parameter that says how many items there are at most, with its value."""
    return next(((name, value) for name in LIMITS if type(value := arguments.get(name)) is int), None)
