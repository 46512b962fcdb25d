"""The plugins and actions that a document names, and its config against their parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from connectors.plugins.registry import find_plugin, plugin_folders
from connectors.problem import ConnectorProblem
from ir.diagnostics import Pointer

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler


_TO_COME = frozenset({
    "gmail", "google-mail", "google-drive", "google-sheets", "google-calendar", "slack", "whatsapp", "notion",
    "airtable", "dropbox", "s3", "supabase", "postgres", "mysql", "mongodb", "sqlite",
    "http", "hubspot", "trello", "asana", "discord", "github", "email", "mcp",
})  # fmt: skip
"""Plugins whose manifests are not there yet."""


def found_action(plugin_key: str, operation_type: str | None, at: Pointer, compiler: Compiler, *,
                 takes_rows: bool = False) -> Action | None:  # fmt: skip
    """The action that the step at `at` names; None after an error at its place."""
    wanted = compiler.workflow.plugins.get(plugin_key)
    try:
        plugin = find_plugin(plugin_key, wanted=wanted, folders=plugin_folders(compiler.base))
        action = plugin.action(operation_type or "send", takes_rows=takes_rows)
    except ConnectorProblem as problem:
        if problem.code == "IR204" and problem.key == ("plugin_key",) and plugin_key in _TO_COME:
            compiler.problems.error("IR290", f"this version cannot run {plugin_key} yet", at=(*at, "plugin_key"))
            return None
        place = problem.key if problem.key[:1] == ("plugins",) else (*at, *problem.key)
        compiler.problems.error(problem.code, problem.message, at=place, hint=problem.hint, notes=problem.notes)
        return None
    _warn_of_age(action, (*at, "operation_type"), compiler)
    return action


def check_config(action: Action, config: Mapping[str, Any], at: Pointer, compiler: Compiler, *,
                 given: Collection[str] = ()) -> None:  # fmt: skip
    """Report what the config at `at` has and the action does not take, and what it lacks but for what is `given`."""
    for found in action.problems(config, is_partial=True):
        if found.code == "IR202" and not found.pointer and any(f'"{name}" is missing' == found.message
                                                               for name in given):  # fmt: skip
            continue
        compiler.problems.error(found.code, f"{action.plugin.key} {action.name}: {found.message}",
                                at=(*at, *found.pointer), hint=found.hint, on_key=found.is_on_key)  # fmt: skip


def _warn_of_age(action: Action, at: Pointer, compiler: Compiler) -> None:
    manifest = action.manifest
    if manifest.deprecated:
        why = f": {manifest.deprecated}" if isinstance(manifest.deprecated, str) else ""
        hint = f"write {manifest.replaced_by}" if manifest.replaced_by else None
        compiler.problems.warning(
            "IR698", f"{action.plugin.key} {action.name} is on its way out{why}", at=at, hint=hint
        )
