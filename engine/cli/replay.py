"""`weirflow replay`: the dead letters of a run through its workflow once more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.result import RunResult


@click.command("replay")
@click.argument("run_id", metavar="RUN")
@click.option("--dead-letters", "letters", is_flag=False, flag_value="", metavar="[FILE]",
              help="Its dead letters, as it kept them or as FILE (.xlsx, .csv, .ndjson) has them by now.")  # fmt: skip
@click.option("--only", metavar="RULE", help="Only those rejected by this rule or for this column.")
@click.option("--again", is_flag=True, help="Also those that were replayed before.")
@click.option("--out", type=click.Path(path_type=Path), callback=arguments.read_folder, metavar="DIR",
              help="The base of relative local destinations (default: that of the run).")  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="No progress; the closing tables and problems only.")
@arguments.format_option("text", "json")
def command(run_id: str, letters: str | None, only: str | None, again: bool, out: Path | None, quiet: bool,
            output_format: str) -> int:  # fmt: skip
    """Take rows that a run rejected through its own workflow, and deliver what is made of them.

    They come in where they were rejected, with the run's inputs, instant and engine. Files get another name than those
    of the run; deliveries that compute rows together take no part. Exit codes are those of `weirflow run`.
    """
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure, print_findings
    from engine.cli.progress import progress
    from engine.replaying.replay import plans_of
    from ir.diagnostics import WorkflowError

    if letters is None:
        raise click.UsageError("say what is replayed: --dead-letters, or --dead-letters FILE.xlsx")
    try:
        found = plans_of(run_id, Path(letters) if letters else None, only=only, again=again)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was replayed")
        return exit_codes.BAD_FILE_OR_USAGE
    results: list[RunResult] = []
    for plan in found.plans:
        if output_format == "text":
            print_findings(plan.warnings)
        try:
            with progress(quiet=quiet, is_terminal=sys.stderr.isatty()) as report:
                results.append(plan.run(out=out or Path(found.record.out), progress=report))
        except WorkflowError as error:
            print_failure(error.diagnostics, output_format=output_format, outcome="nothing was delivered")
            return exit_codes.FAILED
        if output_format == "text":
            _print(results[-1])
    if output_format == "json":
        print_json({"parent": run_id, "left": found.left, "runs": [each.as_json() for each in results]})
    return max(each.exit_code for each in results)


def _print(result: RunResult) -> None:
    from engine.cli.closing import print_closing
    from engine.cli.findings import print_findings

    print_findings([each.finding for each in result.deliveries if each.finding])
    print_closing(result)
