"""Pydantic's findings said in this project's words, at the place in the document they are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.known_keys import known_keys
from ir.loading import kind_of
from ir.model.words import NAME_PATTERN, SLUG_PATTERN
from ir.records import dataclass

_EXPECTED = {
    "string_type": "text",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_BOUNDS = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}
_PATTERNS = {
    NAME_PATTERN: ("is no name", "names are letters, digits and _, and begin with no digit"),
    SLUG_PATTERN: ("is no workflow name", "lower case letters, digits, - and _"),
}
_ARTICLES = {"integer": "an integer", "number": "a number"}
_TAG = re.compile(r"<[a-z]+>")  # of a tagged union; no key looks like this


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    message: str
    at: Pointer
    on_key: bool = False
    hint: str | None = None
    expected: str | None = None
    """What kind of value was expected, when a value of another kind is the finding."""


def report_structure(error: ValidationError, value: Any, problems: Problems, *, model: type[BaseModel],
                     below: Pointer = ()) -> None:  # fmt: skip
    """Add what pydantic found about `value`, which stands at `below`, to `problems`.

    Also for the config models of the registries: `report_structure(error, config, problems, model=MapConfig,
    below=("transforms", 2, "config"))`.
    """
    findings = [_finding(each, value, model) for each in error.errors(include_url=False)
                if not _is_misspelt(each, value, model)]  # fmt: skip
    shown = _without_union_noise(findings, value)
    for found in sorted(shown, key=lambda each: _position((*below, *each.at), each.on_key, problems)):
        problems.error(found.code, found.message, at=(*below, *found.at), on_key=found.on_key, hint=found.hint)


def _position(at: Pointer, on_key: bool, problems: Problems) -> tuple[int, int]:
    place = problems.locator.place(at, on_key=on_key)
    return (place.line, place.column) if place else (0, 0)


def _finding(error: Any, value: Any, model: type[BaseModel]) -> _Finding:
    kind, location, context = error["type"], error["loc"], error.get("ctx", {})
    at, seen = _resolve(location, value)
    if kind == "weirflow":
        return _Finding(context["code"], context["text"], (*at, *context["at"]), context["on_key"], context["hint"])
    if kind == "missing":
        return _Finding("IR202", f'the key "{location[-1]}" is missing', at)
    if kind == "extra_forbidden":
        return _unknown_key(str(location[-1]), at, known_keys(model, location[:-1]))
    if kind in _EXPECTED:
        return _Finding("IR203", "", at, expected=_EXPECTED[kind])
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"])
        return _not_one_of(seen, words, at)
    if kind == "union_tag_not_found":
        return _no_type(seen, at)
    if kind in _BOUNDS:
        key, words_ = _BOUNDS[kind]
        return _Finding("IR205", f"{seen} is out of range: it {words_} {_number(context[key])}", at)
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        what, hint = _PATTERNS[context["pattern"]]
        return _Finding("IR205", f'"{seen}" {what}', at, hint=hint)
    if kind in {"too_short", "string_too_short"}:
        return _Finding("IR205", f"at least {context['min_length']} expected, this is empty" if not seen
                        else f"at least {context['min_length']} expected", at)  # fmt: skip
    if kind == "string_too_long":
        return _Finding("IR205", f'"{seen}" is longer than {context["max_length"]} character', at)
    return _Finding("IR205", error["msg"][:1].lower() + error["msg"][1:], at)


def _resolve(location: Sequence[str | int], value: Any) -> tuple[Pointer, Any]:
    """The pointer in the document that a pydantic location means: union labels and added levels are left out."""
    at: list[str | int] = []
    for part in location:
        if _enters(value, part):
            value = value[part]
            at.append(part)
    return tuple(at), value


def _enters(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value and not _TAG.fullmatch(str(part))
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _is_misspelt(error: Any, value: Any, model: type[BaseModel]) -> bool:
    """Whether a missing key is there under a name so near that the unknown key's own finding says it all."""
    if error["type"] != "missing":
        return False
    _, seen = _resolve(error["loc"], value)
    known = known_keys(model, error["loc"][:-1])
    strangers = [key for key in seen if key not in known] if isinstance(seen, dict) else []
    wanted = f'"{error["loc"][-1]}"'
    return any(wanted in (did_you_mean(key, known) or "") for key in strangers)


