"""`weirflow plugins show`: a plugin, or one of its actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action, Plugin


@click.command("show")
@click.argument("key")
@click.argument("action", required=False)
@click.option("--version", "wanted", metavar="RANGE", help="A version, or a range of them such as ^1.2.")
@arguments.format_option("text", "json")
def command(key: str, action: str | None, wanted: str | None, output_format: str) -> int:
    """Show the plugin KEY: its connection and its actions; with ACTION what that takes and gives.

    \b
    Examples:
      weirflow plugins show slack
      weirflow plugins show slack send_message
    """
    from connectors.plugins.registry import find_plugin, plugin_folders
    from connectors.problem import ConnectorProblem
    from engine.cli.console import print_json, printable

    try:
        plugin = find_plugin(key, wanted=wanted, folders=plugin_folders(Path()))
        shown = plugin.action(action) if action is not None else None
    except ConnectorProblem as problem:
        click.echo(printable(str(problem)), err=True)
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "json":
        print_json(plugin_as_json(plugin) if shown is None else _action_as_json(shown))
    else:
        for line in _plugin_lines(plugin) if shown is None else _action_lines(shown):
            click.echo(printable(line).rstrip())
    return exit_codes.DONE


def plugin_as_json(plugin: Plugin) -> dict[str, Any]:
    """A plugin with all that it can do, for tools."""
    manifest = plugin.manifest
    return {
        "key": plugin.key, "title": manifest.title, "version": plugin.version, "sha256": plugin.sha256,
        "aliases": manifest.aliases, "driver": manifest.driver, "docs": manifest.docs,
        "connection": manifest.connection, "actions": [_action_as_json(each) for each in plugin.actions.values()],
    }  # fmt: skip


def _action_as_json(action: Action) -> dict[str, Any]:
    manifest = action.manifest
    return {
        "name": action.name, "aliases": manifest.aliases, "kind": manifest.kind, "description": manifest.description,
        "is_idempotent": manifest.is_idempotent, "parameters": manifest.parameters,
        "output_schema": manifest.output_schema, "deprecated": manifest.deprecated,
    }  # fmt: skip


def _plugin_lines(plugin: Plugin) -> Iterator[str]:
    manifest = plugin.manifest
    names = f" (also {', '.join(manifest.aliases)})" if manifest.aliases else ""
    yield f"{plugin.key} {plugin.version}{names}: {manifest.description or manifest.title}"
    if manifest.docs:
        yield manifest.docs
    yield ""
    yield "connection"
    yield from _properties(manifest.connection)
    if manifest.limits:
        yield ""
        yield "limits"
        for each in manifest.limits:
            rate = f"{each.rate:g} in {each.per_s:g} s" if each.rate is not None else ""
            at_once = f"{each.concurrency} at once" if each.concurrency is not None else ""
            yield f"  {each.name}: {', '.join(part for part in (rate, at_once) if part)}"
    yield ""
    yield "actions"
    width = max(len(name) for name in plugin.actions)
    for name, action in plugin.actions.items():
        yield f"  {name:<{width}}  {action.kind:<6}  {action.manifest.description or action.manifest.title or ''}"


def _action_lines(action: Action) -> Iterator[str]:
    manifest = action.manifest
    names = f" (also {', '.join(manifest.aliases)})" if manifest.aliases else ""
    yield f"{action.plugin.key} {action.name}{names}: {manifest.description or manifest.title or ''}"
    again = "may be sent twice without harm" if action.is_repeatable else "is sent once; a second time is another one"
    if action.is_repeatable and manifest.repeatable_when is not None:
        again = "whether it may be sent twice without harm depends on its parameters"
    yield f"{manifest.kind}; {'reads only' if manifest.kind == 'read' else again}"
    if manifest.deprecated:
        better = f"; use {manifest.replaced_by}" if manifest.replaced_by else ""
        yield f"deprecated{better}"
    yield ""
    yield "parameters"
    yield from _properties(manifest.parameters)
    if manifest.output_schema is not None:
        yield ""
        yield "gives rows of" if action.is_rows else "gives"
        schema = manifest.output_schema.get("items", {}) if action.is_rows else manifest.output_schema
        yield from _properties(schema, is_result=True)
    if manifest.examples:
        yield ""
        yield "example"
        yield from _example(action)


def _properties(schema: Mapping[str, Any], *, is_result: bool = False) -> Iterator[str]:
    properties = dict(_named(schema))
    if not properties:
        yield f"  {_type(schema)}" if is_result and schema else "  nothing"
        return
    width = max(len(name) for name in properties)
    for name, (each, is_required) in properties.items():
        marks = [_type(each)]
        if not is_result and is_required:
            marks.append("required")
        if each.get("writeOnly"):
            marks.append("secret")
        if "default" in each:
            marks.append(f"default {each['default']}")
        yield f"  {name:<{width}}  {', '.join(marks)}" + (f": {each['description']}" if each.get("description") else "")


def _named(schema: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, tuple[Mapping[str, Any], bool]]]:
    """Every property, with those of objects behind them as `object.property`, and whether it is required."""
    for name, each in schema.get("properties", {}).items():
        yield f"{within}{name}", (each, name in schema.get("required", ()))
        if each.get("type") == "object" and not each.get("x-file"):
            yield from _named(each, f"{within}{name}.")


def _type(schema: Mapping[str, Any]) -> str:
    if schema.get("x-file"):
        return "file"
    if schema.get("enum"):
        return " | ".join(str(each) for each in schema["enum"])
    written = schema.get("type", "any")
    kinds = [written] if isinstance(written, str) else [each for each in written if each != "null"]
    if kinds == ["array"] and isinstance(schema.get("items"), Mapping) and schema["items"].get("type"):
        return f"list of {_type(schema['items'])}"
    if kinds == ["string"] and schema.get("format"):
        return str(schema["format"])
    return " or ".join({"array": "list"}.get(each, each) for each in kinds)


def _example(action: Action) -> Iterator[str]:
    """A step as it stands in a workflow, with the parameters of the manifest's first example."""
    from ir.writing import to_yaml

    step = {"id": action.name, "plugin_key": action.plugin.key, "operation_type": action.name,
            "config": action.manifest.examples[0].parameters}  # fmt: skip
    yield from (f"  {line}" for line in to_yaml({"plugin_operations": [step]}).splitlines())
