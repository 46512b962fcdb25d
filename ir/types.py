"""The types of columns (section 3 of the IR) and the schema of a frame."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ir.diagnostics import did_you_mean
from ir.records import dataclass


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's type. Its text is what people write in a `schema` or a `cast`."""

    def __str__(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class String(DataType):
    pass


@dataclass(frozen=True, slots=True)
class Integer(DataType):
    """64 bits, signed."""


@dataclass(frozen=True, slots=True)
class Number(DataType):
    """A 64-bit float that is never NaN; infinities may stand."""


@dataclass(frozen=True, slots=True)
class Decimal(DataType):
    """An exact decimal with `precision` digits, `scale` of them behind the point."""

    precision: int
    scale: int

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True, slots=True)
class Boolean(DataType):
    pass


@dataclass(frozen=True, slots=True)
class Date(DataType):
    pass


@dataclass(frozen=True, slots=True)
class Datetime(DataType):
    """Microseconds. `zoned` ones are instants, kept in UTC and shown in settings.timezone."""

    zoned: bool = False

    def __str__(self) -> str:
        return "datetime with time zone" if self.zoned else "datetime"


@dataclass(frozen=True, slots=True)
class Time(DataType):
    pass


@dataclass(frozen=True, slots=True)
class Duration(DataType):
    pass


@dataclass(frozen=True, slots=True)
class Json(DataType):
    """Text that is a JSON document."""


@dataclass(frozen=True, slots=True)
class Null(DataType):
    """The type of a bare null: fits wherever any type does."""


@dataclass(frozen=True, slots=True)
class ListOf(DataType):
    item: DataType

    def __str__(self) -> str:
        return f"list({self.item})"


@dataclass(frozen=True, slots=True)
class Struct(DataType):
    fields: tuple[tuple[str, DataType], ...]

    def __str__(self) -> str:
        inside = ", ".join(f"{name}: {kind}" for name, kind in self.fields)
        return f"struct({inside})"

    def get(self, name: str) -> DataType | None:
        return next((kind for field, kind in self.fields if field == name), None)


@dataclass(frozen=True, slots=True)
class File(DataType):
    """An attachment or document: name, mime, size and a reference to its bytes."""


NUMERIC = (Integer, Number, Decimal)
TEMPORAL = (Date, Datetime, Time)

_WORDS: dict[str, DataType] = {
    **dict.fromkeys(("string", "text", "varchar", "char", "str"), String()),
    **dict.fromkeys(("integer", "int", "bigint", "int64", "smallint"), Integer()),
    **dict.fromkeys(("number", "double", "float", "real", "float64", "double precision"), Number()),
    **dict.fromkeys(("boolean", "bool"), Boolean()),
    "date": Date(),
    **dict.fromkeys(("datetime", "timestamp"), Datetime()),
    **dict.fromkeys(("datetime with time zone", "timestamp with time zone", "timestamptz"), Datetime(zoned=True)),
    "time": Time(),
    **dict.fromkeys(("duration", "interval"), Duration()),
    "json": Json(),
    "file": File(),
}
TYPE_WORDS = ("string", "integer", "number", "decimal(p,s)", "boolean", "date", "datetime", "datetime with time zone",
              "time", "duration", "json", "list(T)", "struct(name: T, ...)", "file")  # fmt: skip


class UnknownType(ValueError):
    """A text that names no type; `hint` says what would."""

    def __init__(self, text: str) -> None:
        super().__init__(f'"{text}" is no type')
        self.hint = did_you_mean(text, _WORDS) or f"the types are {', '.join(TYPE_WORDS)}"
        if text.count("(") > text.count(")"):
            self.hint = 'a comma inside { } ends a text: write the type in quotes, such as "decimal(10,2)"'


def parse_type(text: str) -> DataType:
    """The type that `text` names: a word of the IR or its usual SQL synonym.

    Raises:
        ValueError: with a message that says what was seen; UnknownType's hint says what would work.
    """
    word = " ".join(text.strip().lower().split())
    if word in _WORDS:
        return _WORDS[word]
    if word in {"decimal", "numeric"}:
        return Decimal(38, 9)
    if match := re.fullmatch(r"(?:decimal|numeric) ?\( ?(\d+) ?(?:, ?(\d+) ?)?\)", word):
        precision, scale = int(match[1]), int(match[2] or 0)
        if not 1 <= precision <= 38 or scale > precision:
            raise ValueError(f"{text.strip()} has no such precision: 1 to 38 digits, the scale at most as many")
        return Decimal(precision, scale)
    original = text.strip()
    if (word.startswith(("list(", "list (", "array("))) and original.endswith(")"):
        return ListOf(parse_type(original[original.index("(") + 1 : -1]))
    if word.startswith(("struct(", "struct (")) and original.endswith(")"):
        return Struct(tuple(_parse_fields(original[original.index("(") + 1 : -1])))
    raise UnknownType(original)


def _parse_fields(text: str) -> Iterator[tuple[str, DataType]]:
    depth, start, parts = 0, 0, []
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    for part in [*parts, text[start:]]:
        name, colon, kind = part.partition(":")
        if not colon:
            raise ValueError(f'"{part.strip()}" is no struct field; write name: type')
        yield name.strip(), parse_type(kind)


class Schema:
    """The columns of a frame in order: names are unique and case-sensitive."""

    __slots__ = ("_types",)

    def __init__(self, columns: Mapping[str, DataType] | Iterable[tuple[str, DataType]] = ()) -> None:
        self._types: dict[str, DataType] = dict(columns)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._types)

    def __getitem__(self, name: str) -> DataType:
        return self._types[name]

    def get(self, name: str) -> DataType | None:
        return self._types.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._types

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def items(self) -> Iterable[tuple[str, DataType]]:
        return self._types.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and list(self._types.items()) == list(other._types.items())

    def __hash__(self) -> int:
        return hash(tuple(self._types.items()))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}: {kind}" for name, kind in self._types.items())
        return f"Schema({inside})"

    def brief(self, most: int = 12) -> str:
        """The names for a diagnostic's note, the first `most` of them."""
        names = list(self._types)
        more = f", … {len(names) - most} more" if len(names) > most else ""
        return ", ".join(names[:most]) + more if names else "(none)"
