"""A loaded workflow document: its values, and where in the text each of them stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from ir.diagnostics import Diagnostic, Place, Pointer
from ir.records import dataclass
from ir.scalar_spans import offset_in_source

MAX_BYTES = 10_000_000
MAX_DEPTH = 64
MAX_DIGITS = 100
MAX_EXPANDED_NODES = 200_000
"""Values that aliases may add to a document: far more than any report needs, far less than an alias bomb."""


class Digits(float):
    """A number with a point or an exponent, and the digits as they were written.

    `0.1` is exactly one tenth in a decimal column although no float is; `text` keeps that.
    """

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Digits:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


@dataclass(slots=True)
class Node:
    """Where one value stands: offsets into the text, and the same for what is inside it."""

    start: int
    end: int
    style: str | None = None
    """For text: how it is written (`"`, `'`, `|`, `>`, or empty for plain), else None."""
    keys: dict[str, tuple[int, int]] | None = None
    children: dict[str, Node] | list[Node] | None = None

    def child(self, part: str | int) -> Node | None:
        inside = self.children
        if isinstance(inside, dict) and isinstance(part, str):
            return inside.get(part)
        if isinstance(inside, list) and isinstance(part, int) and 0 <= part < len(inside):
            return inside[part]
        return None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value of a translated document was written; `exact` if what is inside it is there as well."""

    at: Pointer
    exact: bool


@dataclass(slots=True)
class Document:
    """A workflow as plain values (`value`), and the places of its keys and values."""

    value: dict[str, Any]
    file: str
    text: str
    root: Node | None
    origins: Mapping[Pointer, Origin] | None = None
    """Of a translated document: where what stands at a pointer was written."""
    said: tuple[Diagnostic, ...] = ()
    """Of a translated document: what was found while it was translated."""
    _written: dict[str, Any] | None = None
    _line_starts: list[int] = field(default_factory=list)
    _hidden: list[tuple[int, int]] = field(default_factory=list)

    def translated(
        self, value: dict[str, Any], origins: Mapping[Pointer, Origin], said: tuple[Diagnostic, ...]
    ) -> Document:
        """The same text read as `value`, in other words than it was written in."""
        return replace(self, value=value, origins=origins, said=said, _written=self.value)

    def origin(self, at: Pointer) -> Pointer:
        """Where what stands at `at` was written."""
        return self._origin(at).at

    def _origin(self, at: Pointer) -> Origin:
        if self.origins is None:
            return Origin(at, exact=True)
        for length in range(len(at), -1, -1):
            found = self.origins.get(at[:length])
            if found is not None:
                return Origin((*found.at, *at[length:]), exact=True) if found.exact else found
        return Origin(at, exact=True)

    def hide(self, at: Pointer) -> None:
        """Never show the text of the value at `at` in a source line: it may be a secret."""
        node = self.root
        for part in self.origin(at):
            node = node.child(part) if node else None
        if node:
            self._hidden.append((node.start, node.end))

    def place(self, at: Pointer, *, on_key: bool = False, within: tuple[int, int] | None = None) -> Place | None:
        """The place of the value (or key) at `at`, or of its nearest ancestor that stands in the file.

        `within` is a span of the value's text, for a caret under a part of an expression or a template.
        """
        if self.root is None:
            return None
        origin = self._origin(at)
        at = origin.at
        node: Node = self.root
        value: Any = self._written or self.value
        key_span: tuple[int, int] | None = None
        arrived = True
        for part in at:
            child = node.child(part)
            if child is None:
                if _is_added_level(node, part):
                    continue
                arrived = False
                break
            key_span = node.keys[part] if node.keys is not None and isinstance(part, str) else None
            node, value = child, value[part]
        start, end = node.start, node.end
        if key_span and (on_key or not arrived or node.children is not None):
            # A whole block under a key has no line of its own to underline; its key has.
            start, end = key_span
        elif within and origin.exact and node.style is not None:
            raw = self.text[node.start : node.end]
            start = node.start + offset_in_source(raw, value, node.style, within[0])
            end = node.start + offset_in_source(raw, value, node.style, within[1])
        return self._without_hidden(place_in_text(self.file, self.text, start, end, self._lines()))

    def _without_hidden(self, place: Place) -> Place:
        first = self._lines()[place.line - 1]
        line = place.source_line
        for start, end in self._hidden:
            low, high = max(start - first, 0), min(end - first, len(line))
            if low < high:
                line = line[:low] + "•" * (high - low) + line[high:]
        return place if line == place.source_line else replace(place, source_line=line)

    def _lines(self) -> list[int]:
        if not self._line_starts:
            self._line_starts = line_starts(self.text)
        return self._line_starts


def _is_added_level(node: Node, part: str | int) -> bool:
    """Whether a step leads through a level that only the models have.

    A delivery or a name that stands alone is read as a list of one, a bare list of conditions as a FilterGroup, a
    column to sort by as {field}.
    """
    if isinstance(node.children, list):
        return isinstance(part, str)
    return node.children is None or part == 0


def line_starts(text: str) -> list[int]:
    r"""Offsets at which lines begin; \n, \r\n and \r end a line, nothing else does (YAML 1.2, JSON)."""
    starts, at = [0], 0
    while True:
        newline, carriage = text.find("\n", at), text.find("\r", at)
        if newline < 0 and carriage < 0:
            return starts
        if carriage < 0 or 0 <= newline < carriage:
            at = newline + 1
        else:
            at = carriage + 2 if newline == carriage + 1 else carriage + 1
        starts.append(at)


def place_in_text(file: str, text: str, start: int, end: int, starts: list[int] | None = None) -> Place:
    """The place of the span [start, end) in `text`, cut to its first line."""
    starts = line_starts(text) if starts is None else starts
    start = min(start, len(text))
    line = bisect_right(starts, start)
    first = starts[line - 1]
    last = starts[line] if line < len(starts) else len(text)
    source_line = text[first:last].rstrip("\r\n")
    length = max(1, min(end, first + len(source_line)) - start)
    return Place(file=file, line=line, column=start - first + 1, length=length, source_line=source_line)


class SyntaxProblem(Exception):
    """What stops a text from being read; becomes a Diagnostic once the file is known."""

    def __init__(self, code: str, message: str, *, start: int = 0, end: int | None = None, hint: str | None = None,
                 related: tuple[str, int, int] | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.start, self.end = start, start + 1 if end is None else end
        self.related = related

    def in_file(self, file: str, text: str) -> Diagnostic:
        related: tuple[tuple[str, Place], ...] = ()
        if self.related:
            note, start, end = self.related
            related = ((note, place_in_text(file, text, start, end)),)
        return Diagnostic(code=self.code, message=self.message, hint=self.hint, related=related,
                          place=place_in_text(file, text, self.start, self.end))  # fmt: skip

    def without_place(self) -> Diagnostic:
        return Diagnostic(code=self.code, message=self.message, hint=self.hint)
