"""`weirflow schedule`: when a workflow runs by itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from engine.cli import arguments, exit_codes


@click.group("schedule")
def command() -> None:
    """Show when a workflow will run by itself."""


@command.command("next")
@arguments.workflow_file
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=10, show_default=True, metavar="N",
              help="So many times.")  # fmt: skip
@click.option(
    "--now",
    metavar="ISO",
    callback=arguments.read_now,
    help="The times after this instant (default: the clock); without an offset in the schedule's zone.",
)
@arguments.format_option("text", "json")
def next_command(file: Path, count: int, now: datetime | None, output_format: str) -> int:
    """Print the coming times of the workflow's schedule, on the clock of its zone.

    \b
    Examples:
      weirflow schedule next report.yaml
      weirflow schedule next report.yaml -n 3 --now 2026-03-28 --format json
    """
    from engine.cli.console import print_json, say
    from engine.cli.findings import print_failure
    from engine.schedules.coming import coming
    from engine.schedules.words import moment_words
    from ir.diagnostics import WorkflowError

    try:
        found = coming(file, count=count, now=now)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="there are no times to show")
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "json":
        print_json(found.as_json())
        return exit_codes.DONE
    say(f"{found.workflow}: {found.words}")
    for each in found.times:
        click.echo(moment_words(each, found.zone))
    if found.ends_because is not None:
        say(found.ends_because)
    return exit_codes.DONE
