"""`weirflow plugins`: manifests looked at, tried and drafted."""

from __future__ import annotations

import click

from engine.cli.lazy_group import LazyGroup

COMMANDS = {
    "import": ("engine.cli.plugins_import", "Draft a manifest from an OpenAPI document."),
}


@click.group("plugins", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Draft manifests of plugins."""
