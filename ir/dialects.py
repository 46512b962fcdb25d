"""Which dialect a document is written in; those this version does not read get one clear diagnostic."""

from __future__ import annotations

from typing import Any

from ir.diagnostics import Pointer, Problems

VERSIONS = ("3.1", "3.0", "2.0")
_LEGACY_KEYS = {
    "loops": "a step runs for each row by itself: write transforms, ai_operations or plugin_operations, "
    "with explode for what is nested",
    "cross_step_variables": "give a step an output_variable and refer to it as {{name}}",
    "processing_order": "references and depends_on decide the order; leave the key out",
}
_ROLES = {"primary": "primary", "deduplicate": "deduplicate", "existing": "existing", "destination": "destination"}
_DEDUPLICATE_WORDS = (
    "reference", "lookup", "existing", "dedup", "check_against", "reference_store", "existing_records",
)  # fmt: skip


def is_readable(value: dict[str, Any], problems: Problems) -> bool:
    """Whether the document is in a dialect this version reads; if not, `problems` says which it is."""
    version = value.get("ir_version")
    if "execution_graph" in value or version in ("4.0", 4):
        at: Pointer = ("execution_graph",) if "execution_graph" in value else ("ir_version",)
        problems.error("IR210", "this is a compiled 4.0 execution graph, no declarative workflow", at=at, on_key=True,
                       hint="use the declarative document it was compiled from (ir_version 3.0 or 3.1)")  # fmt: skip
        return False
    extended = _extended_place(value)
    if extended:
        problems.error("IR211", 'this is the original\'s "extended 2.0" dialect, which this version cannot read yet',
                       at=extended, on_key=True, hint="write delivery_rules and transforms with type")  # fmt: skip
        return False
    for key, instead in _LEGACY_KEYS.items():
        if value.get(key) is not None:
            problems.error("IR212", f"{key} is not part of the language", at=(key,), on_key=True, hint=instead)
    return True


def _extended_place(value: dict[str, Any]) -> Pointer | None:
    if isinstance(value.get("delivery"), list):
        return ("delivery",)
    transforms = value.get("transforms")
    for index, each in enumerate(transforms if isinstance(transforms, list) else []):
        if isinstance(each, dict) and "operation" in each and "type" not in each:
            return ("transforms", index, "operation")
    return None


def in_current_words(value: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """The document without refused legacy keys and, for 2.0 and 3.0, with the original's loose roles made exact."""
    current = {key: each for key, each in value.items() if key not in _LEGACY_KEYS}
    if value.get("ir_version") not in ("2.0", "3.0") or not isinstance(value.get("data_sources"), list):
        return current
    current["data_sources"] = [
        _with_exact_role(source, index, problems) for index, source in enumerate(value["data_sources"])
    ]
    return current


def _with_exact_role(source: Any, index: int, problems: Problems) -> Any:
    role = source.get("role") if isinstance(source, dict) else None
    if not isinstance(role, str) or role in _ROLES:
        return source
    folded = role.casefold().strip()
    if folded in _ROLES:
        return {**source, "role": _ROLES[folded]}
    if any(word in folded for word in _DEDUPLICATE_WORDS):
        problems.warning("IR213", f'role "{role}" is read as deduplicate: rows that stand in this source are dropped',
                         at=("data_sources", index, "role"), hint="write role: deduplicate")  # fmt: skip
        return {**source, "role": "deduplicate"}
    problems.warning("IR213", f'role "{role}" says nothing to the engine and is left out',
                     at=("data_sources", index, "role"))  # fmt: skip
    return {key: each for key, each in source.items() if key != "role"}
