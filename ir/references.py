"""References to frames: a bare name, or `{{name}}`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ir.templates import TemplateSyntax, parse_template

_REFERENCE = re.compile(r"\s*(?:\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}|([A-Za-z_][A-Za-z0-9_]*))\s*")


def frame_reference(text: str) -> str | None:
    """The name of the frame that `text` refers to, or None when it is no plain reference."""
    match = _REFERENCE.fullmatch(text)
    return (match[1] or match[2]) if match else None


def roots_in(written: Any) -> frozenset[str]:
    """The names that the templates begin with which stand anywhere in a value; one that cannot be read has none."""
    return frozenset(name for text in texts_in(written) for name in _roots(text))


def texts_in(written: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    match written:
        case str():
            yield written
        case Mapping():
            for each in written.values():
                yield from texts_in(each)
        case list():
            for each in written:
                yield from texts_in(each)


def _roots(text: str) -> Iterator[str]:
    try:
        yield from (each.root for each in parse_template(text).references)
    except TemplateSyntax:  # told where the text is read
        return
