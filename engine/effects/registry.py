"""The sections of a workflow whose steps take effect, and what compiles one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from engine.compiler import Compiler

AddEffect = Callable[["Compiler", int], None]
"""Compiles the operation with this index of its section, and adds it with `engine.effects.adding.add_effect`."""

SECTIONS: Mapping[str, str] = {
    "ai_operations": "engine.ai_operations.compiling:add_ai_operation",
    "plugin_operations": "engine.plugin_operations.compiling:add_operation",
}
"""{section: module:function}; their modules are imported for workflows that have such steps."""


def adding(section: str) -> AddEffect:
    """What compiles the operations of a section."""
    module, _, name = SECTIONS[section].partition(":")
    return cast("AddEffect", getattr(import_module(module), name))
