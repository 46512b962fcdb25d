"""Whether what works with a manifest's older version works with the newer one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.manifest import ActionManifest, Manifest
from ir.diagnostics import Pointer

Change = tuple[Pointer, str]
_LEAST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
_MOST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
_EXACTLY = ("pattern", "format", "multipleOf", "const", "not", "if", "then", "else", "contains", "propertyNames",
            "patternProperties", "prefixItems", "unevaluatedProperties", "dependentRequired", "$ref",
            "$defs")  # fmt: skip
_ONE_OF_THEM = ("anyOf", "oneOf")
_SAYING_NOTHING = frozenset({"title", "description", "default", "examples"})


def breaking_changes(old: Manifest, new: Manifest) -> list[Change]:
    """What a workflow that fits the older version would stumble over, each with its place in the newer one."""
    found = list(_narrowed(old.connection, new.connection, ("connection",), is_input=True))
    lost = [alias for alias in (old.key, *old.aliases) if alias not in (new.key, *new.aliases)]
    found += [(("aliases",), f'the plugin is no longer called "{each}"') for each in lost]
    names = {alias: name for name, action in new.actions.items() for alias in (*action.aliases, name)}
    for name, action in old.actions.items():
        if name not in names:
            found.append((("actions",), f'there is no action "{name}" any more'))
            continue
        now = new.actions[names[name]]
        at: Pointer = ("actions", names[name])
        for alias in action.aliases:
            if alias in new.actions and alias not in old.actions:  # it has become an action by itself
                found += _of_action(action, new.actions[alias], ("actions", alias))
            elif names.get(alias) != names[name]:
                found.append((at, f'the action is no longer called "{alias}"'))
        found += _of_action(action, now, at)
    return found


def _of_action(old: ActionManifest, new: ActionManifest, at: Pointer) -> Iterator[Change]:
    if old.is_idempotent and not new.is_idempotent:
        yield at, "it may no longer be sent twice"
    yield from _narrowed(old.parameters, new.parameters, (*at, "parameters"), is_input=True)
    if old.output_schema is not None:
        yield from _narrowed(old.output_schema, new.output_schema or {}, (*at, "output_schema"), is_input=False)


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any], at: Pointer, *, is_input: bool) -> Iterator[Change]:
    """What the newer schema does not take (of an input) or does not promise (of a result) any more."""
    before, after = _kinds(old), _kinds(new)
    if is_input and before is not None and after is not None and not before <= after:
        yield at, f"{_words(before - after)} is not taken any more"
    if not is_input and before is not None and (after is None or not after <= before):
        yield at, f"the result was {_words(before)}, now it may be {_words(after - before) if after else 'anything'}"
    if is_input and new.get("enum") is not None:
        gone = [each for each in old.get("enum", []) if each not in new["enum"]]
        if "enum" not in old or gone:
            yield at, f"{', '.join(map(str, gone)) or 'what is none of the words'} is not taken any more"
    if is_input:
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield (*at, "required"), f'"{name}" is required now'
        yield from _conditions(old, new, at)
    known, now = old.get("properties", {}), new.get("properties", {})
    for name, each in known.items():
        if name not in now:
            if not (is_input and new.get("additionalProperties")):
                yield (*at, "properties"), f'there is no "{name}" any more'
        elif is_input and now[name] is False and each is not False:
            yield (*at, "properties", name), f'"{name}" is not taken any more'
        elif isinstance(each, Mapping) and isinstance(now[name], Mapping):
            yield from _narrowed(each, now[name], (*at, "properties", name), is_input=is_input)
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        yield from _narrowed(old["items"], new["items"], (*at, "items"), is_input=is_input)


def _conditions(old: Mapping[str, Any], new: Mapping[str, Any], at: Pointer) -> Iterator[Change]:
    """What the newer schema asks of a value beside its kind and its words, and the older one did not."""
    for word in _LEAST:
        if word in new and new[word] > old.get(word, 0 if word.startswith("min") and word != "minimum" else -math.inf):
            yield (*at, word), f"{word} is {new[word]} now"
    for word in _MOST:
        if word in new and new[word] < old.get(word, math.inf):
            yield (*at, word), f"{word} is {new[word]} now"
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        yield (*at, "uniqueItems"), "the same value is not taken twice any more"
    if new.get("additionalProperties") is False and old.get("additionalProperties") not in {None, False}:
        yield (*at, "additionalProperties"), "keys beside the properties are not taken any more"
    # Whether one condition takes all that another does is not reckoned: another one may take less.
    for word in _EXACTLY:
        if word in new and _bare(new[word]) != _bare(old.get(word)):
            yield (*at, word), f'"{word}" asks for something else now'
    for word in _ONE_OF_THEM:
        now = [_bare(each) for each in new.get(word, [])]
        if word in new and (word not in old or any(_bare(each) not in now for each in old[word])):
            yield (*at, word), f'"{word}" asks for something else now'
    before = [_bare(each) for each in old.get("allOf", [])]
    if any(_bare(each) not in before for each in new.get("allOf", [])):
        yield (*at, "allOf"), '"allOf" asks for more now'
    earlier = old.get("dependentSchemas", {})
    for name, each in new.get("dependentSchemas", {}).items():
        if _bare(each) != _bare(earlier.get(name)):
            yield (*at, "dependentSchemas", name), f'beside "{name}" something else is asked for now'


def _bare(schema: Any) -> Any:
    """A schema without its words for people."""
    if isinstance(schema, Mapping):
        return {key: _bare(each) for key, each in schema.items() if key not in _SAYING_NOTHING}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def _kinds(schema: Mapping[str, Any]) -> set[str] | None:
    written = schema.get("type")
    if written is None:
        return None
    kinds = {written} if isinstance(written, str) else set(written)
    return kinds | {"integer"} if "number" in kinds else kinds


def _words(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
