"""Values in templates: what they are, and how they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ir.value_text import text_of

MARK, MARK_END = "\ue000", "\ue001"
"""Around the name of a table in a filled template. No value has them: `cleaned` takes them out."""

_STEERING = (*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F),
             *range(0x2066, 0x206A), 0xE000, 0xE001, 0xFFFE, 0xFFFF)  # fmt: skip
_CLEANED = dict.fromkeys(_STEERING, "\ufffd") | dict.fromkeys((0x2028, 0x2029), "\n")


def cleaned(text: str) -> str:
    """The text without what steers a terminal or a mail program; line breaks and tabs stay."""
    return text.translate(_CLEANED) if not text.isascii() or not text.isprintable() else text


class Shown:
    """A value that reads otherwise than as it is written in files: `shown` is its column's format applied."""

    shown: str

    def __str__(self) -> str:
        return self.shown


class ShownInteger(Shown, int):
    """Counts as an integer."""


class ShownNumber(Shown, float):
    """Counts as a number."""


class ShownDecimal(Shown, Decimal):
    """Counts as a decimal."""


class ShownDate(Shown, date):
    """Compares as a date."""


class ShownDatetime(Shown, datetime):
    """Compares as a datetime."""


class Nothing(Shown):
    """Null in a column that says how null reads."""

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Nothing)

    def __hash__(self) -> int:
        return hash(None)


class Flag(Shown):
    """A boolean that reads as yes and no."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, Flag) else other)

    def __hash__(self) -> int:
        return hash(self._value)


def shown(value: Any, text: str | None) -> Any:
    """The value, reading as `text`; a value that reads so anyway is given back as it is."""
    made: Shown
    match value:
        case str() | list() | tuple() | Mapping() | timedelta() | time():
            return value if text is None or isinstance(value, str) else _text_instead(value, text)
        case None:
            if not text:
                return None
            made = Nothing()
        case bool():
            if text is None or text == text_of(value):
                return value
            made = Flag(value)
        case _ if text is None or text == text_of(value):
            return value
        case int():
            made = ShownInteger(value)
        case float():
            made = ShownNumber(value)
        case Decimal():
            made = ShownDecimal(value)
        case datetime():
            made = ShownDatetime.fromisoformat(value.isoformat())
            if value.tzinfo is not None:
                made = made.replace(tzinfo=value.tzinfo)
        case date():
            made = ShownDate(value.year, value.month, value.day)
        case _:
            return _text_instead(value, text)
    made.shown = text
    return made


def _text_instead(value: Any, text: str) -> Any:
    return value if isinstance(value, list | tuple | Mapping) else text


def text_for_people(value: Any) -> str:
    """The value as it reads."""
    match value:
        case str():
            return value
        case Shown():
            return value.shown
        case list() | tuple():
            return ", ".join(text_for_people(each) for each in value)
    return text_of(value)


class Row(Mapping[str, Any]):
    """One row: values by column, each with its column's format. Made into values when asked for."""

    __slots__ = ("_places", "_texts", "_values")

    def __init__(self, places: Mapping[str, int], values: Sequence[Any], texts: Sequence[str | None]) -> None:
        self._places, self._values, self._texts = places, values, texts

    def __getitem__(self, name: str) -> Any:
        place = self._places[name]
        return shown(self._values[place], self._texts[place])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def raw(self) -> dict[str, Any]:
        """The values as they are."""
        return {name: self._values[place] for name, place in self._places.items()}
