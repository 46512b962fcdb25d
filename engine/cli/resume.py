"""`weirflow resume`: go on with a run that was killed, was cancelled or has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli import arguments

if TYPE_CHECKING:
    from engine.events import Progress
    from engine.result import RunResult
    from engine.running.cancellation import Cancellation


@click.command("resume")
@click.argument("run_id", metavar="RUN")
@click.option("--anew", is_flag=True, help="Begin a new run from the workflow's file, with the inputs of this one.")
@click.option("-q", "--quiet", is_flag=True, help="No progress; the closing table and problems only.")
@arguments.log_format_option
@arguments.format_option("text", "json")
def command(run_id: str, anew: bool, quiet: bool, log_format: str, output_format: str) -> int:
    """Go on with a run that was killed, was cancelled or has failed.

    It goes on as it began, with its own workflow, inputs, instant, engine and places; what it has delivered is not
    delivered again. Ends as `weirflow run` does, with the same exit codes. RUN may be last.
    """
    from engine.cli.run import show_run
    from engine.resume import resume

    def start(report: Progress, cancellation: Cancellation) -> RunResult:
        return resume(run_id, anew=anew, progress=report, cancellation=cancellation)

    return show_run(start, quiet=quiet, output_format=output_format, log_format=log_format)
