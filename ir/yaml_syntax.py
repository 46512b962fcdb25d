"""YAML 1.2 text as values and places, on PyYAML's event parser (libyaml where the wheel has it).

PyYAML reads YAML 1.1, where `on`, `12:30` and `2026-01-31` are not text. Only its parser is used, which the two
versions share; what a plain scalar means is decided here by the core schema of YAML 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml import events

from ir.document import MAX_DEPTH, MAX_EXPANDED_NODES, Node, SyntaxProblem
from ir.yaml_problems import syntax_problem, tab_problem, unreadable_character
from ir.yaml_scalars import MAYBE_NOT_TEXT, resolve

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # a PyYAML built without libyaml

    class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):  # type: ignore[no-redef]
        def __init__(self, text: str) -> None:
            yaml.reader.Reader.__init__(self, text)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)


_CORE_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "map", "seq")}


def read_yaml(text: str) -> tuple[Any, Node]:
    """The one document in `text` and the places in it.

    Raises:
        SyntaxProblem: IR1xx.
    """
    try:
        return _Reader(text).read()
    except yaml.MarkedYAMLError as error:
        raise syntax_problem(text, error) from error
    except yaml.reader.ReaderError as error:
        raise unreadable_character(text, error) from error


class _Reader:
    """Builds values and nodes in one pass over the parser's events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: Callable[[], Any] = _Parser(text).get_event
        self._anchors: dict[str, tuple[Any, Node, int]] = {}
        self._open: set[str] = set()
        self._made = 0
        self._tabs = "\t" in text

    def read(self) -> tuple[Any, Node]:
        self._next()
        event = self._next()
        if isinstance(event, events.StreamEndEvent):
            return None, Node(0, 0)
        if event.version is not None and event.version != (1, 2):
            raise SyntaxProblem("IR103", "the document asks for YAML 1.1; workflows are read as YAML 1.2",
                                start=event.start_mark.index, end=event.end_mark.index,
                                hint="leave the %YAML line out")  # fmt: skip
        value, node = self._value(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, events.StreamEndEvent):
            raise SyntaxProblem("IR109", "a second document begins here; a file holds one workflow",
                                start=event.start_mark.index, end=event.end_mark.index,
                                hint="put it into a file of its own")  # fmt: skip
        return value, node

    def _value(self, event: Any, depth: int) -> tuple[Any, Node]:
        self._made += 1
        if isinstance(event, events.ScalarEvent):
            return self._anchored(event, *self._scalar(event))
        if isinstance(event, events.AliasEvent):
            return self._alias(event, depth)
        if depth >= MAX_DEPTH:
            raise SyntaxProblem("IR108", f"nested deeper than {MAX_DEPTH} levels", start=event.start_mark.index)
        tag = _CORE_TAGS.get(event.tag) if event.tag not in {None, "!"} else "any"
        wanted = "map" if isinstance(event, events.MappingStartEvent) else "seq"
        if tag not in {wanted, "any"}:
            raise self._foreign_tag(event)
        before = self._made
        if event.anchor:
            self._open.add(event.anchor)
        value, node = self._mapping(event, depth) if wanted == "map" else self._sequence(event, depth)
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (value, node, self._made - before + 1)
        return value, node

    def _sequence(self, opening: Any, depth: int) -> tuple[Any, Node]:
        items: list[Any] = []
        nodes: list[Node] = []
        while not isinstance(event := self._next(), events.SequenceEndEvent):
            value, node = self._value(event, depth + 1)
            items.append(value)
            nodes.append(node)
        closing: Any = event
        return items, Node(opening.start_mark.index, closing.end_mark.index, None, None, nodes)

    def _mapping(self, opening: Any, depth: int) -> tuple[Any, Node]:
        members: dict[str, Any] = {}
        keys: dict[str, tuple[int, int]] = {}
        nodes: dict[str, Node] = {}
        while not isinstance(event := self._next(), events.MappingEndEvent):
            key = self._key(event, inline=bool(opening.flow_style))
            span = (event.start_mark.index, event.end_mark.index)
            if key in members:
                raise SyntaxProblem("IR105", f'the key "{key}" is written twice', start=span[0], end=span[1],
                                    related=("first written here", *keys[key]),
                                    hint="keep one of them, or merge what they hold")  # fmt: skip
            if self._tabs and not opening.flow_style:
                self._check_indentation(span[0])
            keys[key] = span
            members[key], nodes[key] = self._value(self._next(), depth + 1)
        closing: Any = event
        return members, Node(opening.start_mark.index, closing.end_mark.index, None, keys, nodes)

    def _key(self, event: Any, *, inline: bool) -> str:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, events.AliasEvent) and event.anchor in self._anchors:
            key = self._anchors[event.anchor][0]
        elif isinstance(event, events.ScalarEvent):
            key, node = self._scalar(event)
            self._anchored(event, key, node)
        else:
            raise SyntaxProblem("IR110", "a key is a list or a mapping; keys are text", start=start, end=end,
                                hint='a value that starts with { or [ needs quotes: "{{name}}"')  # fmt: skip
        if not isinstance(key, str):
            written = self._text[start:end] or "null"
            raise SyntaxProblem("IR110", f"the key {written} is no text", start=start, end=end,
                                hint="a comma inside { } ends a text: quote the text before it as a whole"
                                if inline else f'write "{written}" in quotes')  # fmt: skip
        return key

    def _scalar(self, event: Any) -> tuple[Any, Node]:
        text: str = event.value
        start, end = event.start_mark.index, event.end_mark.index
        tag = event.tag
        if event.implicit[0] and tag is None:
            if not text or text[0] in MAYBE_NOT_TEXT:
                value = resolve(text, start, end)
                return value, Node(start, end, "" if type(value) is str else None)
            return text, Node(start, end, "")
        style = event.style or ""
        if tag is None or tag == "!" or _CORE_TAGS.get(tag) == "str":
            return text, Node(start, end, style)
        value = resolve(text, start, end)
        kinds: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
        expected = kinds.get(_CORE_TAGS.get(tag, ""))
        if expected is None:
            raise self._foreign_tag(event)
        if not isinstance(value, expected) or (_CORE_TAGS[tag] != "bool" and isinstance(value, bool)):
            raise SyntaxProblem("IR103", f'"{text}" is no {_CORE_TAGS[tag]}', start=start, end=end)
        return value, Node(start, end)

    def _anchored(self, event: Any, value: Any, node: Node) -> tuple[Any, Node]:
        if event.anchor:
            self._anchors[event.anchor] = (value, node, 1)
        return value, node

    def _alias(self, event: Any, depth: int) -> tuple[Any, Node]:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor in self._open:
            raise SyntaxProblem("IR108", f"*{event.anchor} stands inside what it names", start=start, end=end)
        if event.anchor not in self._anchors:
            raise SyntaxProblem("IR103", f"*{event.anchor} names no anchor above it", start=start, end=end,
                                hint="a value that starts with * needs quotes")  # fmt: skip
        value, node, size = self._anchors[event.anchor]
        self._made += size
        if self._made > MAX_EXPANDED_NODES:
            raise SyntaxProblem("IR108", f"aliases expand this document beyond {MAX_EXPANDED_NODES:,} values",
                                start=start, end=end)  # fmt: skip
        return _copy(value, depth, start), node

    def _foreign_tag(self, event: Any) -> SyntaxProblem:
        start = event.start_mark.index
        written = re.match(r"[!&]\S*(?:\s+!\S*)?", self._text[start:])
        tag = event.tag.removeprefix("tag:yaml.org,2002:")
        return SyntaxProblem("IR112", f"the tag {tag} has no meaning in a workflow", start=start,
                             end=start + (len(written[0]) if written else 1),
                             hint="leave it out; text that starts with ! needs quotes")  # fmt: skip

    def _check_indentation(self, start: int) -> None:
        line_start = max(self._text.rfind("\n", 0, start), self._text.rfind("\r", 0, start)) + 1
        before = self._text[line_start:start]
        if "\t" in before and not before.strip(" \t-?"):
            raise tab_problem(line_start + before.index("\t"))


def _copy(value: Any, depth: int, at: int) -> Any:
    """A value of its own for each alias, so that changing one place never changes another."""
    if not isinstance(value, (dict, list)):
        return value
    if depth >= MAX_DEPTH:
        raise SyntaxProblem("IR108", f"this alias nests deeper than {MAX_DEPTH} levels", start=at)
    if isinstance(value, dict):
        return {key: _copy(each, depth + 1, at) for key, each in value.items()}
    return [_copy(each, depth + 1, at) for each in value]
