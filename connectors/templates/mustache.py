"""Mustache templates: variables, sections, inverted ones, comments, other delimiters. Handlebars is read as this."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from connectors.templates.budget import Budget
from connectors.templates.language import FillProblem, TemplateProblem
from connectors.templates.places import Medium, Misplaced, Place, places_of, written
from connectors.templates.values import Nothing
from ir.records import dataclass
from ir.templates import Reference

_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*|\.")
_MISSING = object()
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Variable:
    path: tuple[str, ...]
    """() is the element that a section goes through."""
    place: Place
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Section:
    path: tuple[str, ...]
    is_inverted: bool
    span: tuple[int, int]
    parts: list[str | _Variable | _Section] = field(default_factory=list)


Part = str | _Variable | _Section


class MustacheTemplate:
    """A template in Mustache, or in the part of Handlebars that is Mustache."""

    def __init__(self, text: str, medium: Medium, *, is_handlebars: bool = False) -> None:
        self._parts = _Reader(text, medium, is_handlebars).read()
        found = list(_references(self._parts, ()))
        self.references: Sequence[Reference] = [each for each, around in found if not around]
        self.inner: Sequence[tuple[Reference, tuple[Path, ...]]] = [each for each in found if each[1]]

    def fill(self, roots: Mapping[str, Any]) -> str:
        pieces: list[str] = []
        _fill(self._parts, [roots], Budget(), pieces.append)
        return "".join(pieces)


def _fill(parts: Sequence[Part], stack: list[Any], budget: Budget, put: Callable[[str], None]) -> None:
    for part in parts:
        if isinstance(part, str):
            budget.put(part)
            put(part)
        elif isinstance(part, _Variable):
            value = _found(part.path, stack)
            if value is _MISSING:
                raise FillProblem(f'there is no "{".".join(part.path)}" in it')
            text = written(value, part.place)
            budget.put(text)
            put(text)
        else:
            _fill_section(part, stack, budget, put)


def _fill_section(part: _Section, stack: list[Any], budget: Budget, put: Callable[[str], None]) -> None:
    value = _found(part.path, stack)
    is_empty = value is _MISSING or _is_false(value)
    if part.is_inverted:
        if is_empty:
            _fill(part.parts, stack, budget, put)
        return
    if is_empty:
        return
    for each in value if isinstance(value, list | tuple) else [value]:
        budget.step()
        _fill(part.parts, [*stack, each], budget, put)


def _is_false(value: Any) -> bool:
    """False, null, nothing at all and an empty list; also an empty text and 0, as in JavaScript."""
    return value is None or isinstance(value, Nothing) or (not isinstance(value, Mapping) and not value)


def _found(path: tuple[str, ...], stack: list[Any]) -> Any:
    """The first name is looked for from the innermost section outwards, the others below it."""
    if not path:
        return stack[-1]
    value: Any = _MISSING
    for each in reversed(stack):
        if isinstance(each, Mapping) and path[0] in each:
            value = each[path[0]]
            break
    for name in path[1:]:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list | tuple) and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        elif isinstance(value, list | tuple) and name == "length":
            value = len(value)
        elif value is None:
            return None
        else:
            return _MISSING
    return value


def _references(parts: Sequence[Part], around: tuple[Path, ...]) -> Iterator[tuple[Reference, tuple[Path, ...]]]:
    """Every name, with the sections that it stands in, the outer ones first."""
    for each in parts:
        if isinstance(each, str):
            continue
        if each.path:
            yield Reference(_segments(each.path), each.span), around
        if isinstance(each, _Section):
            yield from _references(each.parts, around if each.is_inverted or not each.path else (*around, each.path))


def _segments(path: tuple[str, ...]) -> tuple[str | int, ...]:
    return tuple(int(each) if each.isdigit() else each for each in path)


class _Reader:
    def __init__(self, text: str, medium: Medium, is_handlebars: bool) -> None:
        self._text, self._places, self._is_handlebars = text, places_of(medium), is_handlebars
        self._is_escaped = medium not in {"text", "chat"}
        self._open, self._close = "{{", "}}"

    def read(self) -> list[Part]:
        top: list[Part] = []
        sections: list[tuple[_Section, list[Part]]] = []
        parts, at, text = top, 0, self._text
        while (opening := text.find(self._open, at)) >= 0:
            sigil, inside, end, span = self._tag(opening)
            literal = text[at:opening]
            alone = self._stands_alone(opening, end) if sigil and sigil in "#^/!=" else None
            if alone is not None:
                literal, end = literal[: len(literal) - alone[0]], alone[1]
            if literal:
                self._places.feed(literal)
                parts.append(literal)
            at = end
            match sigil:
                case "!":
                    continue
                case "=":
                    self._delimiters(inside, span)
                case "#" | "^":
                    made = _Section(self._path(inside, sigil, span), sigil == "^", span)
                    parts.append(made)
                    sections.append((made, parts))
                    parts = made.parts
                case "/":
                    if not sections:
                        raise TemplateProblem(f"nothing is open that {self._said(span)} could close", span)
                    section, before = sections.pop()
                    if inside != ".".join(section.path or (".",)):
                        raise TemplateProblem(f'here "{".".join(section.path or (".",))}" is to be closed first', span)
                    parts = before
                case _:
                    parts.append(self._variable(sigil, inside, span))
        if sections:
            raise TemplateProblem(f"{self._said(sections[-1][0].span)} is never closed", sections[-1][0].span)
        rest = text[at:]
        if rest:
            self._places.feed(rest)
            parts.append(rest)
        return top

    def _tag(self, opening: int) -> tuple[str, str, int, tuple[int, int]]:
        text, start = self._text, opening + len(self._open)
        sigil = text[start : start + 1]
        sigil = sigil if sigil and sigil in "#^/!=&>{<$" else ""
        close = {"{": "}" + self._close, "=": "=" + self._close}.get(sigil, self._close)
        end = text.find(close, start + len(sigil))
        if end < 0:
            raise TemplateProblem(f"the {self._open} is never closed by {close}", (opening, len(text)))
        inside = text[start + len(sigil) : end].strip()
        return sigil, inside, end + len(close), (opening, end + len(close))

    def _stands_alone(self, opening: int, end: int) -> tuple[int, int] | None:
        """Of a tag with its line for itself, the blanks before it and where the next line begins."""
        line = self._text.rfind("\n", 0, opening) + 1
        rest = re.compile(r"[ \t]*(?:\r?\n|$)").match(self._text, end)
        before = self._text[line:opening]
        return (len(before), rest.end()) if rest is not None and not before.strip(" \t") else None

    def _said(self, span: tuple[int, int]) -> str:
        return self._text[span[0] : span[1]]

    def _delimiters(self, inside: str, span: tuple[int, int]) -> None:
        found = inside.split()
        if len(found) != 2 or any("=" in each for each in found):
            raise TemplateProblem("two delimiters are set, as in {{=<% %>=}}", span)
        self._open, self._close = found

    def _variable(self, sigil: str, inside: str, span: tuple[int, int]) -> _Variable:
        if sigil == ">":
            raise TemplateProblem("a message's template has no partials: write their text here", span)
        if sigil in {"<", "$"}:
            raise TemplateProblem("a message's template has no blocks to inherit: write their text here", span)
        path = self._path(inside, sigil, span)
        if sigil in {"{", "&"} and self._is_escaped and path not in {("rendered_table",), ("html_table",)}:
            raise TemplateProblem(f"{self._said(span)} would take the value for markup", span,
                                  hint=f"write {{{{{inside}}}}}: values are always escaped")  # fmt: skip
        try:
            return _Variable(path, self._places.value(), span)
        except Misplaced as problem:
            raise TemplateProblem(str(problem), span) from None

    def _path(self, inside: str, sigil: str, span: tuple[int, int]) -> tuple[str, ...]:
        if _NAME.fullmatch(inside):
            if self._is_handlebars and inside.split(".")[0] == "this":
                inside = ".".join(inside.split(".")[1:]) or "."
            elif self._is_handlebars and inside == "else":
                raise TemplateProblem("{{else}} is Handlebars, and its templates are read as Mustache", span,
                                      hint="close the section and write {{^name}}…{{/name}} behind it")  # fmt: skip
            return () if inside == "." else tuple(inside.split("."))
        word, _, rest = inside.partition(" ")
        hints = {"each": f"{{{{#{rest.strip()}}}}}…{{{{/{rest.strip()}}}}}", "if": f"{{{{#{rest.strip()}}}}}…",
                 "unless": f"{{{{^{rest.strip()}}}}}…", "with": f"{{{{#{rest.strip()}}}}}…"}  # fmt: skip
        if word in hints and sigil == "#" and rest:
            raise TemplateProblem(f"{self._said(span)} is a helper of Handlebars, and templates are read as Mustache",
                                  span, hint=f"write {hints[word]}")  # fmt: skip
        if inside.startswith(("..", "@", "this/")):
            raise TemplateProblem(f"{self._said(span)} is a path of Handlebars, and templates are read as Mustache",
                                  span, hint="names are looked for in the sections around by themselves")  # fmt: skip
        if not inside:
            raise TemplateProblem("nothing stands between the delimiters", span)
        raise TemplateProblem(f'"{inside}" is no name', span, hint="a name has letters, digits and _, and dots between")
