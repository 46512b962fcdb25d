"""The tools of a server as the actions of a manifest, and a plugin for a server whose tools nobody has written down."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.plugins.manifest import ActionManifest, Manifest
from connectors.plugins.mcp.settings import PREFIX, server_name
from connectors.plugins.openapi.samples import sample
from connectors.plugins.openapi.schemas import described
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.requests import RequestManifest
from ir.records import dataclass

if TYPE_CHECKING:
    from mcp_types import Tool

TOOL = "tool"
"""The key of a request's `driver` that names the tool."""


def manifest_of(name: str, tools: list[Tool], *, title: str | None, version: str | None) -> dict[str, Any]:
    """A manifest of the tools of a server, as plain values."""
    actions: dict[str, Any] = {}
    for each in tools:
        own = action_name(each.name)
        actions[own if own not in actions else f"{own}_{len(actions)}"] = _action(each)
    described = {"description": f"Tools of the MCP server {title or name}."}
    found = re.match(r"\d+\.\d+\.\d+", version or "")
    return {
        "manifest_version": 1, "key": f"mcp-{name}", "title": title or name, "version": found[0] if found else "1.0.0",
        **described, "aliases": [f"{PREFIX}{name}"], "driver": "mcp", "base_url": f"{PREFIX}{name}", "actions": actions,
    }  # fmt: skip


def action_name(tool: str) -> str:
    """The name of a tool in the form of an action's: readFile and read-file become read_file."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", tool)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"tool_{name}".rstrip("_")


def open_plugin(plugin_key: str) -> Plugin:
    """The plugin of mcp:NAME where no manifest says what its tools take: any action is a tool, which the server checks.

    Raises:
        ConnectorProblem: IR204 for a name that no server can have.
    """
    name = server_name(plugin_key)
    manifest = Manifest.model_validate({
        "manifest_version": 1, "key": f"mcp-{name}", "title": name, "version": "0.0.0", "driver": "mcp",
        "base_url": f"{PREFIX}{name}", "actions": {"call": {"kind": "write"}},
    })  # fmt: skip
    return _OpenPlugin(manifest, hashlib.sha256(plugin_key.encode()).hexdigest(), Path(plugin_key), False)


@dataclass(frozen=True, eq=False)
class _OpenPlugin(Plugin):
    """Knows no tool, and takes every name for one."""

    @property
    def is_open(self) -> bool:
        return True

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        return MappingProxyType({})

    def action(self, name: str, *, takes_rows: bool = False) -> Action:
        manifest = ActionManifest(kind="write", parameters={"type": "object", "additionalProperties": True},
                                  request=RequestManifest(driver={TOOL: name}))  # fmt: skip
        return Action(self, name, manifest)


def _action(tool: Tool) -> dict[str, Any]:
    hints = tool.annotations
    is_read = hints is not None and hints.read_only_hint is True
    title = tool.title or (hints.title if hints is not None else None)
    action: dict[str, Any] = {"title": _plain(title)} if title else {}
    action |= {"description": _plain(tool.description)} if tool.description else {}
    action |= {"aliases": [tool.name]} if tool.name != action_name(tool.name) else {}
    action |= {"kind": "read" if is_read else "write"}
    if not is_read and hints is not None and hints.idempotent_hint is True:
        action["is_idempotent"] = True
    parameters = {key: each for key, each in tool.input_schema.items() if key != "$schema"}
    properties = {name: described(name, each) for name, each in parameters.get("properties", {}).items()
                  if isinstance(each, dict)}  # fmt: skip
    action["parameters"] = {"type": "object", **parameters, "properties": properties}
    output = tool.output_schema
    response = {}
    if output is not None:
        wrapped = output.get("properties", {})
        if list(wrapped) == ["result"]:
            # a server wraps a result that is no object into one
            output, response = _with_definitions(wrapped["result"], output), {"select": "result"}
        action["output_schema"] = {key: each for key, each in output.items() if key != "$schema"}
    action["request"] = {"driver": {TOOL: tool.name}}
    action |= {"response": response} if response else {}
    example = sample(action["parameters"], only_required=True)
    return action | {"examples": [{"name": action_name(tool.name).replace("_", " "), "parameters": example}]}


def _with_definitions(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, **({"$defs": whole["$defs"]} if "$defs" in whole else {})}


def _plain(text: str) -> str:
    """A text of a server on one line, without the braces that a manifest would take for a template."""
    line = " ".join(text.replace("{{", "{").replace("}}", "}").split())
    return line if len(line) <= 400 else line[:399] + "…"
