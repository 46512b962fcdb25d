"""What no dialect may say: a compiled graph, and keys that would mean something else in every document."""

from __future__ import annotations

from typing import Any

from ir.diagnostics import Problems
from ir.dialects.pieces import Piece, plain
from ir.dialects.saying import Saying

_LEGACY_KEYS = {
    "loops": "a step runs for each row by itself: write transforms, ai_operations or plugin_operations, "
    "with explode for what is nested",
    "cross_step_variables": "give a step an output_variable and refer to it as {{name}}",
    "processing_order": "references and depends_on decide the order; leave the key out",
}


def is_compiled(value: dict[str, Any], problems: Problems) -> bool:
    """Whether the document is what the original makes of a workflow, which `problems` then says."""
    if "execution_graph" in value or value.get("ir_version") in ("4.0", 4):
        seen = "this is a compiled 4.0 execution graph"
        key = "execution_graph" if "execution_graph" in value else "ir_version"
    elif "workflow_steps" in value and "data_sources" not in value:
        seen, key = "these are compiled steps", "workflow_steps"
    else:
        return False
    problems.error("IR210", f"{seen}, no declarative workflow", at=(key,), on_key=True,
                   hint="weirflow migrate FILE writes it in the words of 3.1")  # fmt: skip
    return True


def without_refused(root: dict[str, Piece], saying: Saying) -> dict[str, Piece]:
    """The document without the original's keys that are refused; an empty one says nothing."""
    for key, instead in _LEGACY_KEYS.items():
        if key in root and plain(root[key]):
            saying.refuse(root[key], f"{key} is not part of the language", hint=instead)
    return {key: each for key, each in root.items() if key not in _LEGACY_KEYS}
