"""What the commands of a service have in common."""

from __future__ import annotations

import os

import click


def _use(_: click.Context, __: click.Parameter, url: str | None) -> None:
    if url is not None:
        os.environ["WEIRFLOW_JOURNAL"] = url


database = click.option("--database", metavar="URL", expose_value=False, callback=_use,
                        help="The journal of the service: postgresql://…")  # fmt: skip
lease = click.option("--lease", "lease_s", type=click.FloatRange(1, 3600), metavar="SECONDS",
                     help="A worker that is silent for so long loses its runs to the others.  [default: 15]",
                     )  # fmt: skip
