"""What the original's variables stand for in the new document, where they are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import Any

from ir.dialects.free_names import name_of
from ir.records import dataclass

PAYLOADS = frozenset(
    {
        "values",
        "rows",
        "records",
        "items",
        "results",
        "data",
        "emails",
        "messages",
        "files",
        "events",
        "contacts",
        "deals",
        "leads",
        "charges",
        "output",
        "result",
        "list",
        "assigned",
    }
)
"""Parts of an answer under which the original's plugins gave their rows: here an answer is its rows."""


COUNTS = frozenset({"length", "count", "total_found", "total_count", "row_count"})
"""Parts of an answer that said how many rows it had."""


_QUOTED = re.compile(r"""^\[(['"])([A-Za-z_]\w*)\1\]$""")


class Kind(Enum):
    """What a name stands for."""

    ROWS = "a frame"
    VALUE = "the one value of a frame of one row"
    COLUMN = "a column of the rows that the step reads"
    ONE = "one answer for all rows"
    ROW = "the row itself"
    GROUPS = "the groups of a frame"
    GROUP = "one group"
    TABLE = "the rows as a table of HTML"
    CONSTANT = "a value that stands in the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one of the original's names stands for."""

    kind: Kind
    name: str
    """The frame, column or value in the new document."""
    frame: str = ""
    """Of a column: the frame whose rows have it. Of groups: the frame that is grouped."""
    column: str = ""
    """Of a value: its column. Of groups: what they are made by."""
    value: Any = None
    fields: tuple[str, ...] = ()
    """Of a column: what is known to be inside it."""


class Unmeant(Exception):
    """A reference that means nothing here; the text says why."""


@dataclass(slots=True)
class Meanings:
    """The names that can be used at one place of the program."""

    known: dict[str, Meaning] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    """{input: its default}, of those that the document declares."""
    used_inputs: list[str] = field(default_factory=list)
    frame: str | None = None
    """The rows that a loop goes over, if one does."""
    group: Meaning | None = None

    def inside(self) -> Meanings:
        """The same names, to which a branch or a loop may add its own."""
        return Meanings(dict(self.known), self.inputs, self.used_inputs, self.frame, self.group)

    def input_named(self, text: str) -> str:
        """The name of the run's input that the original calls so, which is declared from now on."""
        name = name_of(text)
        if name not in self.used_inputs:
            self.used_inputs.append(name)
        return name

    def rows(self, reference: str) -> Meaning:
        """What a reference means where rows are asked for.

        Raises:
            Unmeant: for what is no rows here.
        """
        root, *rest = split(reference)
        if root in ("input", "inputs", "config", "var"):
            raise Unmeant(f'"{reference}" is an input of the run, and no rows')
        found = self.known.get(root)
        if found is None:
            raise Unmeant(f'nothing is called "{root}" here')
        if rest and rest[0] == "data":
            rest = rest[1:]
        if found.kind is Kind.GROUPS and rest in ([], ["groups"]):
            return found
        if found.kind is Kind.GROUP and rest in ([], ["items"]):
            return Meaning(kind=Kind.ROWS, name=found.frame)
        if found.kind is Kind.ROWS and (not rest or (len(rest) == 1 and rest[0] in PAYLOADS)):
            return found
        if found.kind is Kind.ROWS and len(rest) == 1:
            return Meaning(kind=Kind.COLUMN, name=rest[0], frame=found.name)
        if found.kind is Kind.ONE and (not rest or (len(rest) == 1 and rest[0] in PAYLOADS)):
            return Meaning(kind=Kind.ONE, name=found.name, frame=found.name)
        if found.kind is Kind.COLUMN:
            return Meaning(kind=Kind.COLUMN, name=".".join([found.name, *rest]), frame=found.frame)
        if found.kind is Kind.ROW and rest:
            return Meaning(kind=Kind.COLUMN, name=".".join(rest), frame=self.frame or found.name)
        if found.kind is Kind.ROW:
            return Meaning(kind=Kind.ROWS, name=self.frame or found.name)
        raise Unmeant(f'"{reference}" is {found.kind.value}, and no rows')

    def path(self, reference: str) -> str:
        """What a reference is in a template of the new document.

        Raises:
            Unmeant: for what has no name here.
        """
        root, *rest = split(reference)
        if root in ("input", "inputs", "config", "var"):
            if not rest:
                raise Unmeant(f"{root} alone names no input")
            return ".".join(["inputs", self.input_named(rest[0]), *rest[1:]])
        found = self.known.get(root)
        if found is None:
            if root in ("date", "time", "datetime", "year", "month", "day", "run", "today", "now"):
                return {"today": "date", "now": "datetime"}.get(root, ".".join([root, *rest]))
            raise Unmeant(f'nothing is called "{root}" here')
        if rest and rest[0] == "data" and found.kind in (Kind.ROWS, Kind.ONE, Kind.VALUE):
            rest = rest[1:]
        return joined(self._segments(found, rest, reference))

    def _segments(self, found: Meaning, rest: list[str], reference: str) -> list[str]:
        match found.kind:
            case Kind.ROWS:
                if len(rest) > 1 and rest[0] in PAYLOADS:
                    rest = rest[1:]
                if rest and rest[-1] in COUNTS:
                    return [found.name, "count"]
                if not rest:
                    return [found.name]
                return [found.name, *rest]
            case Kind.VALUE:
                return [found.name, found.column]
            case Kind.ROW:
                if not rest:
                    return ["item"]
                return ["item", *rest] if rest[0].startswith("[") and not _QUOTED.match(rest[0]) else rest
            case Kind.GROUP:
                if rest == ["key"] or rest == [found.column]:
                    return ["group", "key"]
                if rest[:1] == ["items"]:
                    return ["count"] if rest[1:] in (["length"], ["count"]) else ["group", *rest]
                if rest == ["count"]:
                    return ["count"]
                raise Unmeant(f'"{reference}" is no part of a group: it has key, items and count')
            case Kind.TABLE:
                return ["rendered_table"]
            case Kind.GROUPS:
                raise Unmeant(f'"{reference}" is {found.kind.value}, and stands only for a loop or per-group delivery')
            case Kind.CONSTANT:
                return [found.name]
        return [found.name, *rest]


