"""`weirflow serve`: run workflows by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes, service_options

if TYPE_CHECKING:
    from engine.service.settings import ServiceSettings

NEEDED = "the service needs more packages: pip install 'weirflow[serve]'"


@click.command("serve")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one.  [default: 8321]")
@service_options.database
@service_options.lease
@click.option("--slots", type=click.IntRange(0, 256), help="Runs at once; 0 for none.  [default: 2]")
def command(folder: Path, host: str | None, port: int | None, lease_s: float | None, slots: int | None) -> int:
    """Run the workflows of FOLDER (default: the current one) on their schedules, on webhooks, and on demand.

    What runs may do and take stands under [service] in config.toml, and so may the options.
    """
    from engine.cli.console import say

    if find_spec("dbos") is None or find_spec("uvicorn") is None:
        raise click.UsageError(NEEDED)
    from engine.service.parts import SERVE
    from engine.service.service import serve
    from engine.service.web.server import CannotListen

    settings = settings_of(folder, {"host": host, "port": port, "slots": slots, "lease_s": lease_s})
    try:
        serve(settings, SERVE, ready=lambda context: say(f"weirflow serves {folder} on {context.address}"))
    except CannotListen as problem:
        raise click.UsageError(f"{problem}; take another --port, or 0 for a free one") from None
    return exit_codes.DONE


def settings_of(folder: Path, given: Mapping[str, object]) -> ServiceSettings:
    """The settings of a service: what was `given` on the command line, else what config.toml says.

    Raises:
        UsageError: for a config.toml that says something else.
    """
    from connectors.problem import ConnectorProblem
    from engine.cli.console import say
    from engine.service.configured import configured
    from engine.service.sandbox.state import with_sandbox

    try:
        settings, told = with_sandbox(configured(folder.resolve(), given))
        say(told)
        return settings
    except ConnectorProblem as problem:
        raise click.UsageError(f"{problem.message} [{problem.code}]; {problem.hint}") from None
