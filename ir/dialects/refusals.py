"""What no dialect may say: a compiled graph, and keys that would mean something else in every document."""

from __future__ import annotations

from typing import Any

from ir.diagnostics import Pointer, Problems
from ir.dialects.pieces import Piece, plain
from ir.dialects.saying import Saying

_LEGACY_KEYS = {
    "loops": "a step runs for each row by itself: write transforms, ai_operations or plugin_operations, "
    "with explode for what is nested",
    "cross_step_variables": "give a step an output_variable and refer to it as {{name}}",
    "processing_order": "references and depends_on decide the order; leave the key out",
}


def is_graph(value: dict[str, Any], problems: Problems) -> bool:
    """Whether the document is a compiled 4.0 graph, which `problems` then says."""
    if "execution_graph" not in value and value.get("ir_version") not in ("4.0", 4):
        return False
    at: Pointer = ("execution_graph",) if "execution_graph" in value else ("ir_version",)
    problems.error(
        "IR210",
        "this is a compiled 4.0 execution graph, no declarative workflow",
        at=at,
        on_key=True,
        hint="weirflow migrate FILE writes it in the words of 3.1",
    )
    return True


def without_refused(root: dict[str, Piece], saying: Saying) -> dict[str, Piece]:
    """The document without the original's keys that are refused; an empty one says nothing."""
    for key, instead in _LEGACY_KEYS.items():
        if key in root and plain(root[key]):
            saying.refuse(root[key], f"{key} is not part of the language", hint=instead)
    return {key: each for key, each in root.items() if key not in _LEGACY_KEYS}
