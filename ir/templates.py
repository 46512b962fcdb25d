"""Templates: text with references such as {{inputs.month}} or {{orders[0]['unit price']}}."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any

from ir.records import dataclass
from ir.value_text import text_of


class Every(Enum):
    """The segment [*]: what follows is taken of every element."""

    EVERY = "[*]"


EVERY = Every.EVERY
Segment = str | int | Every

_NAME = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"\.\s*(\w+)")
_BRACKETED = re.compile(r"""\[\s*(?:(-?\d+)|(\*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]""")


class TemplateSyntax(Exception):
    """A reference that cannot be read; `start` and `end` are offsets in the template's text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


class Unresolved(Exception):
    """A reference whose `name` stands for nothing here; `span` is where it stands in the template's text."""

    def __init__(self, message: str, *, name: str, span: tuple[int, int]) -> None:
        super().__init__(message)
        self.message, self.name, self.span = message, name, span


@dataclass(frozen=True, slots=True)
class Reference:
    """`{{path}}`: the first segment is a root, further ones go into it."""

    path: tuple[Segment, ...]
    span: tuple[int, int]
    """Where it stands in the template's text, braces included."""

    @property
    def root(self) -> str:
        """The name it begins with."""
        return str(self.path[0])

    def __str__(self) -> str:
        written = self.root
        for part in self.path[1:]:
            if isinstance(part, str):
                written += f".{part}" if _NAME.fullmatch(part) else f"['{part}']"
            else:
                written += part.value if isinstance(part, Every) else f"[{part}]"
        return written


@dataclass(frozen=True, slots=True)
class Template:
    """Text and references in the order they stand; texts between references are never empty."""

    text: str
    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references alone."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def is_single_reference(self) -> bool:
        """Whether it is nothing but one reference, so that the value keeps its type."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Reference)

    @property
    def is_plain(self) -> bool:
        """Whether it refers to nothing."""
        return not self.references


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """The template that `text` is. `}}` without `{{` before it, as in JSON, is text.

    Raises:
        TemplateSyntax: with the span of what cannot be read.
    """
    parts: list[str | Reference] = []
    at = 0
    while (opening := text.find("{{", at)) >= 0:
        closing = text.find("}}", opening + 2)
        if closing < 0:
            raise TemplateSyntax("the {{ is never closed by }}", opening, len(text))
        if opening > at:
            parts.append(text[at:opening])
        path = _parse_path(text, opening + 2, closing)
        parts.append(Reference(path, (opening, closing + 2)))
        at = closing + 2
    if at < len(text):
        parts.append(text[at:])
    if len(parts) == 3 and isinstance(parts[1], Reference) and not str(parts[0]).strip() + str(parts[2]).strip():
        parts = [parts[1]]
    return Template(text, tuple(parts))


def _parse_path(text: str, start: int, end: int) -> tuple[Segment, ...]:
    inside = text[start:end]
    at = start + len(inside) - len(inside.lstrip())
    last = start + len(inside.rstrip())
    if at >= last:
        raise TemplateSyntax("nothing stands between {{ and }}", start - 2, end + 2)
    if text[at] in "#/>!&^":
        message = f"{{{{{text[at]} … }}}} blocks stand only in rendering.template, with rendering.engine"
        raise TemplateSyntax(message, start - 2, end + 2)
    name = _NAME.match(text, at, last)
    if name is None:
        raise TemplateSyntax("a reference begins with a name", at, last)
    path: list[Segment] = [name[0]]
    at = name.end()
    while at < last:
        if dotted := _DOTTED.match(text, at, last):
            path.append(int(dotted[1]) if dotted[1].isascii() and dotted[1].isdigit() else dotted[1])
            at = dotted.end()
        elif bracketed := _BRACKETED.match(text, at, last):
            path.append(_bracketed(bracketed))
            at = bracketed.end()
        else:
            raise TemplateSyntax(_strange(text[at:last].strip(), path), at, last)
    return tuple(path)


def _bracketed(found: re.Match[str]) -> Segment:
    if found[1]:
        return int(found[1])
    if found[2]:
        return EVERY
    quoted = found[3] if found[3] is not None else found[4]
    return re.sub(r"\\(.)", r"\1", quoted)


def _strange(rest: str, path: list[Segment]) -> str:
    if rest.startswith("|"):
        return "a template has no filters; compute a column with map, or show it with format"
    if rest.startswith("["):
        return "in brackets stand a position, * or a quoted name"
    if re.match(r"\(|[-+*/%<>=?]\s", rest):
        return "a template holds a reference, no expression; compute a column with map and refer to it"
    return f"\"{rest}\" cannot follow {path[-1]}; an odd name is written ['like this'] after its frame"


def render(template: Template, roots: Mapping[str, Any], *, escape: Callable[[str], str] | None = None) -> Any:
    """The template with its references filled in from `roots`; what comes in is never scanned again.

    A single reference keeps its value's type, unless `escape` asks for text: each value's text passes through it.

    Raises:
        Unresolved: when a reference names nothing.
    """
    if template.is_single_reference and escape is None:
        return resolve(template.references[0], roots)
    written: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            written.append(part)
        else:
            text = text_of(resolve(part, roots))
            written.append(escape(text) if escape else text)
    return "".join(written)


def resolve(reference: Reference, roots: Mapping[str, Any]) -> Any:
    """The value a reference stands for. Outside a list, or below null, it is null.

    Raises:
        Unresolved: when a name in it stands for nothing.
    """
    if reference.root not in roots:
        raise Unresolved(f'"{reference.root}" stands for nothing here', name=reference.root, span=reference.span)
    return descend(roots[reference.root], reference.path[1:], reference)


def descend(value: Any, path: tuple[Segment, ...], reference: Reference) -> Any:
    """What the path reaches from the value, both parts of `reference`.

    Raises:
        Unresolved: when a name in it stands for nothing.
    """
    for position, part in enumerate(path):
        if value is None:
            return None
        if isinstance(part, Every):
            if not isinstance(value, (list, tuple)):
                raise Unresolved(f"[*] needs a list, and {reference} meets none", name="[*]", span=reference.span)
            return [descend(each, path[position + 1 :], reference) for each in value]
        if isinstance(value, Mapping) and str(part) in value:
            value = value[str(part)]
        elif isinstance(value, (list, tuple)) and isinstance(part, int):
            value = value[part] if -len(value) <= part < len(value) else None
        elif part == "length" and isinstance(value, (list, tuple, str)):
            value = len(value)
        else:
            raise Unresolved(f'{reference}: there is no "{part}" in it', name=str(part), span=reference.span)
    return value
