"""`weirflow plan`: show what a workflow will do, without doing it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.api import Plan


@click.command("plan")
@arguments.workflow_file
@arguments.compile_options
@arguments.format_option("text", "json", "mermaid", "sql", "html", "polars")
@click.option("--frame", help="The frame that --format sql (default: data) and polars (default: all) are about.")
@click.option(
    "--diff",
    "old",
    type=click.Path(path_type=Path),
    metavar="OLD",
    help="Show only what changes from OLD, a workflow or a saved --format json; exit code 1 if anything does.",
)
@arguments.payload_option
@arguments.full_refresh_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the plan to FILE instead of stdout.")  # fmt: skip
def command(file: Path, inputs: dict[str, str], engine: str | None, now: datetime | None, output_format: str,
            frame: str | None, old: Path | None, payload: str | None, full_refresh: bool,
            output: Path | None) -> int:  # fmt: skip
    """Show what a workflow will do: its sources, steps, columns, engine and deliveries.

    Nothing is written or sent; of the sources only their sample is read.

    \b
    Examples:
      weirflow plan report.yaml
      weirflow plan report.yaml --format json -o plan.json
      weirflow plan report.yaml --diff plan.json
    """
    from engine.api import compile as compile_workflow
    from engine.cli.console import json_text, print_or_write, printable
    from engine.cli.findings import print_failure, print_findings
    from ir.diagnostics import WorkflowError

    if old is not None and output_format not in {"text", "json"}:
        raise click.UsageError(f"--diff prints text or json, not {output_format}")
    try:
        plan = compile_workflow(file, inputs=inputs, engine=engine, now=now, full_refresh=full_refresh,
                                payload=payload)  # fmt: skip
        difference = plan.diff(old) if old is not None else None
        text = (
            _shown(plan, output_format=output_format, frame=frame)
            if difference is None
            else json_text(difference.to_dict())
            if output_format == "json"
            else printable(str(difference))
        )
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="there is no plan to show")
        return exit_codes.BAD_FILE_OR_USAGE
    print_or_write(text, file=output)
    if output_format != "json":
        print_findings(plan.warnings)
    return exit_codes.FAILED if difference else exit_codes.DONE


def _shown(plan: Plan, *, output_format: str, frame: str | None) -> str:
    from engine.cli.console import json_text, printable

    match output_format:
        case "json":
            return json_text(plan.to_dict())
        case "mermaid":
            return plan.to_mermaid()
        case "html":
            return plan.to_html()
        case "sql":
            return plan.sql(frame or "data")
        case "polars":
            return plan.to_polars_code(frame)
        case _:
            return printable(plan.explain())
