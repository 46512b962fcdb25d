"""The plugins and actions that a document names, and its config against their parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.plugins.registry import entries, find_plugin, plugin_folders
from connectors.problem import ConnectorProblem
from ir.diagnostics import Pointer

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler


def found_action(plugin_key: str, operation_type: str | None, at: Pointer, compiler: Compiler, *,
                 takes_rows: bool = False) -> Action | None:  # fmt: skip
    """The action that the step at `at` names; None after an error at its place."""
    pinned = compiler.pinned.get(plugin_key)
    wanted = pinned[0] if pinned is not None else compiler.workflow.plugins.get(plugin_key)
    try:
        plugin = find_plugin(plugin_key, wanted=wanted, folders=plugin_folders(compiler.base))
        action = plugin.action(operation_type or "send", takes_rows=takes_rows)
    except ConnectorProblem as problem:
        place = problem.key if problem.key[:1] == ("plugins",) else (*at, *problem.key)
        compiler.problems.error(problem.code, problem.message, at=place, hint=problem.hint, notes=problem.notes)
        return None
    compiler.plugins[plugin_key] = (plugin.version, plugin.sha256)
    if pinned is not None and pinned[1] != plugin.sha256:
        compiler.problems.error(
            "IR696", f"the manifest of {plugin.key} {plugin.version} is another one than when the run began",
            at=(*at, "plugin_key"), hint="begin a new run: weirflow resume RUN --anew",
        )  # fmt: skip
        return None
    _warn_of_age(action, (*at, "operation_type"), compiler)
    if plugin.is_open:
        compiler.problems.warning(
            "IR699", f"what the tools of {plugin_key} take is not written down, so that nothing checks this step "
            "before its server does", at=(*at, "plugin_key"),
            hint=f"weirflow plugins import {plugin_key} --all -o plugins/{plugin.key}.yaml writes them down",
        )  # fmt: skip
    return action


def has_plugin(plugin_key: str, compiler: Compiler) -> bool:
    """Whether there is a plugin with the key."""
    known = entries(plugin_folders(compiler.base))
    return plugin_key.startswith("mcp:") or any(plugin_key == each.key or plugin_key in each.aliases for each in known)


def check_config(action: Action, config: Mapping[str, Any], at: Pointer, compiler: Compiler, *,
                 given: Collection[str] = (), written: Mapping[str, str] = MappingProxyType({})) -> None:  # fmt: skip
    """Report what the config at `at` has and the action does not take, and what it lacks.

    Parameters that are `given` come with each call; `written` {parameter: key} are called otherwise in the document.
    """
    for found in action.problems({**dict.fromkeys(given, _OPEN), **config}, is_partial=True):
        pointer = tuple(written.get(str(each), each) if place == 0 else each
                        for place, each in enumerate(found.pointer))  # fmt: skip
        compiler.problems.error(found.code, f"{action.plugin.key} {action.name}: {found.message}",
                                at=(*at, *pointer), hint=found.hint, on_key=found.is_on_key)  # fmt: skip


_OPEN = "{{given}}"
"""Stands for a value that is not known yet."""


def _warn_of_age(action: Action, at: Pointer, compiler: Compiler) -> None:
    manifest = action.manifest
    if manifest.deprecated:
        why = f": {manifest.deprecated}" if isinstance(manifest.deprecated, str) else ""
        hint = f"write {manifest.replaced_by}" if manifest.replaced_by else None
        compiler.problems.warning(
            "IR698", f"{action.plugin.key} {action.name} is on its way out{why}", at=at, hint=hint
        )
