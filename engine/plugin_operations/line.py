"""The calls that are next: what they ask for is put together, and some are claimed ahead of those on their way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.problem import ConnectorProblem
from engine.plugin_operations.units import Call
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.items import Claim, ItemLedger
    from engine.journal.records import ItemRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A call that is next."""

    call: Call
    arguments: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    problem: ConnectorProblem | None = None
    """Why nothing can be asked."""
    is_split: bool = False
    """Whether it is only made in parts, as an earlier attempt at the run did."""
    record: ItemRecord | None = None
    """What an earlier attempt at the run made of it, where it is not to be made again."""
    claim: Claim | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """Calls in their order."""

    calls: Sequence[Call]
    prepare: Callable[[Call], Prepared]
    """Puts together what a call asks for, and claims it."""
    ledger: ItemLedger | None
    _coming: Iterator[tuple[int, Call]] = field(init=False)
    _ready: deque[tuple[int, Prepared]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._coming = iter(enumerate(self.calls))

    def next(self) -> tuple[int, Prepared] | None:
        """The next call and its place; None where there is none left."""
        ahead = 0 if self.ledger is None else self.ledger.ahead
        while len(self._ready) <= ahead and (call := next(self._coming, None)) is not None:
            self._ready.append((call[0], self.prepare(call[1])))
        return self._ready.popleft() if self._ready else None

    def let_go(self) -> None:
        """Take back the claims of calls that are not made."""
        for _, prepared in self._ready:
            if self.ledger is not None and prepared.claim is not None:
                self.ledger.release(prepared.claim)
        self._ready.clear()
