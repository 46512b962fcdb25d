"""The objects of JSON text one by one: from an array, from lines, or one document of many lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial
from typing import IO, Any

from connectors.problem import ConnectorProblem
from ir.records import dataclass

_BLOCK = 1024 * 1024
LONGEST = 256 * 1024 * 1024
"""Characters of one item: a row that is longer is none, and would take all of the memory before anybody knew."""
_WHITE = " \t\r\n"


class Written(float):
    """A float that knows its digits, so that a decimal column or a text gets exactly what was written."""

    text: str

    def __new__(cls, text: str) -> Written:
        number = super().__new__(cls, text)
        number.text = text
        return number


DECODER = json.JSONDecoder(parse_float=Written)


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no JSON, and why."""

    text: str
    number: int
    reason: str

    def problem(self, shown: str) -> ConnectorProblem:
        """The line as what stops a run."""
        return ConnectorProblem(
            "IR534", f"{shown}, line {self.number} is no JSON: {self.reason}", key=("location",),
            notes=[f"the line: {self.text[:200]}"], hint="write one object a line, or format: json for one array",
        )  # fmt: skip


def lines_items(stream: IO[bytes], *, encoding: str, shown: str) -> Iterator[Any]:
    """One value a line, a BrokenLine for one that is none; blank lines are left out.

    Raises:
        ConnectorProblem: IR522 for bytes that are no text of this encoding.
    """
    number = 0
    text = io.TextIOWrapper(stream, encoding=encoding, newline="\n")
    try:
        for number, line in enumerate(iter(partial(text.readline, LONGEST), ""), 1):
            if len(line) == LONGEST:
                raise _too_long(f"line {number}", shown)
            stripped = line.removeprefix("\ufeff").strip(_WHITE) if number == 1 else line.strip(_WHITE)
            if not stripped:
                continue
            yield _one(stripped, number)
    except UnicodeError as error:
        raise ConnectorProblem("IR522", f"{shown} is not {encoding} text, somewhere after line {number}",
                               key=("config", "encoding"), hint="write its encoding") from error  # fmt: skip
    finally:
        text.detach()


def _one(line: str, number: int) -> Any:
    try:
        return DECODER.decode(line)
    except json.JSONDecodeError as error:
        return BrokenLine(line, number, error.msg.lower())
    except RecursionError:
        return BrokenLine(line, number, "nested too deep")


def array_items(stream: IO[bytes], *, encoding: str, shown: str) -> Iterator[Any]:
    """The items of one array, read block by block; a single object is one item.

    Raises:
        ConnectorProblem: IR534 where the text stops being JSON.
    """
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield from _items(text, shown)
    except UnicodeError as error:
        raise ConnectorProblem("IR522", f"{shown} is not {encoding} text", key=("config", "encoding"),
                               hint="write its encoding") from error  # fmt: skip
    finally:
        text.detach()


def _items(text: io.TextIOWrapper, shown: str) -> Iterator[Any]:
    buffer = text.read(_BLOCK).removeprefix("\ufeff").lstrip(_WHITE)
    if not buffer.startswith("["):
        if not buffer:
            raise ConnectorProblem("IR525", f"{shown} is empty", key=("location",), hint="an empty array is []")
        whole = buffer + text.read(LONGEST)
        if len(whole) >= LONGEST:
            raise _too_long("its object", shown)
        yield from _single(whole, shown)
        return
    buffer, at, number = buffer[1:], 0, 0
    while True:
        buffer, at = _skip(text, buffer, at)
        if buffer[at : at + 1] == "]":
            rest, behind = _skip(text, buffer, at + 1)
            if rest[behind:]:
                break
            return
        if number:
            if buffer[at : at + 1] != ",":
                break
            buffer, at = _skip(text, buffer, at + 1)
        item, buffer, at = _next(text, buffer, at, shown, number + 1)
        number += 1
        yield item
    raise ConnectorProblem(
        "IR534",
        f"{shown} is no JSON array: it does not go on as one after item {number}",
        key=("location",),
        hint="is the file cut short? one object a line is format: ndjson",
    )


def _too_long(what: str, shown: str) -> ConnectorProblem:
    return ConnectorProblem("IR534", f"{shown}: {what} is longer than {LONGEST // 1024**2} MB", key=("location",),
                            hint="a row is one object of an array, or of a line")  # fmt: skip


def _skip(text: io.TextIOWrapper, buffer: str, at: int) -> tuple[str, int]:
    """The buffer from `at` on without white space, filled again when it runs out."""
    while True:
        while at < len(buffer) and buffer[at] in _WHITE:
            at += 1
        if at < len(buffer):
            return buffer, at
        more = text.read(_BLOCK)
        if not more:
            return "", 0
        buffer, at = more, 0


def _next(text: io.TextIOWrapper, buffer: str, at: int, shown: str, number: int) -> tuple[Any, str, int]:
    """The item at `at`. A number at the very end of the buffer may go on behind it, so one character is kept."""
    while True:
        try:
            item, end = DECODER.raw_decode(buffer, at)
            if end < len(buffer):
                return item, buffer, end
            problem: Exception | None = None
        except (json.JSONDecodeError, RecursionError) as error:
            problem = error
        if len(buffer) - at >= LONGEST:
            raise _too_long(f"item {number}", shown) from problem
        # A block more each time, doubled, so that a huge item is not parsed once for every block of it.
        more = text.read(max(_BLOCK, len(buffer) - at))
        if not more:
            start = buffer[at : at + 100].strip()
            raise ConnectorProblem("IR534", f"{shown}, item {number} is no JSON or is cut short", key=("location",),
                                   notes=[f"it starts with {start}"] if start else [],
                                   hint="one object a line is format: ndjson") from problem  # fmt: skip
        buffer, at = buffer[at:] + more, 0


def _single(text: str, shown: str) -> Iterator[Any]:
    try:
        yield DECODER.decode(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConnectorProblem("IR534", f"{shown} is no JSON document", key=("location",), notes=[str(error)],
                               hint="one object a line is format: ndjson") from error  # fmt: skip
