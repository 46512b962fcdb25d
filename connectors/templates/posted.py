"""Addresses and JSON texts with values in them: what a value holds leads nowhere else, and adds nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.templates.language import FillProblem
from connectors.templates.places import for_chat
from ir.templates import Template, resolve
from ir.value_text import text_of

_BEHIND_HOST = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]+[/?#]", re.IGNORECASE)


def filled_url(template: Template, roots: Mapping[str, Any]) -> str:
    """The address. A value behind the host is percent-encoded; one before it is the address itself, or its beginning.

    Raises:
        Unresolved: a reference stands for nothing.
        FillProblem: a value that would lead out of its place however it is written.
    """
    made = ""
    for part in template.parts:
        if isinstance(part, str):
            made += part
            continue
        text = text_of(resolve(part, roots))
        if _BEHIND_HOST.match(made) is None:
            made += text
        elif text not in {".", ".."}:
            made += quote(text, safe="")
        else:
            raise FillProblem(f'{part} is "{text}", which leads elsewhere in an address')
    return made


def filled_chat(template: Template, roots: Mapping[str, Any]) -> str:
    """The text of a chat: what its author wrote may be markup, no value is.

    Raises:
        Unresolved: a reference stands for nothing.
    """
    return "".join(each if isinstance(each, str) else for_chat(text_of(resolve(each, roots)))
                   for each in template.parts)  # fmt: skip


def is_json(template: Template) -> bool:
    """Whether it is the text of an object or a list."""
    first = template.parts[0] if template.parts else ""
    return isinstance(first, str) and first.lstrip()[:1] in {"{", "["}


def filled_json(template: Template, roots: Mapping[str, Any]) -> str:
    """The JSON text: a value between quotes is text there, any other a JSON value.

    Raises:
        Unresolved: a reference stands for nothing.
    """
    made, is_inside = [], False
    for part in template.parts:
        if isinstance(part, str):
            quotes = re.findall(r'(?<!\\)(?:\\\\)*"', part)
            is_inside ^= len(quotes) % 2 == 1
            made.append(part)
            continue
        value = resolve(part, roots)
        if is_inside:
            made.append(json.dumps(text_of(value), ensure_ascii=False)[1:-1])
        elif isinstance(value, Decimal) and value.is_finite():
            made.append(f"{value:f}")
        else:
            made.append(json.dumps(value, ensure_ascii=False, default=text_of))
    return "".join(made)
