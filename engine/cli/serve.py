"""`weirflow serve`: run workflows by themselves."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import click

from engine.cli import exit_codes

NEEDED = "the service needs more packages: pip install 'weirflow[serve]'"


@click.command("serve")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8321, show_default=True, type=click.IntRange(1, 65535))
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
@click.option("--slots", default=2, show_default=True, type=click.IntRange(0, 256), help="Runs at once; 0 for none.")
def command(folder: Path, host: str, port: int, database: str | None, lease_s: float, slots: int) -> int:
    """Run the workflows of FOLDER (default: the current one) on their schedules, on webhooks, and on demand."""
    from engine.cli.console import say

    if find_spec("dbos") is None or find_spec("uvicorn") is None:
        raise click.UsageError(NEEDED)
    if database is not None:
        os.environ["WEIRFLOW_JOURNAL"] = database
    from engine.service.parts import SERVE
    from engine.service.service import serve
    from engine.service.settings import ServiceSettings

    settings = ServiceSettings(folder=folder.resolve(), host=host, port=port, slots=slots, lease_s=lease_s)
    serve(settings, SERVE, ready=lambda context: say(f"weirflow serves {folder} on http://{host}:{port}"))
    return exit_codes.DONE
