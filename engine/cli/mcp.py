"""`weirflow mcp`: weirflow as a server that agents talk to."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from engine.cli import exit_codes


@click.command("mcp")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--deliver", "delivers", is_flag=True,
              help="Let runs write files into FOLDER, and send to the hosts that are allowed.")  # fmt: skip
@click.option("--host", "hosts", metavar="NAME", multiple=True, help="A host that may be reached; may be repeated.")
@click.option("--secret", "secrets", metavar="NAME", multiple=True,
              help="A secret that workflows may use, by its name; may be repeated.")  # fmt: skip
@click.option("--private-networks", is_flag=True, help="Let the hosts be addresses that are not public.")
def command(folder: Path, delivers: bool, hosts: tuple[str, ...], secrets: tuple[str, ...],
            private_networks: bool) -> int:  # fmt: skip
    """Serve the Model Context Protocol on stdin and stdout, for agents.

    They may validate, plan and preview workflows over the local files of FOLDER (default: the current one) and list
    what there is. Nothing is delivered, no host reached and no secret read unless an option allows it.
    """
    from engine.mcp_server.permissions import Permissions

    permissions = Permissions(folder=folder.resolve(), delivers=delivers, hosts=frozenset(hosts),
                              secrets=frozenset(secrets), private_networks=private_networks)  # fmt: skip
    if find_spec("mcp") is None:
        raise click.UsageError("the server needs the package mcp: pip install 'weirflow[mcp]'")
    from engine.mcp_server.server import serve

    serve(permissions)
    return exit_codes.DONE
