"""`weirflow webhooks`: the addresses that events are sent to."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes, service_options

if TYPE_CHECKING:
    from engine.service.store.hooks import Hook

URL = "http://127.0.0.1:8321"
_url = click.option("--url", default=URL, show_default=True, help="Where the service is reached.")
_format = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@click.group("webhooks")
def command() -> None:
    """List the URLs that events are sent to, or give a workflow a new one."""


@command.command("list")
@service_options.database
@_url
@_format
def list_command(url: str, form: str) -> int:
    """Print the workflows with a webhook and their URLs. Whoever has such a URL may send: keep them to yourself."""
    from engine.journal.journal import Journal
    from engine.service.store.hooks import list_hooks
    from engine.service.store.inbox import waiting_events

    with Journal() as journal:
        with journal.writing():
            pass  # its tables are made before anything asks
        found, waiting = list_hooks(journal), waiting_events(journal)
    if form == "json":
        click.echo(json.dumps([{**_told(each, url), "waiting": waiting.get(each.workflow, 0)} for each in found]))
        return exit_codes.DONE
    for each in found:
        state = "" if each.is_open else "  (closed: its workflow is gone or switched off)"
        count = waiting.get(each.workflow, 0)
        click.echo(f"{each.workflow}  {url.rstrip('/')}{each.path}{state}{f'  ({count} waiting)' if count else ''}")
    if not found:
        click.echo("no workflow with a webhook is known; weirflow serve FOLDER makes their URLs", err=True)
    return exit_codes.DONE


@command.command("rotate")
@click.argument("workflow")
@click.option("--keep-hours", type=click.FloatRange(min=0, max=720), default=24.0, show_default=True,
              help="So long the former URL counts; 0 ends it at once.")  # fmt: skip
@service_options.database
@_url
@_format
def rotate(workflow: str, keep_hours: float, url: str, form: str) -> int:
    """Give WORKFLOW a new URL, and print it. Of former ones only the last counts for a while."""
    from engine.journal.journal import Journal
    from engine.service.store.hooks import rotate_hook

    with Journal() as journal:
        found = rotate_hook(journal, workflow, keep=timedelta(hours=keep_hours))
    if found is None:
        raise click.UsageError(f'no workflow "{workflow}" with a webhook is known')
    if form == "json":
        click.echo(json.dumps(_told(found, url)))
        return exit_codes.DONE
    click.echo(f"{url.rstrip('/')}{found.path}")
    click.echo(f"the former URL counts until {found.former_until}" if keep_hours else "the former URL counts no more",
               err=True)  # fmt: skip
    return exit_codes.DONE


def _told(hook: Hook, url: str) -> dict[str, str | bool | None]:
    return {"workflow": hook.workflow, "url": f"{url.rstrip('/')}{hook.path}", "is_open": hook.is_open,
            "former_until": hook.former_until}  # fmt: skip
