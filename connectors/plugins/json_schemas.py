"""Values against the JSON Schemas of manifests, in this project's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ir.diagnostics import Pointer, did_you_mean
from ir.loading import kind_of
from ir.records import dataclass

JsonSchema = Mapping[str, Any]
_OF_THE_WHOLE = frozenset({"required", "additionalProperties", "unevaluatedProperties"})
_KINDS = {"string": "text", "integer": "an integer", "number": "a number", "boolean": "true or false",
          "array": "a list", "object": "a mapping", "null": "null"}  # fmt: skip


_FILE: JsonSchema = {
    "required": ["name", "ref"],
    "properties": {"name": {"type": "string"}, "ref": {"type": "string"},
                   "mime": {"type": ["string", "null"]}, "size": {"type": ["integer", "null"]}},
}  # fmt: skip
"""What {"type": "object", "x-file": true} means: a file value."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What is wrong with a value, and where in it. Taken apart it is (pointer, message, hint)."""

    pointer: Pointer
    message: str
    hint: str | None = None
    code: str = "IR205"
    is_on_key: bool = False

    def __iter__(self) -> Iterator[Any]:
        return iter((self.pointer, self.message, self.hint))


@dataclass(frozen=True, slots=True)
class Checker:
    """A schema that values are checked against; compiled once."""

    schema: JsonSchema
    _validator: Any

    def is_valid(self, value: Any) -> bool:
        try:
            return bool(self._validator.is_valid(value))
        except ValueError:  # a number of a document, which is more than a number
            return bool(self._validator.is_valid(plain(value)))

    def problems(self, value: Any, *, is_open: Callable[[Any], bool] = lambda _: False) -> list[SchemaProblem]:
        """What is wrong with the value. Of a value that is still open, such as a template, only its place is judged."""
        found: list[SchemaProblem] = []
        for error in self._validator.iter_errors(value):
            at = tuple(error.instance_path)
            seen, schema = value_at(value, at), schema_at(self.schema, at)
            is_of_the_whole = error.kind.name in _OF_THE_WHOLE or _has_none(
                seen, _alternatives(schema.get(error.kind.name))
            )
            if not is_of_the_whole and (is_open(seen) or _holds_open(seen, is_open)):
                continue
            found += _worded(error, at, seen, schema)
        return list({(each.pointer, each.code, each.message): each for each in found}.values())


def checker(schema: JsonSchema, *, is_closed: bool = True) -> Checker:
    """The checker of a schema, which refers to nothing outside itself; closed objects take no unknown keys.

    Raises:
        ValueError: the schema is none.
    """
    import jsonschema_rs

    closed = closed_objects(plain(schema)) if is_closed else plain(schema)
    try:
        validator = jsonschema_rs.Draft202012Validator(closed, validate_formats=True, offline=True)
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"{'/'.join(str(each) for each in error.instance_path)}: {error.message}") from None
    except Exception as error:  # a reference to elsewhere has an error of its own
        raise ValueError(str(error).splitlines()[0]) from None
    return Checker(closed, validator)


