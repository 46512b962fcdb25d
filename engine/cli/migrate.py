"""`weirflow migrate`: a workflow in the original's words, written in those of 3.1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli import arguments, exit_codes
from engine.cli.postponed import postpone

if TYPE_CHECKING:
    from engine.migrating import Migrated


@click.command("migrate")
@arguments.workflow_file
@arguments.format_option("yaml", "json", "strict")
@click.option(
    "--report",
    type=click.Choice(("table", "json", "none")),
    default="table",
    show_default=True,
    help="How it is told what became of each element: json prints one object, the workflow in it, on stdout.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the workflow to FILE instead of stdout.")  # fmt: skip
def command(file: Path, output_format: str, report: str, output: Path | None) -> int:
    """Print a workflow in the words of 3.1, and on stderr what became of each of its elements.

    FILE is a document of the original (2.0, 3.0, "extended 2.0"), an execution graph (4.0) or a list of compiled steps.
    What has no words in 3.1 becomes a question in clarifications_required, and stands under x-refused as it was: the
    workflow validates, and does not run before the questions are answered. Exit code 3 says that something is open.
    Comments are left out, relative locations stay as they are. `--format strict` prints the form that
    `weirflow schema --strict` describes.
    """
    # A text file is written anew without it, and it is a quarter of the start.
    postpone("polars")
    from engine.cli.findings import print_failure
    from engine.migrating import migrate
    from ir.diagnostics import WorkflowError

    try:
        migrated = migrate(file)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format="json" if report == "json" else "text",
                      outcome="nothing was written")  # fmt: skip
        return exit_codes.BAD_FILE_OR_USAGE
    text = _text(migrated, output_format)
    if report != "json" or output is not None:
        _write(text, output)
    if report == "json":
        _print_json(migrated, output)
    elif report == "table":
        _print_table(migrated, file)
    return exit_codes.INCOMPLETE if migrated.is_open else exit_codes.DONE


def _text(migrated: Migrated, output_format: str) -> str:
    from engine.schemas import in_strict_form
    from ir.strict_form import NoStrictForm
    from ir.writing import to_json, to_yaml

    if output_format != "strict":
        return (to_json if output_format == "json" else to_yaml)(migrated.value)
    if migrated.workflow is None:
        raise click.ClickException("what is no workflow yet has no strict form; answer what is open first")
    try:
        return to_json(in_strict_form(migrated.workflow))
    except NoStrictForm as problem:
        raise click.ClickException(str(problem)) from problem


def _write(text: str, output: Path | None) -> None:
    from engine.cli.console import print_or_write

    print_or_write(text.rstrip("\n"), file=output)


def _print_json(migrated: Migrated, output: Path | None) -> None:
    from engine.cli.console import print_json
    from engine.cli.findings import as_json

    found: dict[str, Any] = {
        "status": "open" if migrated.is_open else "migrated", "dialect": migrated.dialect,
        "elements": [each.as_json() for each in migrated.elements], "questions": list(migrated.questions),
        "diagnostics": as_json(migrated.findings),
    }  # fmt: skip
    print_json(found | ({"workflow": migrated.value} if output is None else {"file": str(output)}))


def _print_table(migrated: Migrated, file: Path) -> None:
    """What became of each element, what is open, and how many were which."""
    from engine.cli.closing import table
    from engine.cli.console import printable, say, words
    from engine.cli.findings import print_findings

    say(f"{file}: {migrated.dialect}")
    rows = table(("element", False), ("", False), ("now", False), ("why", False))
    for each in migrated.elements:
        rows.add_row(printable(each.name), each.verdict, printable(each.now), printable(each.why))
    words().print(rows)
    say("")
    if migrated.questions:
        say("open (clarifications_required):")
        for question in migrated.questions:
            say(f"- {printable(question)}")
        say("")
    print_findings([each for each in migrated.findings if each.severity == "error"])
    counts = [sum(each.verdict == verdict for each in migrated.elements) for verdict in ("kept", "changed", "refused")]
    said = f"{counts[0]} kept, {counts[1]} changed, {counts[2]} refused"
    say(f"{said}; {'not all is told yet: see above' if migrated.is_open else 'the workflow validates'}")
