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
    """Show a run (RUN may be last): how it stands, what it read and what it delivered."""
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


@command.command("cancel")
@click.argument("run_id", metavar="RUN")
@arguments.format_option("text", "json")
def cancel_command(run_id: str, output_format: str) -> int:
    """Ask a run that is under way to stop; what it has delivered stays, and it can be resumed."""
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.runs_keeping import cancel
    from ir.diagnostics import WorkflowError

    try:
        is_asked = cancel(run_id)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was cancelled")
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "json":
        print_json({"run_id": run_id, "status": "stopping" if is_asked else "cancelled"})
    else:
        said = "it stops before its next batch or delivery" if is_asked else "it was gone; it counts as cancelled now"
        click.echo(said)
    return exit_codes.DONE


@command.command("prune")
@click.option("--older-than", "days", type=click.IntRange(min=0), default=30, show_default=True, metavar="DAYS",
              help="Runs that began longer ago.")  # fmt: skip
@arguments.format_option("text", "json")
def prune_command(days: int, output_format: str) -> int:
    """Remove old runs from the journal, with their folders; delivered files and cursors stay."""
    from datetime import timedelta

    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.runs_keeping import prune
    from ir.diagnostics import WorkflowError

    try:
        removed = prune(older_than=timedelta(days=days))
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was removed")
        return exit_codes.FAILED
    if output_format == "json":
        print_json({"removed": removed})
    else:
        click.echo("1 run was removed" if len(removed) == 1 else f"{len(removed):,} runs were removed")
    return exit_codes.DONE


@command.command("spending")
@click.option("--days", type=click.IntRange(min=1), default=7, show_default=True, metavar="N",
              help="So many days on which anything was spent, the latest first.")  # fmt: skip
@arguments.format_option("text", "json")
def spending_command(days: int, output_format: str) -> int:
    """Show what models have taken, by day (of UTC), service and workflow: calls, tokens, and cost where prices are
    known."""
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.cli.runs_view import print_spending
    from engine.runs_spending import spendings
    from ir.diagnostics import WorkflowError

    try:
        found = spendings(days=days)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was shown")
        return exit_codes.FAILED
    if output_format == "json":
        print_json([each.as_json() for each in found])
    else:
        print_spending(found)
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
