"""The `fields` parameter: which parts of an answer are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Mask = dict[str, "Mask | None"]
_TOKEN = re.compile(r"\s*([\w$*-]+|[(),/.])")


def parse_mask(text: str) -> Mask:
    """`a,b(c,d/e)` (newer services write d.e) as {a: None, b: {c: None, d: {e: None}}}.

    Raises:
        ValueError: for anything else.
    """
    tokens = ["/" if each == "." else each for each in _TOKEN.findall(text)]
    if "".join(tokens) != re.sub(r"\s", "", text).replace(".", "/"):
        raise ValueError(f"{text!r} is no field mask")
    mask, rest = _list(tokens)
    if rest:
        raise ValueError(f"{text!r} is no field mask: {''.join(rest)} is left over")
    return mask


def _list(tokens: list[str]) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        if not tokens or tokens[0] in "(),/":
            raise ValueError("a name is missing in a field mask")
        name, tokens = tokens[0], tokens[1:]
        inner: Mask | None = None
        if tokens[:1] == ["/"]:
            step, tokens = _one(tokens[1:])
            inner = step
        elif tokens[:1] == ["("]:
            inner, tokens = _list(tokens[1:])
            if tokens[:1] != [")"]:
                raise ValueError("a field mask is not closed")
            tokens = tokens[1:]
        mask[name] = inner
        if tokens[:1] != [","]:
            return mask, tokens
        tokens = tokens[1:]


def _one(tokens: list[str]) -> tuple[Mask, list[str]]:
    """After a slash: one name, with what follows below it."""
    end = depth = 0
    while end < len(tokens) and depth >= 0 and (depth or tokens[end] != ","):
        depth += {"(": 1, ")": -1}.get(tokens[end], 0)
        end += depth >= 0
    mask, rest = _list(tokens[:end])
    return mask, rest + tokens[end:]


def mask_problem(text: str, schema: str, schemas: Mapping[str, Any]) -> Iterator[str]:
    """Names of a mask that an answer never has."""
    try:
        mask = parse_mask(text)
    except ValueError as error:
        yield f"query fields: {error}"
        return
    yield from _unknown(mask, {"$ref": schema}, schemas, "")


def _unknown(mask: Mask, schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str) -> Iterator[str]:
    while "$ref" in schema or "items" in schema:
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    for name, inner in mask.items():
        if name == "*" or "additionalProperties" in schema:
            continue
        if name not in schema.get("properties", {}):
            yield f"query fields: {path}{name} is no field of the answer"
        elif inner is not None:
            yield from _unknown(inner, schema["properties"][name], schemas, f"{path}{name}/")


def masked(value: Any, mask: Mask | None) -> Any:
    """The parts of an answer that a mask wants."""
    if mask is None or "*" in mask:
        return value
    if isinstance(value, list):
        return [masked(each, mask) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {key: masked(each, mask[key]) for key, each in value.items() if key in mask}