def _number(bound: float) -> str:
    """A bound in all its digits; pydantic gives those of an integer as they were written."""
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _unknown_key(name: str, at: Pointer, known: list[str]) -> _Finding:
    hint = _SPECIAL_KEYS.get(name) or did_you_mean(name, known)
    if name == "properties" and "fields" in known:
        hint = "write fields: [{name, type}], as this is no JSON Schema"
    if hint is None and known:
        hint = "known here: " + ", ".join(known)
    return _Finding("IR201", f'unknown key "{name}"', at, on_key=True, hint=hint)


_SPECIAL_KEYS = {"<<": "YAML 1.2 has no merge keys; write the keys out"}


def _no_type(seen: Any, at: Pointer) -> _Finding:
    words = ["tabular", "api", "webhook", "database", "file", "stream"]
    if not isinstance(seen, dict):
        return _Finding("IR203", "", at, expected="a mapping")
    if seen.get("type") is None:
        hint = _SPECIAL_KEYS["<<"] if "<<" in seen else f"one of {', '.join(words)}"
        return _Finding("IR202", 'the key "type" is missing', at, hint=hint)
    return _not_one_of(seen["type"], words, (*at, "type"))


def _not_one_of(seen: Any, words: list[str], at: Pointer) -> _Finding:
    shown = f'"{seen}"' if isinstance(seen, str) else _brief(seen)
    hint = did_you_mean(seen, words) if isinstance(seen, str) else None
    if _brief(seen) in words and not isinstance(seen, str):
        hint = f'write "{_brief(seen)}" in quotes: without them it is a {kind_of(seen)}'
    return _Finding("IR204", f"{shown} is not one of {', '.join(words)}", at, hint=hint)


def _without_union_noise(findings: list[_Finding], value: Any) -> list[_Finding]:
    """One finding for each place: branches of a union that the value was never meant for are left out."""
    kept: dict[Pointer, _Finding] = {}
    others = [each for each in findings if each.expected is None]
    for each in findings:
        if each.expected is None:
            continue
        if any(other.at[: len(each.at)] == each.at for other in others) or any(
            other.expected and other.at != each.at and other.at[: len(each.at)] == each.at for other in findings
        ):
            continue
        before = kept.get(each.at)
        expected = f"{before.expected} or {each.expected}" if before else each.expected
        kept[each.at] = replace(each, expected=expected)
    typed = [_mismatch(each, _resolve(each.at, value)[1]) for each in kept.values()]
    return [*others, *typed]


def _mismatch(found: _Finding, seen: Any) -> _Finding:
    hint = None
    expected = found.expected or ""
    if expected == "true or false" and isinstance(seen, str) and seen.lower() in {"yes", "no", "on", "off", "y", "n"}:
        hint = f"YAML 1.2 reads {seen} as text; write true or false"
    elif isinstance(seen, str) and "text" not in expected and re.fullmatch(r"[-+]?\d+(\.\d+)?|true|false", seen):
        hint = "leave out the quotes"
    elif "text" in expected and isinstance(seen, (bool, int, float)):
        hint = f'write "{_brief(seen)}" in quotes'
    elif seen is None and found.at and str(found.at[-1]).count(")") > str(found.at[-1]).count("("):
        hint = "a comma inside { } ends a text: quote the expression as a whole"
    elif expected == "a list" and not isinstance(seen, (list, dict)):
        hint = f"write [{_brief(seen)}]"
    kind = kind_of(seen)
    shown = f"{_brief(seen)} is {_ARTICLES.get(kind, kind)}"
    if seen is None or isinstance(seen, list | dict):
        shown = "this is null" if seen is None else f"this is a {kind}"
    return replace(found, message=f"expected {expected}, but {shown}", hint=hint)


def _brief(seen: Any) -> str:
    if seen is None:
        return "null"
    if isinstance(seen, bool):
        return "true" if seen else "false"
    if isinstance(seen, str):
        return f'"{seen}"' if len(seen) <= 40 else f'"{seen[:37]}..."'
    return getattr(seen, "text", None) or str(seen)
