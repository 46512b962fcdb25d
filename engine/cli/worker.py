"""`weirflow worker`: carry runs out that other processes of a service were asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from engine.cli import exit_codes, service_options
from engine.cli.serve import NEEDED, settings_of


@click.command("worker")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@service_options.database
@service_options.lease
@click.option("--slots", type=click.IntRange(1, 256), help="Runs at once.  [default: 2]")
def command(folder: Path, lease_s: float | None, slots: int | None) -> int:
    """Carry out runs of a service whose workflows are in FOLDER (default: the current one)."""
    from engine.cli.console import say

    if find_spec("dbos") is None:
        raise click.UsageError(NEEDED)
    from engine.service.parts import WORK
    from engine.service.service import serve

    settings = settings_of(folder, {"slots": slots, "lease_s": lease_s})
    told = f"{settings.slots} runs at once"
    serve(settings, WORK, ready=lambda context: say(f"weirflow works as {context.worker}, {told}"))
    return exit_codes.DONE
