"""What an answer has to be: one value, an object of fields, or a list of either."""

from __future__ import annotations

from ir import types as t
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of an answer."""

    name: str
    type: t.DataType
    is_required: bool = False
    """Whether an answer without it, or with null for it, is a failure."""
    description: str | None = None
    choices: tuple[str, ...] = ()
    """The only texts allowed; none: any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`fields` of an object, or the one `value`; never both. With `is_list` any number of them."""

    fields: tuple[Field, ...] = ()
    value: Field | None = None
    is_list: bool = False

    @property
    def parts(self) -> tuple[Field, ...]:
        """The fields, or the one value as a field."""
        return self.fields if self.value is None else (self.value,)

    @property
    def type(self) -> t.DataType:
        """The type of a column of such answers."""
        one = t.Struct(tuple((each.name, each.type) for each in self.fields)) if self.value is None else self.value.type
        return t.ListOf(one) if self.is_list else one
