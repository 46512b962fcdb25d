"""A loaded workflow document: its values, and where in the text each of them stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ir.diagnostics import Diagnostic, Place, Pointer
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

    def __getnewargs__(self) -> tuple[str]:
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
        match self.children, part:
            case dict() as members, str():
                return members.get(part)
            case list() as items, int() if 0 <= part < len(items):
                return items[part]
        return None


@dataclass(slots=True)
class Document:
    """A workflow as plain values (`value`), and the places of its keys and values."""

    value: dict[str, Any]
    file: str
    text: str
    root: Node | None
    _line_starts: list[int] = field(default_factory=list)

    def place(self, at: Pointer, *, on_key: bool = False, within: tuple[int, int] | None = None) -> Place | None:
        """The place of the value (or key) at `at`, or of its nearest ancestor that stands in the file.

        `within` is a span of the value's text, for a caret under a part of an expression or a template.
        """
        if self.root is None:
            return None
        node, key_span, arrived = self.root, None, True
        for part in at:
            child = node.child(part)
            if child is None:
                arrived = False
                break
            key_span = node.keys[part] if node.keys is not None and isinstance(part, str) else None
            node = child
        start, end = node.start, node.end
        if key_span and (on_key or not arrived or node.children is not None):
            # A whole block under a key has no line of its own to underline; its key has.
            start, end = key_span
        elif within and node.style is not None:
            value = self._value_at(at)
            if isinstance(value, str):
                raw = self.text[node.start : node.end]
                start = node.start + offset_in_source(raw, value, node.style, within[0])
                end = node.start + offset_in_source(raw, value, node.style, within[1])
        return place_in_text(self.file, self.text, start, end, self._lines())

    def _value_at(self, at: Pointer) -> Any:
        value: Any = self.value
        for part in at:
            value = value[part]
        return value

    def _lines(self) -> list[int]:
        if not self._line_starts:
            self._line_starts = line_starts(self.text)
        return self._line_starts


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


def expect_mapping(value: object) -> Mapping[str, Any]:
    """`value` where the document has a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
