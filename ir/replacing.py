"""Other values in a document's text: what stays the same keeps its text, its comments and its layout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ir.diagnostics import Pointer
from ir.document import Document, Node
from ir.editing import WIDTH, CannotEdit, Edit, end_of_line, is_flow, is_json, reread
from ir.writing import to_json, yaml_text


def with_value(document: Document, at: Pointer, value: Any) -> Document:
    """The document with `value` at `at`, whose parent stands in it.

    Of mappings and lists only what differs is written anew; a list that grows gets its new items behind the others.
    The new text is read again: it holds what the old one did, the value, and nothing else.

    Raises:
        CannotEdit: what would be changed is shared through an alias, or its layout does not take the value.
    """
    parent, node = _found(document, at)
    if node is None:
        edits = [_member(document, parent, str(at[-1]), value)]
    else:
        edits = _edits(document, node, _at(document.value, at), value)
    expected = _expected(document.value, at, value)
    return reread(document, sorted(edits), expected, "the text around it does not take another value")


def _found(document: Document, at: Pointer) -> tuple[Node, Node | None]:
    """The node above and the one at `at`; None where there is no such key yet."""
    node = document.root
    for depth, part in enumerate(at):
        child = node.child(part) if node else None
        if node is None or (child is None and depth < len(at) - 1):
            raise CannotEdit("it does not stand in the file")
        if child is None:
            return node, None
        if not node.start <= child.start <= child.end <= node.end:
            raise CannotEdit("it is shared with another place through an alias")
        parent, node = node, child
    if node is None or not at:
        raise CannotEdit("the document has no text")
    return parent, node


def _at(value: Any, at: Pointer) -> Any:
    for part in at:
        value = value[part]
    return value


def _edits(document: Document, node: Node, old: Any, new: Any) -> list[Edit]:
    if old == new and type(old) is type(new):
        return []
    if isinstance(node.children, dict) and isinstance(new, Mapping) and list(new) == list(node.children):
        return [each for key, child in node.children.items() for each in _edits(document, child, old[key], new[key])]
    if isinstance(node.children, list) and isinstance(new, list) and node.children and new:
        return _list_edits(document, node, old, new)
    start, end = node.start, _end(document, node)
    before = document.text[start - 1 : start]
    space = " " if start == end and before == ":" else ""
    return [(start, end, space + _listed(new, document, start))]


def _list_edits(document: Document, node: Node, old: list[Any], new: list[Any]) -> list[Edit]:
    """Items that stay keep their text; the rest of the list is taken away or written behind."""
    assert isinstance(node.children, list)
    text, items = document.text, node.children
    common = min(len(old), len(new))
    edits = [each for index in range(common) for each in _edits(document, items[index], old[index], new[index])]
    last = _end(document, items[common - 1])
    if len(new) < len(old):
        start = end_of_line(text, last) if not is_flow(text, node) else last
        end = _end(document, items[-1])
        edits.append((start, end_of_line(text, end) if not is_flow(text, node) else end, ""))
    elif len(new) > len(old):
        added = [_inline(each, document) for each in new[common:]]
        if is_flow(text, node):
            line = end_of_line(text, items[0].start)
            first, head = items[0].start, text.rfind("\n", 0, items[0].start) + 1
            is_listed = not text[head:first].strip() and line < node.end
            glue = ",\n" + text[head:first] if is_listed else ", "
            edits.append((last, last, "".join(glue + each for each in added)))
        else:
            dash = text.rfind("-", 0, items[0].start)
            indent = text[text.rfind("\n", 0, dash) + 1 : dash]
            newline = "\r\n" if "\r\n" in text else "\n"
            lines = "".join(f"{newline}{' ' * len(indent)}- {each}" for each in added)
            place = end_of_line(text, last)
            edits.append((place, place, lines))
    return edits


def _member(document: Document, parent: Node, key: str, value: Any) -> Edit:
    """A key that is not there yet, behind the others of its mapping."""
    text = document.text
    if not isinstance(parent.children, dict) or not parent.keys:
        if text[parent.start : parent.end].strip() not in {"", "{}", "null", "~"}:
            raise CannotEdit("its mapping takes no further key")
        space = " " if text[parent.start - 1 : parent.start] == ":" else ""
        member = f"{_scalar(key, document)}: {_inline(value, document)}"
        return (parent.start, parent.start + len(text[parent.start : parent.end].rstrip()), f"{space}{{{member}}}")
    end = _end(document, parent, inside=True)
    if is_flow(text, parent):
        return (end, end, f", {_scalar(key, document)}: {_inline(value, document)}")
    first = next(iter(parent.keys.values()))[0]
    indent = " " * (first - (text.rfind("\n", 0, first) + 1))
    place = end_of_line(text, end)
    return (place, place, f"\n{indent}{_scalar(key, document)}: {_inline(value, document)}")


def _end(document: Document, node: Node, *, inside: bool = False) -> int:
    """Where a value ends, without blank lines and comments behind it; `inside` braces, behind the last member."""
    text = document.text
    is_leaf = node.children is None or not node.children
    if is_leaf or (is_flow(text, node) and not inside):
        return node.start + len(text[node.start : node.end].rstrip())
    children = list(node.children.values()) if isinstance(node.children, dict) else list(node.children or ())
    return max(_end(document, each) for each in children)


def _listed(value: Any, document: Document, at: int) -> str:
    """The value on one line, or a list of mappings with one a line where that is too long."""
    text = _inline(value, document)
    line = document.text[document.text.rfind("\n", 0, at) + 1 :]
    if len(text) + 20 <= WIDTH or not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return text
    indent = line[: len(line) - len(line.lstrip(" -"))].replace("-", " ")
    inner = ",\n".join(f"{indent}  {_inline(each, document)}" for each in value)
    return f"[\n{inner},\n{indent}]" if not is_json(document) else f"[\n{inner}\n{indent}]"


def _inline(value: Any, document: Document) -> str:
    """The value on one line, in braces and brackets."""
    if isinstance(value, Mapping):
        members = (f"{_scalar(key, document)}: {_inline(each, document)}" for key, each in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(each, document) for each in value) + "]"
    return _scalar(value, document)


def _scalar(value: Any, document: Document) -> str:
    if is_json(document):
        if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        return to_json({"": value}).partition(": ")[2].rstrip("}\n").rstrip()
    if isinstance(value, str):
        return yaml_text(value, in_flow=True)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(getattr(value, "text", None) or value)


def _expected(value: Any, at: Pointer, new: Any) -> Any:
    if not at:
        return new
    first, *rest = at
    if isinstance(value, list):
        return [_expected(each, tuple(rest), new) if index == first else each for index, each in enumerate(value)]
    known = dict(value or {})
    known[str(first)] = _expected(known.get(str(first)), tuple(rest), new)
    return known