def split(reference: str) -> list[str]:
    """The parts of a path; what stands in brackets belongs to the part before."""
    text = reference.strip()
    if text.startswith("{{") and text.endswith("}}"):
        text = text[2:-2].strip()
    parts: list[str] = []
    current, depth, quote = "", 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and depth:
            quote = sign
        elif sign in "[]":
            depth += 1 if sign == "[" else -1
        elif sign == "." and not depth:
            parts.append(current)
            current = ""
            continue
        current += sign
    parts.append(current)
    found: list[str] = []
    for index, part in enumerate(parts):
        root, bracket, more = part.partition("[")
        if index == 0 and bracket and root:
            found += [root, f"[{more}"]
        else:
            found.append(part)
    return found or [""]


def joined(parts: list[str]) -> str:
    """The parts as one path; a quoted key that needs no quotes is a name as any other."""
    text = ""
    for part in parts:
        part = _QUOTED.sub(r"\2", part)
        text += part if part.startswith("[") or not text else f".{part}"
    return text


Say = Callable[[str], None]


def in_templates(written: Any, meanings: Meanings, say: Say) -> Any:
    """A value with the references in its texts as the new document writes them; `say` hears of those that have none."""
    match written:
        case str():
            return _text(written, meanings, say)
        case Mapping():
            return {key: in_templates(each, meanings, say) for key, each in written.items()}
        case list():
            return [in_templates(each, meanings, say) for each in written]
    return written


def _text(text: str, meanings: Meanings, say: Say) -> Any:
    pieces: list[str] = []
    rest = text
    while "{{" in rest:
        before, _, after = rest.partition("{{")
        inner, closing, rest_after = after.partition("}}")
        if not closing:
            break
        constant = meanings.known.get(inner.strip())
        if constant is not None and constant.kind is Kind.CONSTANT:
            if text.strip() == f"{{{{{inner}}}}}":
                return constant.value
            pieces += [before, str(constant.value)]
        else:
            try:
                path = meanings.path(inner)
            except Unmeant as problem:
                say(str(problem))
                path = inner.strip()
            pieces += [before, f"{{{{{path}}}}}"]
        rest = rest_after
    return "".join(pieces) + rest
