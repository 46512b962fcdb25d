"""`weirflow migrate`: a workflow in the original's words, written in those of 3.1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from ir.model.workflow import Workflow


@click.command("migrate")
@arguments.workflow_file
@arguments.format_option("yaml", "json", "strict")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the workflow to FILE instead of stdout.")  # fmt: skip
def command(file: Path, output_format: str, output: Path | None) -> int:
    """Print a workflow in the words of 3.1, and on stderr what they were before.

    Nothing else changes: comments are left out, relative locations stay as they are. What has no words in 3.1 is an
    error with what to write instead. `--format strict` prints the form that `weirflow schema --strict` describes.
    """
    from engine.cli.console import print_or_write, say
    from engine.cli.findings import count_of, print_findings
    from ir.diagnostics import Problems, WorkflowError
    from ir.loading import load
    from ir.workflow import read_document
    from ir.writing import to_json, to_yaml

    try:
        document = load(file)
    except WorkflowError as error:
        print_findings(error.diagnostics)
        return exit_codes.BAD_FILE_OR_USAGE
    problems = Problems(document)
    current, workflow = read_document(document, problems)
    print_findings(problems.found)
    if workflow is None or problems.errors:
        say(f"{file}: {count_of(problems.found)}; nothing was written")
        return exit_codes.BAD_FILE_OR_USAGE
    if output_format == "strict":
        return _print_strict(workflow, output)
    write = to_json if output_format == "json" else to_yaml
    print_or_write(write(current.value).rstrip("\n"), file=output)
    return exit_codes.DONE


def _print_strict(workflow: Workflow, output: Path | None) -> int:
    from engine.cli.console import print_or_write
    from engine.schemas import in_strict_form
    from ir.strict_form import NoStrictForm
    from ir.writing import to_json

    try:
        print_or_write(to_json(in_strict_form(workflow)).rstrip("\n"), file=output)
    except NoStrictForm as problem:
        raise click.ClickException(str(problem)) from problem
    return exit_codes.DONE
