"""`weirflow schema`: the JSON Schema of workflow files, and the types of a workflow's sources written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli import arguments, exit_codes

if TYPE_CHECKING:
    from engine.pinning import PinnedSchemas


@click.group("schema", invoke_without_command=True)
@arguments.format_option("json")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the schema to FILE instead of stdout.")  # fmt: skip
@click.option("--strict", is_flag=True, help="The schema for language models that answer by a schema.")
@click.option("--llm", is_flag=True, help="A guide for the prompt of a language model that writes workflows.")
@click.pass_context
def command(ctx: click.Context, output_format: str, output: Path | None, strict: bool, llm: bool) -> int:
    """Print the JSON Schema of workflow files, or with pin write down the types of one workflow's sources.

    With the JSON Schema an editor completes keys, shows their meaning and underlines mistakes. With --strict it is the
    one for structured output: every key required, null for absent, mappings as lists of {name, value}.
    """
    if ctx.invoked_subcommand is not None:
        return exit_codes.DONE
    if strict and llm:
        raise click.UsageError("--strict prints a schema, --llm a guide: ask for one of them")
    from engine.cli.console import json_text, print_or_write
    from engine.schemas import editor_schema, strict_schema_of_all

    if llm:
        from engine.guide import guide

        print_or_write(guide().rstrip("\n"), file=output)
        return exit_codes.DONE
    print_or_write(json_text(strict_schema_of_all() if strict else editor_schema()), file=output)
    return exit_codes.DONE


@command.command("plugin")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the schema to FILE instead of stdout.")  # fmt: skip
def plugin_command(output: Path | None) -> int:
    """Print the JSON Schema of manifests, by which an editor helps who writes a plugin."""
    from engine.cli.console import json_text, print_or_write
    from engine.schemas import plugin_schema

    print_or_write(json_text(plugin_schema()), file=output)
    return exit_codes.DONE


@command.command("pin")
@arguments.workflow_file
@click.option("--input", "inputs", metavar="NAME=VALUE", multiple=True, callback=arguments.read_inputs,
              help="A runtime input; may be repeated.")  # fmt: skip
@click.option("--stdout", "to_stdout", is_flag=True, help="Print the whole file as it would be; change nothing.")
@click.option("--check", is_flag=True, help="Only say what would be written; exit code 1 if anything would.")
@arguments.format_option("text", "json")
def pin(file: Path, inputs: dict[str, str], to_stdout: bool, check: bool, output_format: str) -> int:
    """Write the inferred types of every source into the workflow FILE.

    Comments, layout and the order of keys stay; types that are declared already stay too, so that a second time
    changes nothing. What was inferred widens when the data changes; what is pinned does not: a value that does not
    fit it is a bad row.
    """
    from engine.cli.findings import print_failure, print_findings
    from engine.pinning import pin_schema
    from ir.diagnostics import WorkflowError

    if to_stdout and (check or output_format == "json"):
        raise click.UsageError("--stdout prints the file itself: leave --check and --format out")
    try:
        pinned = pin_schema(file, inputs=inputs)
    except WorkflowError as error:
        print_failure(error.diagnostics, output_format=output_format, outcome="nothing was written")
        return exit_codes.BAD_FILE_OR_USAGE
    if to_stdout:
        click.echo(pinned.text, nl=False)
    elif not check:
        try:
            pinned.write()
        except OSError as error:
            raise click.UsageError(f"{file} is not written: {(error.strerror or str(error)).lower()}") from error
    if output_format == "json":
        _print_json(pinned, written=not check)
    else:
        _print_words(pinned, written=not check and not to_stdout)
        print_findings(pinned.warnings)
    return exit_codes.FAILED if check and pinned else exit_codes.DONE


def _print_json(pinned: PinnedSchemas, *, written: bool) -> None:
    from engine.cli.console import print_json
    from engine.cli.findings import as_json

    report: dict[str, Any] = {"file": str(pinned.file), "written": written and bool(pinned),
                              "pinned": pinned.columns, "not_pinned": pinned.left,
                              "diagnostics": as_json(pinned.warnings)}  # fmt: skip
    print_json(report)


def _print_words(pinned: PinnedSchemas, *, written: bool) -> None:
    from engine.cli.console import printable

    click.echo(printable(str(pinned)), err=True)
    if pinned and written:
        click.echo(f"wrote {pinned.file}", err=True)