def plain(value: Any) -> Any:
    """A value of a document with numbers that are nothing but numbers."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case bool():
            return value
        case float():
            return int(value) if value.is_integer() else float(value)
    return value


def closed_objects(schema: Any) -> Any:
    """The schema with objects that list their properties and take no others, unless they say that they do."""
    if not isinstance(schema, dict):
        return schema
    found = {**_FILE, **schema} if schema.get("x-file") else dict(schema)
    for key in ("properties", "patternProperties", "$defs"):
        if isinstance(found.get(key), dict):
            found[key] = {name: closed_objects(each) for name, each in found[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = closed_objects(found[key])
    for key in ("anyOf", "oneOf"):
        if isinstance(found.get(key), list):
            found[key] = [closed_objects(each) for each in found[key]]
    if "properties" in found and not {"additionalProperties", "unevaluatedProperties"} & set(found):
        # allOf, if and anyOf may name further properties of the same object
        is_composed = any(key in found for key in ("allOf", "anyOf", "oneOf", "if", "$ref", "dependentSchemas"))
        found["unevaluatedProperties" if is_composed else "additionalProperties"] = False
    return found


def value_at(value: Any, at: Pointer) -> Any:
    """What stands at a pointer."""
    for part in at:
        value = value[part]
    return value


def schema_at(schema: Any, at: Pointer) -> Any:
    """The schema of what stands at a pointer, as far as properties and items lead there; else empty."""
    for part in at:
        if not isinstance(schema, dict):
            return {}
        schema = schema.get("items", {}) if isinstance(part, int) else (
            schema.get("properties", {}).get(part) or schema.get("additionalProperties") or {})  # fmt: skip
    return schema if isinstance(schema, dict) else {}


def _holds_open(value: Any, is_open: Callable[[Any], bool]) -> bool:
    if isinstance(value, dict):
        return any(_holds_open(each, is_open) for each in value.values())
    if isinstance(value, list):
        return any(_holds_open(each, is_open) for each in value)
    return is_open(value)


def _worded(error: Any, at: Pointer, seen: Any, schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    kind = error.kind
    match kind.name:
        case "required":
            name = kind.property
            known = schema.get("properties", {})
            described = str(known.get(name, {}).get("description") or "") if isinstance(known, dict) else ""
            if not any(f'"{name}"' in (did_you_mean(key, known) or "") for key in seen if key not in known):
                yield SchemaProblem(at, f'"{name}" is missing', described or None, "IR202")
        case "additionalProperties" | "unevaluatedProperties":
            known = list(schema.get("properties", {}))
            for name in kind.unexpected:
                hint = did_you_mean(name, known) or (f"known here: {', '.join(known)}" if known else None)
                yield SchemaProblem((*at, name), f'unknown key "{name}"', hint, "IR201", True)
        case "type":
            yield _mismatch(at, seen, list(kind.types))
        case "enum" | "const":
            options = list(kind.options) if kind.name == "enum" else [kind.expected_value]
            words = ", ".join(each if isinstance(each, str) else str(each).lower() for each in options)
            hint = (
                did_you_mean(seen, [each for each in options if isinstance(each, str)])
                if isinstance(seen, str)
                else None
            )
            yield SchemaProblem(at, f"{_brief(seen)} is not one of {words}", hint, "IR204")
        case "anyOf" | "oneOf" if groups := _alternatives(schema.get(kind.name)):
            words = " or ".join(" with ".join(f'"{name}"' for name in group) for group in groups)
            if _has_none(seen, groups):
                yield SchemaProblem(at, f"{words} is missing", None, "IR202")
            else:
                yield SchemaProblem(at, f"of {words} only one may stand here", None, "IR206")
        case "anyOf" | "oneOf":
            yield SchemaProblem(at, f"{_brief(seen)} is none of the forms that may stand here",
                                schema.get("description"), "IR205")  # fmt: skip
        case "falseSchema" if "dependentSchemas" in error.schema_path:
            beside = error.schema_path[list(error.schema_path).index("dependentSchemas") + 1]
            yield SchemaProblem(at, f'"{at[-1]}" cannot stand beside "{beside}"', None, "IR206", True)
        case _:
            yield SchemaProblem(at, error.message[:1].lower() + error.message[1:200], schema.get("description"))


def _alternatives(choices: Any) -> list[tuple[str, ...]]:
    """The keys of which one group has to be there, where that is all that the choices say."""
    if not isinstance(choices, list) or not all(
        isinstance(each, dict) and set(each) == {"required"} for each in choices
    ):
        return []
    return [tuple(each["required"]) for each in choices]


def _has_none(seen: Any, groups: list[tuple[str, ...]]) -> bool:
    """Whether none of the groups of keys is there, whatever their values are."""
    return isinstance(seen, Mapping) and bool(groups) and not any(set(group) <= set(seen) for group in groups)


def _mismatch(at: Pointer, seen: Any, kinds: list[str]) -> SchemaProblem:
    expected = " or ".join(_KINDS.get(each, each) for each in kinds if each != "null" or len(kinds) == 1)
    shown = f"this is a {kind_of(seen)}" if isinstance(seen, dict | list) else f"this is {_brief(seen)}"
    hint = None
    if "array" in kinds and not isinstance(seen, dict | list):
        hint = f"write [{_brief(seen)}]"
    elif "string" in kinds and isinstance(seen, int | float):
        hint = "write it in quotes"
    return SchemaProblem(at, f"expected {expected}, but {shown}", hint, "IR203")


def _brief(seen: Any) -> str:
    if isinstance(seen, str):
        return f'"{seen}"' if len(seen) <= 60 else f'"{seen[:57]}…"'
    if isinstance(seen, dict | list):
        return f"this {kind_of(seen)}"
    return "null" if seen is None else str(seen).lower() if isinstance(seen, bool) else str(seen)
