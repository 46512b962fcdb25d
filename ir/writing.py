"""A document's values as YAML or JSON text that reads back as the same values, digits included."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ir.document import Digits

_WIDTH = 100
_INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z_/$(.<=0-9][^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*")
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|^\s|\s$|^---|^\.\.\.")
_LIKE_A_NUMBER = re.compile(r"[-+.]?[0-9]")
_OTHER_WORDS = frozenset({"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan", "="})
"""Words that this reader or a YAML 1.1 one takes for something else than text, in lower case."""
_BLOCK = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]+")


def to_yaml(value: Mapping[str, Any]) -> str:
    """The document as YAML: blocks for mappings, one line for short lists of scalars."""
    return "\n".join(_yaml_lines(value)) + "\n"


def to_json(value: Mapping[str, Any]) -> str:
    """The document as JSON, two spaces deep."""
    return _json(value, 0) + "\n"


def _yaml_lines(value: Any) -> list[str]:
    """The lines of a non-empty mapping or list; others are one line."""
    lines: list[str] = []
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            lines += _attached(f"{yaml_text(key, in_flow=False)}:", each, is_item=False)
    elif isinstance(value, list) and value:
        for each in value:
            lines += _attached("-", each, is_item=True)
    else:
        lines.append(_yaml_scalar(value))
    return lines


def _attached(head: str, value: Any, *, is_item: bool) -> list[str]:
    """`value` behind `head`, which is `key:` or `-`."""
    if isinstance(value, str) and "\n" in value and _fits_block(value):
        body, chomping = (value[:-1], "") if value.endswith("\n") else (value, "-")
        return [f"{head} |{chomping}", *[_INDENT + line if line else "" for line in body.split("\n")]]
    if isinstance(value, list) and value and not any(isinstance(each, (Mapping, list)) for each in value):
        line = f"{head} [{', '.join(_yaml_scalar(each, in_flow=True) for each in value)}]"
        if len(line) <= _WIDTH:
            return [line]
    if not isinstance(value, (Mapping, list)) or not value:
        return [f"{head} {_yaml_scalar(value)}"]
    inner = _yaml_lines(value)
    if is_item:
        return [f"{head} {inner[0]}", *[_INDENT + line if line else "" for line in inner[1:]]]
    return [head, *[_INDENT + line if line else "" for line in inner]]


def _fits_block(text: str) -> bool:
    """Whether a literal block keeps the text: no odd characters, no line that begins or ends with white space."""
    lines = text.removesuffix("\n").split("\n")
    return all(_BLOCK.fullmatch(line) and line == line.strip() for line in lines)


def _yaml_scalar(value: Any, *, in_flow: bool = False) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            if math.isinf(value):
                return ".inf" if value > 0 else "-.inf"
            return value.text if isinstance(value, Digits) else repr(value)
        case str():
            return yaml_text(value, in_flow=in_flow)
        case Mapping():
            return "{}"
        case list():
            return "[]"
    return str(value)


def yaml_text(text: str, *, in_flow: bool) -> str:
    """A text as a YAML scalar, plain where that reads back as the same text."""
    plain = (
        _PLAIN.fullmatch(text)
        and text.lower() not in _OTHER_WORDS
        and not _NOT_PLAIN.search(text)
        and not (_LIKE_A_NUMBER.match(text) and not re.fullmatch(r"\d{4}-\d\d-\d\d", text))
        and not (in_flow and _FLOW_SIGNS.search(text))
    )
    if plain:
        return text
    if text.isprintable() and "'" not in text and "\\" not in text and '"' in text:
        return f"'{text}'"
    quoted = json.dumps(text, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _json(value: Any, depth: int) -> str:
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, Mapping) and value:
        members = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_json(each, depth + 1)}" for key, each in value.items()
        ]
        return "{\n" + ",\n".join(members) + f"\n{outer}}}"
    if isinstance(value, list) and value:
        items = [_json(each, depth + 1) for each in value]
        line = f"[{', '.join(items)}]"
        if len(line) + len(inner) <= _WIDTH and "\n" not in line:
            return line
        return "[\n" + ",\n".join(inner + item for item in items) + f"\n{outer}]"
    if isinstance(value, Digits) and not math.isinf(value):
        return _json_number(value.text)
    return json.dumps(value, ensure_ascii=False)


def _json_number(digits: str) -> str:
    """YAML's .5, 1., +1.5 and 007.5 in JSON's spelling."""
    sign, whole, fraction, exponent = re.fullmatch(r"([-+]?)(\d*)(\.\d*)?([eE].*)?", digits).groups("")  # type: ignore[union-attr]
    whole = whole.lstrip("0") or "0"
    fraction = ".0" if fraction == "." else fraction
    return f"{sign.replace('+', '')}{whole}{fraction}{exponent}"
