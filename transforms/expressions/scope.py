"""What the names of an expression may mean where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.expressions.signature import Kind

if TYPE_CHECKING:
    from transforms.expressions.tree import Node
    from transforms.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSide:
    """The source of a join, whose columns stand beside those of the input; `shared` are keys of one name."""

    name: str
    table: str
    schema: Schema
    shared: frozenset[str] = frozenset()
    input_name: str = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The columns, the run's inputs, and which kinds of function may stand.

    `scalar` takes no aggregate; `aggregate` takes columns only inside aggregates or in `group_by`; `window` takes
    aggregates and ranking calls beside columns. `ordered` says whether rows have an order for first() and lag().
    """

    schema: Schema
    inputs: Mapping[str, tuple[DataType, object]] = field(default_factory=dict)
    kind: Kind = "scalar"
    ordered: bool = False
    timezone: str = "UTC"
    frames: Mapping[str, Frame | None] = field(default_factory=dict)
    """The frames that can be named here, None where their columns are not known."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """What a FilterGroup's templates may read beside the inputs: `run` and its words standing bare."""
    named: Mapping[str, Node] = field(default_factory=dict)
    """Single values by what a FilterGroup's condition writes in braces for them, such as data.count."""
    made_later: Callable[[str], str | None] = field(default=lambda _: None, compare=False)
    """What to say of a column that is missing here and that a step further down makes."""
    other: OtherSide | None = None
    """The other side in the condition of a join."""
