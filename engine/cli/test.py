"""`weirflow test`: run the tests of workflows, and show what differs."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import arguments, exit_codes


@click.command("test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES OR FOLDERS]...")
@click.option("--engine", type=click.Choice(("auto", "polars", "duckdb", "both")),
              help="Instead of each workflow's choice; both runs every test twice.")  # fmt: skip
@click.option("-k", "--only", metavar="TEXT", help="Only the tests whose name holds this text.")
@click.option("--update", "updates", is_flag=True, help="Write what was found into the tests that failed.")
@arguments.format_option("text", "json")
def command(paths: tuple[Path, ...], engine: str | None, only: str | None, updates: bool, output_format: str) -> int:
    """Run the tests that workflows carry under `tests`, and those of files such as report_test.yaml beside them.

    Without a file, those of the current folder and below. Sources are replaced by the rows of the test, deliveries
    are put aside and compared: no network, no database and no file is touched. With --update what was found takes the
    place of what was expected, to be read before it is committed. Exit codes: 0 all passed, 1 one failed,
    2 bad file or usage.
    """
    from engine.cli.console import print_json
    from engine.cli.findings import print_failure
    from engine.cli.test_results import print_results
    from engine.testing.report import TestReport
    from engine.testing.tests import is_named, read_suites, results_of
    from engine.testing.updating import update
    from ir.diagnostics import WorkflowError

    try:
        suites = read_suites(list(paths) or [Path(".")])
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was tested")
        return exit_codes.BAD_FILE_OR_USAGE
    if only is not None and not any(is_named(each, only) for suite in suites for each in suite.tests):
        raise click.UsageError(f'no test has "{only}" in its name')
    report = TestReport(results=tuple(results_of(suites, engine=engine, only=only)))
    if updates:
        report = update(suites, report)
    if output_format == "json":
        print_json(report.as_json())
    else:
        print_results(report)
    return report.exit_code
