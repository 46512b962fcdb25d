"""`weirflow keys`: the keys of the service's API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes, service_options

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.service.store.keys import Scope

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _read_span(_: click.Context, __: click.Parameter, text: str | None) -> timedelta | None:
    if text is None or text == "never":
        return None
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if found is None or int(found[1]) == 0:
        raise click.BadParameter(f'"{text}" is no time: write 90d, 12h, 4w or never')
    return int(found[1]) * _UNITS[found[2]]


@click.group("keys")
def command() -> None:
    """Create, list and revoke the keys of the service's API."""


@command.command("create")
@click.argument("name")
@click.option("--scope", type=click.Choice(["read", "run", "edit", "admin"]), default="run", show_default=True,
              help="What it may: each may what those before it may.")  # fmt: skip
@click.option("--expires", "lasts", default="never", show_default=True, callback=_read_span, metavar="TIME",
              help="How long it counts: 90d, 12h, 4w or never.")  # fmt: skip
@service_options.database
@arguments.format_option("text", "json")
def create(name: str, scope: Scope, lasts: timedelta | None, output_format: str) -> int:
    """Print a new key, once: of its secret part only a hash is kept."""
    from datetime import UTC, datetime

    from engine.cli.console import print_json
    from engine.service.store.keys import create_key

    if not 0 < len(name) <= 100 or not name.isprintable():
        raise click.UsageError("the name of a key has 1 to 100 printable characters")
    ends = None if lasts is None else (datetime.now(UTC) + lasts).isoformat(timespec="microseconds")
    with _journal() as journal:
        made, text = create_key(journal, name, [scope], expires_at=ends)
    if output_format == "json":
        print_json({"key": made.key, "name": name, "scope": scope, "expires_at": ends, "text": text})
    else:
        click.echo(text)
    return exit_codes.DONE


@command.command("list")
@service_options.database
@arguments.format_option("text", "json")
def list_command(output_format: str) -> int:
    """List the keys, the oldest first, without what is secret of them."""
    from engine.cli.closing import table
    from engine.cli.console import print_json, printable, results
    from engine.service.views.keys import key_views

    with _journal() as journal:
        found = key_views(journal)
    if output_format == "json":
        print_json([each.model_dump() for each in found])
        return exit_codes.DONE
    rows = table(("key", False), ("name", False), ("scope", False), ("counts", False), ("created", False),
                 ("expires", False), ("used", False))  # fmt: skip
    for each in found:
        counts = "yes" if each.is_valid else "revoked" if each.revoked_at else "expired"
        rows.add_row(each.key, printable(each.name), " ".join(each.scopes), counts, _day(each.created_at),
                     _day(each.expires_at, missing="never"), _day(each.used_at, missing="never"))  # fmt: skip
    if found:
        results().print(rows)
    else:
        click.echo("no keys", err=True)
    return exit_codes.DONE


@command.command("revoke")
@click.argument("key")
@service_options.database
def revoke(key: str) -> int:
    """Let a key count no more, from now on. KEY is its public part, as list shows it."""
    from engine.service.store.keys import revoke_key

    public = key.removeprefix("wf_").partition(".")[0]
    with _journal() as journal:
        if not revoke_key(journal, public):
            raise click.UsageError(f'there is no key "{public}"; weirflow keys list shows them')
    click.echo(f"{public} counts no more")
    return exit_codes.DONE


def _journal() -> Journal:
    from engine.journal.journal import Journal

    journal = Journal()
    with journal.writing():
        pass  # its tables are made before anything asks
    return journal


def _day(text: str | None, *, missing: str = "") -> str:
    return missing if text is None else text[:16].replace("T", " ")
