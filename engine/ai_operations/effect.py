"""An AI operation, compiled: which rows it is about, what is sent of them, what its answers become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from ir import types as t
from ir.records import dataclass
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.ai.answering import Task
    from connectors.ai.shape import Shape
    from engine.effects.effect import Doing, EffectResult
    from engine.text_values import TextValue
    from ir.diagnostics import Pointer
    from ir.model.ai import AiOperation
    from transforms.frame import Frame

WhenFailed = Literal["fail", "continue", "default", "skip"]
"""What becomes of a row that gets no answer: the run fails, it has null and the reason, a value that the workflow says
stands there, or it is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AiEffect:
    """One step of ai_operations."""

    id: str
    at: Pointer
    operation: AiOperation
    rows: Frame
    source: str
    """The name under which it reads its rows."""
    task: Task
    sent: tuple[str, ...]
    """The columns that go along with each row."""
    exploded: str | None = None
    """The column of files each of which is a row of its own."""
    answer: str
    """The name of its result."""
    columns: tuple[str, ...] = ()
    """The columns that the fields of an answer go to; none where the whole answer goes to one column."""
    kept: tuple[str, ...] = ()
    """The columns of the rows that it takes which the rows that it gives have too."""
    schema: Schema
    error_column: str | None = None
    """The column that says of each row why it has no answer."""
    rejected: Schema | None = None
    when_failed: WhenFailed = "fail"
    default: Any = None
    """What stands for an answer with `when_failed: default`; it has the task's shape."""
    asks_longer: bool = False
    named: Mapping[str, TextValue] = field(default_factory=dict)
    """The values of other frames that its words name, by how they are written there."""
    kind: Literal["ai"] = "ai"

    @property
    def values(self) -> tuple[Frame, ...]:
        return tuple({each.frame.name: each.frame for each in self.named.values()}.values())

    @property
    def shape(self) -> Shape:
        return self.task.shape

    @property
    def is_per_item(self) -> bool:
        return not self.task.is_for_all

    @property
    def summary(self) -> str:
        about = "once for all rows" if self.task.is_for_all else "for each file" if self.exploded else "for each row"
        return f"{self.operation.type} {about}, from {', '.join(self.sent) or 'no column'}"

    def settings(self) -> Mapping[str, Any]:
        """What a plan says of it. Which model that is and what it costs is no matter of the workflow."""
        operation = self.operation
        said: dict[str, Any] = {
            "model_preference": self.task.preference, "scope": "batch" if self.task.is_for_all else "per_item",
            "columns_sent": list(self.sent), "on_error": operation.on_error,
        }  # fmt: skip
        if operation.instruction is not None:
            said["instruction"] = operation.instruction
        for key in ("batch_size", "max_cost", "max_calls", "max_tokens"):
            if (value := getattr(operation, key)) is not None:
                said[key] = value
        said["answer"] = str(self.shape.type)
        return said

    def carry_out(self, doing: Doing) -> EffectResult:
        """Ask about the rows."""
        from engine.ai_operations.carrying_out import carry_out  # what a run needs, and no plan

        return carry_out(self, doing)


def answer_columns(shape: Shape, answer: str, *, is_named: bool) -> Schema:
    """The columns of an answer on the rows it is about: with a name one of that name, else one for each field."""
    if is_named or shape.is_list or shape.value is not None:
        return Schema([(answer, shape.type)])
    return Schema((each.name, each.type) for each in shape.fields)


def answer_rows(shape: Shape, answer: str) -> tuple[Schema, bool]:
    """The columns of the frame of an answer about all rows, and whether it has one row: an object one with its fields,
    a list of objects one of each, anything else one with the value."""
    if shape.value is not None:
        return Schema([(answer, t.ListOf(shape.value.type) if shape.is_list else shape.value.type)]), True
    return Schema((each.name, each.type) for each in shape.fields), not shape.is_list
