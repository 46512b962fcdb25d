"""JSON that somebody else wrote, as values that columns and files can hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

_DEEPEST = 100
_HALVES = (b"\\ud", b"\\uD", b"\xed")
"""Without any of these a body spells no half of a pair of surrogates; with one it may."""
_DECODER, _BLANKS = json.JSONDecoder(), " \t\r\n"


def read_json(body: bytes) -> Any:
    """The value of a body, without halves of pairs of surrogates.

    Raises:
        ValueError: it is no JSON, or nested too deep.
    """
    try:
        found = _loaded(body)
        if any(each in body for each in _HALVES):
            text = json.dumps(found, ensure_ascii=False)
            whole = plain_unicode(text)
            found = found if whole == text else json.loads(whole)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if body.count(b"[") + body.count(b"{") > _DEEPEST and is_too_deep(found):
        raise ValueError("nested too deep")
    return found


def _loaded(body: bytes) -> Any:
    """As json.loads, which looks for the encoding and twice for blanks: four fifths of the time of a short answer."""
    try:
        text = body.decode()
        found, end = _DECODER.raw_decode(text)
        if end == len(text) or not text[end:].strip(_BLANKS):
            return found
    except ValueError:
        pass
    return json.loads(body)


def plain_unicode(text: str) -> str:
    """The text without halves of pairs of surrogates, which JSON can spell and neither a column nor a file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def is_too_deep(value: Any) -> bool:
    """Whether a value has more levels than anything that works through it can be expected to stand."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [below for each in level for below in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
