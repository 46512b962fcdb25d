"""`weirflow workflows`: the workflows of a service, and which of them are switched off."""

from __future__ import annotations

import click

from engine.cli import arguments, exit_codes, service_options

BY = "the command line"


@click.group("workflows")
def command() -> None:
    """List the workflows of a service, or switch one off or on."""


@command.command("list")
@service_options.database
@arguments.format_option("text", "json")
def list_command(output_format: str) -> int:
    """Print the workflows that the service runs, and who has switched which of them off."""
    from engine.cli.console import print_json
    from engine.journal.journal import Journal
    from engine.service.store.switches import switched_off
    from engine.service.store.workflows import list_workflows

    with Journal() as journal:
        with journal.writing():
            pass  # its tables are made before anything asks
        found, off = list_workflows(journal), switched_off(journal)
    if output_format == "json":
        print_json([
            {"workflow": each.workflow, "enabled": each.enabled, "version": each.version, "file": each.file,
             "goal": each.goal} for each in found
        ])  # fmt: skip
        return exit_codes.DONE
    for each in found:
        said = off.get(each.workflow)
        state = "" if said is None else f"  (off since {said.changed_at[:16]}Z, by {said.changed_by})"
        click.echo(f"{each.workflow}{state}  {each.goal}")
    if not found:
        click.echo("no workflow is known; weirflow serve FOLDER runs those of a folder", err=True)
    return exit_codes.DONE


@command.command("off")
@click.argument("workflow")
@service_options.database
def off_command(workflow: str) -> int:
    """Switch WORKFLOW off: nothing begins a run of it any more; runs under way go on."""
    return _switch(workflow, is_on=False)


@command.command("on")
@click.argument("workflow")
@service_options.database
def on_command(workflow: str) -> int:
    """Switch WORKFLOW on again."""
    return _switch(workflow, is_on=True)


def _switch(workflow: str, *, is_on: bool) -> int:
    from engine.journal.journal import Journal
    from engine.service.store.switches import switch

    with Journal() as journal:
        is_known = switch(journal, workflow, is_on=is_on, by=BY)
    if not is_known:
        raise click.UsageError(f'no workflow "{workflow}" is known')
    click.echo(f"{workflow} is {'on' if is_on else 'off'}")
    return exit_codes.DONE
