"""`weirflow schema`: the JSON Schema of workflow files, for editors."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli import arguments, exit_codes


@click.command("schema")
@arguments.format_option("json")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the schema to FILE instead of stdout.")  # fmt: skip
def command(output_format: str, output: Path | None) -> int:
    """Print the JSON Schema of workflow files.

    With it an editor completes keys, shows their meaning and underlines mistakes.
    """
    from connectors.files.formats import FORMATS
    from engine.cli.console import json_text, print_or_write
    from ir.json_schema import workflow_schema
    from transforms.registry import TRANSFORMS

    configs = {name: kind.config for name, kind in TRANSFORMS.items()}
    print_or_write(json_text(workflow_schema(transforms=configs, formats=tuple(FORMATS))), file=output)
    return exit_codes.DONE
