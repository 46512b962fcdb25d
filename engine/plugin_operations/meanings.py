"""What the references in a config stand for: values of the row, of the run, or of other frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.text_values import TextValue
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.templates import Every, Reference, Segment, descend
from ir.value_text import text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The values that one call may read."""

    roots: Mapping[str, Any]
    """The words of the run, and `inputs`."""
    frames: Mapping[str, Any] = field(default_factory=dict)
    """Values of other frames, by the name of the relation that has them."""
    row: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Any] = ()
    """Of a call that takes rows as one value, each as an object."""
    element: Any = None
    """Of the list that a row is gone through by."""
    group: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one reference stands for: `path` goes on into the value. `kind` is its type as far as it is known."""

    reference: Reference
    path: tuple[Segment, ...] = ()
    kind: t.DataType | None = None

    is_of_rows = False
    """Whether each row has its own."""

    def value(self, known: Known) -> Any:
        """The value, out of what is known of one call.

        Raises:
            Unresolved: the path leads nowhere in it.
        """
        return descend(self._whole(known), self.path, self.reference)

    def _whole(self, known: Known) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRun(Meaning):
    """A word of the run, or an input."""

    def _whole(self, known: Known) -> Any:
        return known.roots[self.reference.root]


CURSOR = "cursor"
CURSOR_FORMS: Mapping[str, t.DataType] = {"date": t.String(), "epoch": t.Integer(), "epoch_ms": t.Integer()}
"""What a moment may be written as: `{{cursor.epoch}}`."""
MOMENT = "moment"
"""What an integer may be written as that counts seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCursor(Meaning):
    """Where a source starts of which only what is new is read; a moment in UTC, or in the `form` that is asked for."""

    form: str | None = None

    def value(self, known: Known) -> Any:
        value = known.roots[CURSOR]
        if self.form == MOMENT and isinstance(value, int):
            value = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        if not isinstance(value, datetime):
            return value
        moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        whole = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        match self.form:
            case "epoch":
                return whole // 1000
            case "epoch_ms":
                return whole
            case "date":
                return str(value.date().isoformat())
        return text_of(value).replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRow(Meaning):
    """A column of the row, or the whole row as an object."""

    column: str | None
    is_of_rows = True

    def _whole(self, known: Known) -> Any:
        return dict(known.row) if self.column is None else known.row[self.column]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRows(Meaning):
    """The rows of the frame that the step reads, a list of objects: all of them, or those of one call."""

    def _whole(self, known: Known) -> Any:
        return known.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class OfElement(Meaning):
    """An element of the row's list."""

    is_of_rows = True

    def _whole(self, known: Known) -> Any:
        return known.element


@dataclass(frozen=True, slots=True, kw_only=True)
class OfGroup(Meaning):
    """Of the group that the call is about: its key, its rows, or how many there are."""

    word: str

    def _whole(self, known: Known) -> Any:
        return known.group[self.word]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfFrame(Meaning):
    """A value of another frame, of its only row or of all."""

    source: TextValue
    is_list: bool = False

    def value(self, known: Known) -> Any:
        values = known.frames[self.source.frame.name]
        if self.is_list:
            return [descend(each, self.path, self.reference) for each in values]
        return descend(values[0] if values else None, self.path, self.reference)


class NoSuchPart(Exception):
    """A path that leads nowhere in a type; `hint` says what would."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


_PARTS = {"name": t.String(), "mime": t.String(), "size": t.Integer(), "ref": t.String()}


def kind_within(kind: t.DataType | None, path: Sequence[Segment], shown: str) -> t.DataType | None:
    """The type of what the path reaches in a value of the type; None where only the value tells.

    Raises:
        NoSuchPart: no value of the type has such a part.
    """
    for place, part in enumerate(path):
        match kind, part:
            case ((None | t.Json() | t.Null()), _):
                return None
            case ((t.ListOf() | t.String()), "length"):
                kind = t.Integer()
            case t.ListOf(item), Every():
                inside = kind_within(item, path[place + 1 :], f"{shown}[*]")
                return None if inside is None else t.ListOf(inside)
            case t.ListOf(item), int():
                kind = item
            case t.ListOf(), str():
                hint = f"write {shown}[0].{part} for the first element, {shown}[*].{part} for all"
                raise NoSuchPart(f'{shown} is a list, and "{part}" is no place in one', hint)
            case t.Struct(fields), str():
                names = dict(fields)
                if part not in names:
                    raise NoSuchPart(f'{shown} has no "{part}"', did_you_mean(part, list(names))
                                     or f"it has {', '.join(names)}")  # fmt: skip
                kind = names[part]
            case t.File(), str():
                if part not in _PARTS:
                    raise NoSuchPart(f'{shown} is a file, which has no "{part}"', f"it has {', '.join(_PARTS)}")
                kind = _PARTS[part]
            case _:
                raise NoSuchPart(f"{shown} is {kind}, and nothing lies inside of one", None)
        shown = f"{shown}.{part}" if isinstance(part, str) else f"{shown}[{part}]"
    return kind
