"""New members for a mapping of a document's text: comments, layout and the order of keys stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ir.diagnostics import Pointer, WorkflowError
from ir.document import Document, Node
from ir.loading import loads
from ir.writing import yaml_text

WIDTH = 110
_STEP = "  "
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_ALIAS = re.compile(r"\s*:\s*\*[^\s,\[\]{}]+")

Edit = tuple[int, int, str]
"""From, to and what stands there instead."""

Texts = Mapping[str, "str | Texts"]
"""What is added: texts and mappings of them."""


class CannotEdit(Exception):
    """The text is written in a way that does not take the members; the message says which."""


def with_members(document: Document, at: Pointer, members: Texts) -> Document:
    """The document with `members` behind those of the mapping at `at`; a null there becomes a mapping.

    The new text is read again: it holds what the old one did, the members, and nothing else.

    Raises:
        CannotEdit: the mapping is shared through an alias, or its layout takes no further line.
    """
    node = _node(document, at)
    edit = _replaced(document, node, members) if node.children is None else _appended(document, node, members)
    return reread(document, edit, _expected(document.value, at, members), "the text around it takes no further key")


def reread(document: Document, edits: Sequence[Edit], expected: Any, refusal: str) -> Document:
    """The document with its text changed by the edits, which stand in its order, once that was read again.

    Raises:
        CannotEdit: it does not hold what is expected; with the words of `refusal` where it cannot be read at all.
    """
    text = document.text
    for start, end, new in reversed(edits):
        text = text[:start] + new + text[end:]
    try:
        changed = loads(text, file=document.file, syntax="json" if is_json(document) else "yaml")
    except WorkflowError as error:
        raise CannotEdit(refusal) from error
    if changed.value != expected:
        raise CannotEdit("it is shared with another place through an alias, or written in an unusual way")
    return changed


def _node(document: Document, at: Pointer) -> Node:
    node = document.root
    for part in at:
        child = node.child(part) if node else None
        if node is None or child is None:
            raise CannotEdit("it does not stand in the file")
        if not node.start <= child.start <= child.end <= node.end:
            raise CannotEdit("it is shared with another place through an alias")
        node = child
    if node is None:
        raise CannotEdit("the document has no text")
    return node


def _replaced(document: Document, node: Node, members: Texts) -> list[Edit]:
    """The null at `node`, or the nothing there, as a mapping in braces."""
    before = document.text[node.start - 1 : node.start]
    space = " " if node.start == node.end and before == ":" else ""
    return [(node.start, node.end, space + _braces(members, document))]


def _appended(document: Document, node: Node, members: Texts) -> list[Edit]:
    text = document.text
    in_braces = is_flow(text, node)
    if in_braces and not node.keys:
        return [(node.start, node.end, _braces(members, document))]
    assert node.keys
    end = _last_member_end(text, node)
    line_end = end_of_line(text, end)
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = _indent_of(text, next(iter(node.keys.values()))[0])
    if not in_braces:
        lines = _block(members, indent)
        return [(line_end, line_end, "".join(newline + line for line in lines))]
    if "\n" in text[end : node.end] and "\n" in text[node.start : next(iter(node.keys.values()))[0]]:
        # one member a line: the comma goes behind the last one, before its comment
        comma = [] if re.match(r"\s*,", text[end:]) else [(end, end, ",")]
        new = f",{newline}".join(_lines(members, document, indent, newline))
        return [*comma, (line_end, line_end, newline + new)]
    line_start = text.rfind("\n", 0, end) + 1
    hanging = newline + " " * (len(text[line_start:]) - len(text[line_start:].lstrip(" -"))) + _STEP
    pieces = _pieces(members, document)
    new, column = "", end - line_start
    for piece in pieces:
        # JSON on one line is written by a program and stays on it
        if column + len(piece) + 2 > WIDTH and not is_json(document):
            new, column = f"{new},{hanging}{piece}", len(hanging) + len(piece)
        else:
            new, column = f"{new}, {piece}", column + len(piece) + 2
    return [(end, end, new)]


def _end(text: str, node: Node) -> int:
    """Where a value ends, without the blank lines and comments behind it."""
    if node.children is None or is_flow(text, node):
        return node.start + len(text[node.start : node.end].rstrip())
    if isinstance(node.children, list):
        return max(_end(text, each) for each in node.children)
    return _last_member_end(text, node)


def _last_member_end(text: str, node: Node) -> int:
    assert isinstance(node.children, dict)
    assert node.keys
    key, last = list(node.children.items())[-1]
    key_end = node.keys[key][1]
    if key_end <= last.start and last.end <= node.end:
        return max(key_end, _end(text, last))
    alias = _ALIAS.match(text, key_end)
    if alias is None:
        raise CannotEdit("it is shared with another place through an alias")
    return alias.end()


def is_flow(text: str, node: Node) -> bool:
    """Whether a mapping or list stands in braces or brackets; an anchor or a tag may stand before them."""
    opening = _PROPERTIES.match(text, node.start)
    assert opening
    return text[opening.end() : opening.end() + 1] in {"{", "["}


def end_of_line(text: str, at: int) -> int:
    """Where the line ends, before its break."""
    found = re.compile(r"\r?\n|\r|\Z").search(text, at)
    assert found
    return found.start()


def _indent_of(text: str, at: int) -> str:
    return " " * (at - (text.rfind("\n", 0, at) + 1))


def is_json(document: Document) -> bool:
    """Whether the text was read as JSON: the only other texts that begin with a brace are YAML in one flow."""
    return document.file.lower().endswith(".json") or (
        not document.file.lower().endswith((".yaml", ".yml")) and document.text.lstrip()[:1] == "{"
    )


def _block(members: Texts, indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in members.items():
        head = f"{indent}{yaml_text(key, in_flow=False)}:"
        if isinstance(value, str):
            lines.append(f"{head} {yaml_text(value, in_flow=False)}")
        else:
            lines += [head, *_block(value, indent + _STEP)]
    return lines


def _lines(members: Texts, document: Document, indent: str, newline: str) -> list[str]:
    """Each member as JSON or YAML in braces, its own members on lines of their own."""
    found: list[str] = []
    for key, value in members.items():
        head = f"{indent}{_scalar(key, document)}: "
        if isinstance(value, str):
            found.append(head + _scalar(value, document))
        else:
            inner = f",{newline}".join(_lines(value, document, indent + _STEP, newline))
            found.append(f"{head}{{{newline}{inner}{newline}{indent}}}")
    return found


def _pieces(members: Texts, document: Document) -> list[str]:
    """The members as text between commas, where a line may be broken."""
    pieces: list[str] = []
    for key, value in members.items():
        head = f"{_scalar(key, document)}: "
        if isinstance(value, str):
            pieces.append(head + _scalar(value, document))
        else:
            inner = _pieces(value, document)
            inner[0] = f"{head}{{{inner[0]}"
            inner[-1] += "}"
            pieces += inner
    return pieces


def _braces(members: Texts, document: Document) -> str:
    return "{" + ", ".join(_pieces(members, document)) + "}"


def _scalar(text: str, document: Document) -> str:
    return json.dumps(text, ensure_ascii=False) if is_json(document) else yaml_text(text, in_flow=True)


def _expected(value: Any, at: Pointer, members: Texts) -> Any:
    if not at:
        return {**(value or {}), **members}
    first, *rest = at
    if isinstance(value, list):
        return [_expected(each, tuple(rest), members) if index == first else each for index, each in enumerate(value)]
    return {key: _expected(each, tuple(rest), members) if key == first else each for key, each in value.items()}
