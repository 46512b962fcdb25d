"""`weirflow plugins`: what a plugin can do, and manifests of one's own."""

from __future__ import annotations

import click

from engine.cli.lazy_group import LazyGroup

COMMANDS = {
    "show": ("engine.cli.plugins_show", "Show a plugin, or one of its actions."),
    "check": ("engine.cli.plugins_check", "Check a manifest: its form, its templates, its examples."),
    "import": ("engine.cli.plugins_import", "Draft a manifest from an OpenAPI document."),
}


@click.group("plugins", cls=LazyGroup, lazy=COMMANDS)
def command() -> None:
    """Show what a plugin can do, and check or draft a manifest of your own.

    `weirflow list plugins` lists them: those that come along, and those in the folders plugins/ and .weirflow/plugins/.
    """
