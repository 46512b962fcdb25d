"""`weirflow keys`: the keys of the service's API."""

from __future__ import annotations

import click

from engine.cli import exit_codes


@click.group("keys")
def command() -> None:
    """Create, list and revoke the keys of the service's API."""


@command.command("create")
@click.argument("name")
@click.option("--scope", "scope", type=click.Choice(["read", "run", "edit", "admin"]), default="run", show_default=True)
@click.option("--database", metavar="URL", help="The journal of the service.")
def create(name: str, scope: str, database: str | None) -> int:
    """Print a new key, once."""
    import os

    if database is not None:
        os.environ["WEIRFLOW_JOURNAL"] = database
    from engine.journal.journal import Journal
    from engine.service.store.keys import create_key

    with Journal() as journal:
        _, text = create_key(journal, name, [scope])  # type: ignore[list-item]
    click.echo(text)
    return exit_codes.DONE
