"""The parts that a service is made of, which start in this order and stop in the other."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from engine.service.context import Context


class Part(Protocol):
    """Something that works beside the others, in threads of its own."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self, within_s: float) -> None:
        """Take nothing new, bring what is under way to its end within the time, and end."""
        ...


SERVE = (
    "engine.service.folder:WorkflowFolder",
    "engine.service.working:Worker",
    "engine.service.schedules.ticker:Ticker",
    "engine.service.webhooks.beginning:Inbox",
    "engine.service.dispatch.sweeper:Sweeper",
    "engine.service.retention.pruner:Pruner",
    "engine.service.web.server:WebServer",
)
"""Of `weirflow serve`: module and class, made with the context."""

WORK = (
    "engine.service.working:Worker",
    "engine.service.dispatch.sweeper:Sweeper",
    "engine.service.retention.pruner:Pruner",
)
"""Of `weirflow worker`."""


def made(names: tuple[str, ...], context: Context) -> list[Part]:
    found = []
    for each in names:
        module, _, name = each.partition(":")
        found.append(cast("Part", getattr(import_module(module), name)(context)))
    return found
