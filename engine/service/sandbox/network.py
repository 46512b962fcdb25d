"""Which ports of the network are left to the processes of runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from sqlalchemy import URL

from engine.journal.place import journal_url
from engine.service.settings import ServiceSettings
from engine.telemetry.wanted import is_wanted

POSTGRES = 5432


def ports_of(settings: ServiceSettings, environment: Mapping[str, str] = os.environ) -> tuple[int, ...] | None:
    """The only TCP ports that anything in the process of a run connects to, where no run may reach any host: those of
    the journal's server. None where others are needed, which nobody can tell beforehand."""
    if settings.hosts != frozenset() or is_wanted(environment):
        return None
    if any(each.startswith("vault:") for each in settings.secrets):
        return None
    url = journal_url()
    if url.drivername == "sqlite":
        return ()
    try:
        return None if "service" in url.query else tuple(sorted(set(_ports(url))))
    except ValueError:
        return None


def _ports(url: URL) -> Iterator[int]:
    """Of every server that it names, in the ways that libpq knows."""
    yield url.port or POSTGRES
    for name in ("host", "port"):
        found = url.query.get(name, ())
        for text in (found,) if isinstance(found, str) else found:
            for each in text.split(","):
                port = each.rpartition(":")[2] if ":" in each else each if name == "port" else ""
                if port:
                    yield int(port)
