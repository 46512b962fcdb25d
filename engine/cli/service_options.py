"""What the commands of a service have in common."""

from __future__ import annotations

import os

import click

_VARIABLE = "WEIRFLOW_JOURNAL"


def _use(context: click.Context, __: click.Parameter, url: str | None) -> None:
    """Names the journal for this command and the processes that it begins, and takes that back when it ends."""
    if url is None:
        return
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = url

    @context.call_on_close
    def take_back() -> None:
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before


database = click.option("--database", metavar="URL", expose_value=False, callback=_use,
                        help="The journal of the service: postgresql://…")  # fmt: skip
lease = click.option("--lease", "lease_s", type=click.FloatRange(1, 3600), metavar="SECONDS",
                     help="A worker that is silent for so long loses its runs to the others.  [default: 15]",
                     )  # fmt: skip
