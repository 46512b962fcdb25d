"""`weirflow runs`: what the journal knows of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.runs import RunSummary

STATUSES = ("running", "killed", "succeeded", "incomplete", "failed", "cancelled")


@click.group("runs")
def command() -> None:
    """List the runs that the journal knows, show one, stop one, or remove old ones."""


@command.command("list")
@click.option("--workflow", metavar="NAME", help="Only runs of this workflow.")
@click.option("--status", type=click.Choice(STATUSES), help="Only runs that stand so.")
@click.option("-n", "limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N",
              help="At most so many, the latest first.")  # fmt: skip
@arguments.format_option("text", "json")
def list_command(workflow: str | None, status: str | None, limit: int, output_format: str) -> int:
    """List runs, the latest first."""
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.cli.runs_view import print_runs
    from engine.runs import runs
    from ir.diagnostics import WorkflowError

    try:
        found = runs(workflow=workflow, status=status, limit=limit)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was listed")
        return exit_codes.FAILED
    if output_format == "json":
        print_json([each.as_json() for each in found])
    else:
        print_runs(found)
    return exit_codes.DONE


@command.command("show")
@click.argument("run_id", metavar="RUN")
@arguments.format_option("text", "json")
def show_command(run_id: str, output_format: str) -> int:
    """Show a run: how it stands, what it read and what it delivered."""
    from engine.cli.console import print_json
    from engine.cli.runs_view import print_run

    found = _found(run_id, output_format)
    if found is None:
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "json":
        print_json(found.as_json())
    else:
        print_run(found)
    return exit_codes.DONE


def _found(run_id: str, output_format: str) -> RunSummary | None:
    from engine.cli.findings import print_failure
    from engine.runs import find
    from ir.diagnostics import WorkflowError

    try:
        return find(run_id)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="there is nothing to show")
        return None
