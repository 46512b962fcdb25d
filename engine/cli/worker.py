"""`weirflow worker`: carry runs out that other processes of a service were asked for."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from engine.cli import exit_codes
from engine.cli.serve import NEEDED


@click.command("worker")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--database", metavar="URL", help="The journal of all processes: postgresql://…")
@click.option(
    "--lease",
    "lease_s",
    default=15.0,
    show_default=True,
    type=click.FloatRange(1, 3600),
    metavar="SECONDS",
    help="A worker that is silent for so long loses its runs to the others.",
)
@click.option("--slots", default=2, show_default=True, type=click.IntRange(1, 256), help="Runs at once.")  # fmt: skip
def command(folder: Path, database: str | None, lease_s: float, slots: int) -> int:
    """Carry out runs of a service whose workflows are in FOLDER (default: the current one)."""
    from engine.cli.console import say

    if find_spec("dbos") is None:
        raise click.UsageError(NEEDED)
    if database is not None:
        os.environ["WEIRFLOW_JOURNAL"] = database
    from engine.service.parts import WORK
    from engine.service.service import serve
    from engine.service.settings import ServiceSettings

    settings = ServiceSettings(folder=folder.resolve(), slots=slots, lease_s=lease_s)
    serve(settings, WORK, ready=lambda context: say(f"weirflow works as {context.worker}, {slots} runs at once"))
    return exit_codes.DONE
