"""The columns of what an operation gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from connectors.plugins.columns import type_of
from ir import types as t
from ir.records import dataclass
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action

Scope = Literal["once", "per_item", "per_group", "rows", "batch"]
"""What one call is about: nothing in particular, a row, a group's rows, some of the rows, or several rows at once."""
RESULT = "result"
"""The column of a result that no output_variable names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumns:
    """What an action gives."""

    kind: t.DataType
    columns: Schema | None
    """Of an object, or of the objects of a list; None where they are not known, or it is a single value."""
    is_rows: bool
    is_unknown: bool = False
    """Whether only a database knows the columns, which is not asked."""

    @classmethod
    def of(cls, action: Action) -> ResultColumns:
        kind = type_of(action.manifest.output_schema or {})
        return cls(kind=kind, columns=action.columns, is_rows=action.is_rows)

    def once(self, name: str | None) -> Schema:
        """The columns of the frame that one call gives: those of its objects, else one of that name."""
        if self.columns is not None:
            return self.columns
        kind = self.kind.item if self.is_rows and isinstance(self.kind, t.ListOf) else self.kind
        return Schema({name or RESULT: t.Json() if self.is_rows and kind is self.kind else kind})
