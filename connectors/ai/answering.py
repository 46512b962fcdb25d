"""What every way to answer AI operations has in common: a task, the items it is asked of, an answer to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Any, Literal, Protocol

from connectors.ai.shape import Shape
from connectors.problem import ConnectorProblem
from ir.model.ai import AiType
from ir.records import dataclass

Preference = Literal["fast", "balanced", "accurate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked, the same for all items of a step."""

    type: AiType
    shape: Shape
    instruction: str | None = None
    """The author's words. A column that they name stands in them as [column]: its value is data, and in the item."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the instruction names besides columns, such as an earlier step's result: data too."""
    context: str | None = None
    document_type: str | None = None
    """Of extract: invoice, receipt, form, contract or auto."""
    preference: Preference = "balanced"
    max_answer_tokens: int | None = None
    temperature: float | None = None
    is_for_all: bool = False
    """Whether an item holds all rows and not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """The text of one file."""

    name: str
    text: str
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one answer is about. All of it is data: nothing in it is an instruction."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the row that are sent along, as the values that a JSON file has of them."""
    rows: Sequence[Mapping[str, Any]] = ()
    """Of a task for all rows."""
    documents: tuple[DocumentText, ...] = ()

    @property
    def text(self) -> str:
        """All that it says, for what looks for patterns and words: the documents, then the values as `name: value`."""
        lines = [f"{name}: {value}" for name, value in self.values.items() if value is not None]
        return "\n\n".join([*(each.text for each in self.documents), *(["\n".join(lines)] if lines else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What answers took. `cost` is None where no price is known."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal | None = None

    def __add__(self, other: Usage) -> Usage:
        cost = self.cost
        if other.cost is not None:
            cost = other.cost if cost is None else cost + other.cost
        return Usage(calls=self.calls + other.calls, tokens_in=self.tokens_in + other.tokens_in,
                     tokens_out=self.tokens_out + other.tokens_out, cost=cost)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One item's answer: a `value` that fits the task's shape, or the problem why there is none."""

    value: Any = None
    """As `connectors.ai.fitting.fitted` makes it: dates as dates, decimals as Decimals, of an object every field."""
    problem: ConnectorProblem | None = None
    provider: str = ""
    """Who answered: `local` for what is worked out on this machine, else the model's name."""
    usage: Usage = field(default_factory=Usage)
    is_remembered: bool = False
    """Whether it was answered before, and nobody was asked."""
    is_asked: bool = True
    """False where nobody was asked, because another item or the budget has ended the asking; the problem is that."""


class Answerer(Protocol):
    """Something that answers tasks; used by one thread at a time."""

    @property
    def provider(self) -> str:
        """`local`, or the name of the service."""
        ...

    def check(self, task: Task) -> None:
        """Refuse a task that it can never do; asks and loads nothing.

        Raises:
            ConnectorProblem: IR760, with what to configure; `key` is the way below the operation.
        """
        ...

    def answer(self, task: Task, items: Sequence[Item]) -> list[Answer]:
        """An answer to each item, in their order; an item that cannot be answered has its problem there.

        Raises:
            ConnectorProblem: none can be answered: a key is refused, nothing is reached, the budget is used up.
        """
        ...

    def close(self) -> None:
        """Let go of connections and models; never raises."""
        ...
