"""Whether what works with a manifest's older version works with the newer one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.plugins.manifest import ActionManifest, Manifest
from ir.diagnostics import Pointer

Change = tuple[Pointer, str]


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
        found += [(at, f'the action is no longer called "{alias}"')
                  for alias in action.aliases if names.get(alias) != names[name]]  # fmt: skip
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
    known, now = old.get("properties", {}), new.get("properties", {})
    for name, each in known.items():
        if name not in now:
            if not (is_input and new.get("additionalProperties")):
                yield (*at, "properties"), f'there is no "{name}" any more'
        elif isinstance(each, Mapping) and isinstance(now[name], Mapping):
            yield from _narrowed(each, now[name], (*at, "properties", name), is_input=is_input)
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        yield from _narrowed(old["items"], new["items"], (*at, "items"), is_input=is_input)


def _kinds(schema: Mapping[str, Any]) -> set[str] | None:
    written = schema.get("type")
    if written is None:
        return None
    kinds = {written} if isinstance(written, str) else set(written)
    return kinds | {"integer"} if "number" in kinds else kinds


def _words(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))
