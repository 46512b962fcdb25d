"""Keys of compiled steps that become nothing in the new document: each is told, and asked about where it may matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ir.diagnostics import Pointer
from ir.migrating.program import Refused, Told
from ir.migrating.shapes import mapping

_ALWAYS = frozenset(
    [
        "id",
        "step_id",
        "type",
        "name",
        "description",
        "dependencies",
        "executeIf",
        "continueOnError",
        "retryPolicy",
        "rollbackAction",
        "output_variable",
    ]
)
_AI = frozenset(
    [
        "prompt",
        "instruction",
        "input",
        "params",
        "config",
        "llm_config",
        "output_schema",
        "document_type",
        "ocr_fallback",
    ]
)
_BRANCHES = frozenset(["condition", "then_steps", "steps", "then", "trueBranch", "else_steps", "else", "falseBranch"])
_READ: dict[str, frozenset[str]] = {
    "action": frozenset(["plugin", "plugin_key", "action", "operation", "params", "parameters", "config"]),
    "ai_processing": _AI,
    "llm_decision": _AI,
    "deterministic_extraction": _AI,
    "transform": frozenset({"operation", "input", "config"}),
    "conditional": _BRANCHES,
    "switch": frozenset({"evaluate", "cases", "default"}),
    "loop": frozenset(["iterateOver", "iterate_over", "itemVariable", "loopSteps", "steps", "parallel"]),
    "scatter_gather": frozenset({"scatter", "gather", "input", "steps"}),
    "parallel_group": frozenset({"steps", "maxConcurrency"}),
    "enrichment": frozenset({"sources", "strategy", "joinOn"}),
}
"""What is read of each type of step, beside what is read of all; of other types the whole step is asked about."""
_READ["plugin"] = _READ["action"]
_READ["parallel"] = _READ["parallel_group"]
_INNER: dict[tuple[str, str], frozenset[str]] = {
    ("scatter_gather", "scatter"): frozenset(["input", "steps", "itemVariable", "maxConcurrency", "continueOnError"]),
    ("scatter_gather", "gather"): frozenset({"operation", "output_variable"}),
}
_NOTES = {
    "on_error": "left out: nothing in the original read it; continueOnError is what it went by",
    "timeout": "left out: the original kept to none; write execution_constraints: {timeout_ms: …} at the step",
    "maxIterations": "left out: all rows are taken, also where there are more; write a transform limit before the "
    "step if the first ones are meant",
    "mergeArrays": "left out: a join makes rows, and merges no lists",
    "gather.from": "left out: the rows carry what all steps of the body made",
}
_AROUND = {
    "description": "a note",
    "name": "a note",
    "retryPolicy": "the original tried actions again, and nothing else; write it at the steps in it",
    "continueOnError": "what goes on after a failure says so itself; write it at the steps in it",
    "rollbackAction": "",
    "output_variable": "a branch has no result of its own",
}
"""What steps around others are told of: only an operation has a place for these."""
_LOOPED = {key: why for key, why in _AROUND.items() if key != "output_variable"}
_CONTAINERS = {
    "conditional": _AROUND,
    "switch": _AROUND,
    "parallel_group": _AROUND,
    "parallel": _AROUND,
    "loop": _LOOPED,
    "scatter_gather": _LOOPED,
}
_REMEMBERED = "answers of a model are remembered by themselves, for any time"
_SHAPES = {
    "step_only": "the answers stand beside the columns of the row; write a map with select to have them alone",
    "item_only": "the answers stand beside the columns of the row; write a map with select to leave them out",
    "merge_as_named_array": "the answers stand beside the columns of the row, and not in a list",
}


def told(step: Mapping[str, Any], at: Pointer, name: str) -> Iterator[Told | Refused]:
    """One part for each key of the step that is not read."""
    kind = str(step.get("type") or "")
    read = _READ.get(kind)
    if read is None:
        return
    container = _CONTAINERS.get(kind, {})
    for key, value in step.items():
        if value is None or value is False or value in ("", [], {}) or key in read:
            continue
        if key in container:
            yield _of_container(str(key), container[key], value, at, name)
            continue
        if key in _ALWAYS:
            continue
        yield _of_step(kind, str(key), value, at, name)
    for (type_, key), known in _INNER.items():
        for inner, value in mapping(step.get(key)).items() if type_ == kind else ():
            if inner not in known and value is not None:
                yield _of_inner(f"{key}.{inner}", value, (*at, key, inner), name)


def _of_step(kind: str, key: str, value: Any, at: Pointer, name: str) -> Told | Refused:
    at = (*at, key)
    if key == "cache":
        return Told(at=at, name=name, why=_cache(kind, mapping(value)))
    if key == "output_schema":
        return Told(
            at=at, name=name, why="output_schema left out: columns and their types are those that the plan finds"
        )
    if key in _NOTES:
        return Told(at=at, name=name, why=f"{key} {_NOTES[key]}")
    return _unknown(key, value, at, name)


def _of_container(key: str, why: str, value: Any, at: Pointer, name: str) -> Told | Refused:
    if key != "rollbackAction":
        return Told(at=(*at, key), name=name, why=f"{key} left out: {why}")
    return Refused(
        at=(*at, key),
        name=name,
        why="nothing is undone by itself",
        question="what undoes the steps in it when a later one fails? deliver last what cannot be taken back",
        was={key: value},
    )


def _of_inner(key: str, value: Any, at: Pointer, name: str) -> Told | Refused:
    if key == "gather.shape" and value in ("merge_with_item", *_SHAPES):
        why = _SHAPES.get(str(value), "the answers stand beside the columns of the row, as it says")
        return Told(at=at, name=name, why=f"{key} {value}: {why}")
    if key in _NOTES:
        return Told(at=at, name=name, why=f"{key} {_NOTES[key]}")
    return _unknown(key, value, at, name)


def _unknown(key: str, value: Any, at: Pointer, name: str) -> Told | Refused:
    if key.rpartition(".")[2].startswith("_"):
        return Told(at=at, name=name, why=f"{key} left out: a note")
    return Refused(
        at=at,
        name=name,
        why=f'"{key}" is no key of such a step',
        question="does it say anything that is to be done?",
        was={key: value},
    )


def _cache(kind: str, cache: Mapping[str, Any]) -> str:
    if cache.get("enabled") is not True:
        return "cache left out: it was off"
    if kind in ("ai_processing", "llm_decision", "deterministic_extraction"):
        return f"cache left out: {_REMEMBERED}"
    seconds = cache.get("ttl")
    term = f" within {seconds} seconds" if isinstance(seconds, int | float) else ""
    if kind in ("action", "plugin"):
        return (
            f"cache left out: a run asks anew, and once for each call; the original took an earlier answer{term}, "
            "also where only nested parameters differed"
        )
    return "cache left out: a run computes each step once, from what it has read"
