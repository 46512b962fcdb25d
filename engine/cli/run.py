"""`weirflow run`: run a workflow, show its progress, and end with one table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.api import Plan
    from engine.events import Progress
    from engine.result import RunResult
    from engine.running.cancellation import Cancellation


@click.command("run")
@arguments.workflow_file
@arguments.compile_options
@click.option("--out", type=click.Path(path_type=Path), callback=arguments.read_folder, metavar="DIR",
              help="The base of relative local destinations (default: the workflow's own folder).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Check everything and show the plan; write and send nothing.")
@click.option("--preview", type=click.IntRange(min=1), metavar="N",
              help="Make each delivery of its first N rows in the folder outbox (or --out); send nothing.")  # fmt: skip
@arguments.payload_option
@arguments.full_refresh_option
@click.option("-q", "--quiet", is_flag=True, help="No progress; the closing table and problems only.")
@arguments.log_format_option
@arguments.format_option("text", "json")
def command(file: Path, inputs: dict[str, str], engine: str | None, now: datetime | None, out: Path | None,
            dry_run: bool, preview: int | None, payload: str | None, full_refresh: bool, quiet: bool, log_format: str,
            output_format: str) -> int:  # fmt: skip
    """Run a workflow and deliver its files.

    Ends with a table of steps and deliveries on stdout, or with one JSON object. Exit codes: 0 done, 1 failed,
    2 bad file or usage, 3 finished with dead letters or failed checks.
    """
    from engine.api import compile as compile_workflow
    from engine.cli.findings import print_failure, print_findings
    from engine.cli.json_lines import tell_lines
    from ir.diagnostics import WorkflowError

    if dry_run and preview is not None:
        raise click.UsageError("--dry-run writes nothing, and --preview writes the first rows: give one of them")
    try:
        plan = compile_workflow(file, inputs=inputs, engine=engine, now=now, full_refresh=full_refresh,
                                payload=payload)  # fmt: skip
    except WorkflowError as error:
        tell_lines(error.diagnostics, log_format=log_format)
        print_failure(error.diagnostics, output_format=output_format, log_format=log_format)
        return exit_codes.BAD_FILE_OR_USAGE
    tell_lines(plan.warnings, log_format=log_format)
    if output_format == "text" and log_format == "text":
        print_findings(plan.warnings)
    if dry_run:
        return _show_dry_run(plan, out=out, output_format=output_format)
    return _run(plan, out=out, preview=preview, quiet=quiet, output_format=output_format, log_format=log_format)


def _show_dry_run(plan: Plan, *, out: Path | None, output_format: str) -> int:
    from engine.cli.console import print_json, printable
    from engine.cli.findings import print_failure
    from ir.diagnostics import WorkflowError

    try:
        plan.rehearse(out=out)
        requests = plan.requests() if plan.calls_plugins else []
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format)
        return exit_codes.FAILED
    if output_format == "json":
        said = {"requests": [each.as_json() for each in requests]} if requests else {}
        print_json({**plan.to_dict(), **said})
    else:
        click.echo(printable(plan.explain()))
        if requests:
            from engine.plugin_operations.rehearsing import shown

            click.echo(printable("\n" + shown(requests)))
        click.echo("dry run: nothing was written or sent", err=True)
    return exit_codes.DONE


def _run(plan: Plan, *, out: Path | None, preview: int | None, quiet: bool, output_format: str,
         log_format: str) -> int:  # fmt: skip
    def start(report: Progress, cancellation: Cancellation) -> RunResult:
        return plan.run(out=out, progress=report, preview=preview, cancellation=cancellation)

    return show_run(start, quiet=quiet, output_format=output_format, log_format=log_format)


def show_run(start: Callable[[Progress, Cancellation], RunResult], *, quiet: bool, output_format: str,
             log_format: str) -> int:  # fmt: skip
    """Run what `start` begins, show how it goes and what came of it; the exit code."""
    from engine.cli.closing import print_closing
    from engine.cli.console import print_json
    from engine.cli.findings import print_findings
    from engine.cli.progress import progress
    from engine.cli.stopping import stopped_by_signals
    from engine.cli.unfinished import print_stopped
    from ir.diagnostics import WorkflowError

    with stopped_by_signals() as stopping:
        try:
            with progress(quiet=quiet, is_terminal=sys.stderr.isatty(), log_format=log_format) as report:
                result = start(report, stopping.cancellation)
        except WorkflowError as error:
            print_stopped(error, output_format=output_format, log_format=log_format)
            return exit_codes.FAILED
    if output_format == "json":
        print_json(result.as_json())
    else:
        if log_format == "text":
            print_findings([each.finding for each in result.deliveries if each.finding])
        print_closing(result)
    return stopping.exit_code if result.status == "cancelled" else result.exit_code
