"""`weirflow list`: the words of the language, from the tables that run them."""

from __future__ import annotations

from typing import Any

import click

from engine.cli import arguments, exit_codes


@click.command("list")
@click.argument("what", type=click.Choice(["operators", "functions", "transforms", "formats", "plugins"]))
@arguments.format_option("text", "json")
def command(what: str, output_format: str) -> int:
    """List the operators of filters, the functions of expressions, the transforms, the file formats, or the plugins."""
    from engine.cli.console import print_json

    entries = entries_of(what)
    if output_format == "json":
        print_json(entries)
    else:
        _print_text(entries)
    return exit_codes.DONE


def entries_of(what: str) -> list[dict[str, Any]]:
    """The entries of one of the tables."""
    tables = {"operators": _operators, "functions": _functions, "transforms": _transforms, "formats": _formats,
              "plugins": _plugins}  # fmt: skip
    return tables[what]()


def _operators() -> list[dict[str, Any]]:
    from transforms.conditions import OPERATORS

    return [{"name": each.name, "aliases": list(each.aliases), "doc": each.doc} for each in _distinct(OPERATORS)]


def _functions() -> list[dict[str, Any]]:
    from transforms.expressions.functions import FUNCTIONS

    return [
        {"name": each.name, "signature": each.signature, "kind": each.kind, "aliases": list(each.aliases),
         "doc": each.doc}
        for each in sorted(_distinct(FUNCTIONS), key=lambda one: (one.kind, one.name)) if not each.hidden
    ]  # fmt: skip


def _transforms() -> list[dict[str, Any]]:
    from transforms.registry import TRANSFORMS

    return [{"name": name, "config": list(kind.config.model_fields), "doc": kind.doc}
            for name, kind in TRANSFORMS.items()]  # fmt: skip


def _formats() -> list[dict[str, Any]]:
    from connectors.files.formats import FORMATS

    return [
        {
            "name": each.name,
            "endings": list(each.endings),
            "reads": each.reader is not None,
            "writes": each.writer is not None,
            "read_options": sorted(each.read_options),
            "write_options": sorted(each.write_options),
        }
        for each in FORMATS.values()
    ]


def _plugins() -> list[dict[str, Any]]:
    from pathlib import Path

    from connectors.plugins.registry import newest, plugin_folders

    return [
        {"name": key, "aliases": list(each.aliases), "version": each.version, "shipped": each.is_shipped,
         "doc": f"{each.title or key} {each.version}" + (f": {each.description}" if each.description else "")}
        for key, each in newest(plugin_folders(Path())).items()
    ]  # fmt: skip


def _distinct(table: Any) -> list[Any]:
    """The rows of a table in which an alias is one more key of the same row."""
    return list({id(each): each for each in table.values()}.values())


def _print_text(entries: list[dict[str, Any]]) -> None:
    """One entry a line: what it is called, then what it does."""
    called = [_called(each) for each in entries]
    width = min(max(len(each) for each in called), 48)
    for left, entry in zip(called, entries, strict=True):
        click.echo(f"{left:<{width}}  {_said(entry)}".rstrip())


def _called(entry: dict[str, Any]) -> str:
    if "signature" in entry:
        signature: str = entry["signature"]
        return signature
    return ", ".join([entry["name"], *entry.get("aliases", [])])


def _said(entry: dict[str, Any]) -> str:
    if "doc" in entry:
        other_names = f" (also {', '.join(entry['aliases'])})" if "signature" in entry and entry["aliases"] else ""
        doc: str = entry["doc"]
        return doc + other_names
    uses = [word for word, key in (("read", "reads"), ("written", "writes")) if entry[key]]
    endings = ", ".join("." + ending for ending in entry["endings"])
    return f"{endings}: {' and '.join(uses)}"
