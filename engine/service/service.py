"""A process of the service, from its beginning to its end."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from connectors.problem import ConnectorProblem
from engine.journal.journal import Journal
from engine.journal.migrations import NewerJournal, version_of
from engine.journal.place import journal_url
from engine.journal.waiting import hurry
from engine.service.context import Context
from engine.service.dispatch.by_dbos import DbosDispatcher
from engine.service.dispatch.port import dispatch_url
from engine.service.dispatch.stopped_writers import StoppedWriters
from engine.service.ending import end_within
from engine.service.parts import made
from engine.service.settings import ServiceSettings
from engine.service.supervisor import tell_supervisor

STOPPED_AT_ONCE = 130
LOOKS_S = 1.0
OVER_S = 20.0
"""So long after the time for the runs a stop may take in all."""


def serve(settings: ServiceSettings, parts: tuple[str, ...], *, ready: Callable[[Context], None]) -> None:
    """Start the parts, wait for SIGTERM or SIGINT, and stop them: what runs is brought to its end.

    A second signal stops at once: what runs goes on with another worker, or when one is started again.

    Raises:
        NewerJournal: the journal is one, or has become one while the service ran.
    """
    told = threading.Event()

    def stop(*_: object) -> None:
        if told.is_set():
            _stop_at_once()
        told.set()
        hurry()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with Journal() as journal, StoppedWriters(lease_s=settings.lease_s):
        with journal.writing():
            pass  # its tables are made before anything asks
        worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        context = Context(settings=settings, journal=journal, worker=worker,
                          dispatcher=DbosDispatcher(dispatch_url(journal_url()), worker=worker))  # fmt: skip
        working = []
        try:
            for each in made(parts, context):
                each.start()
                working.append(each)
            ready(context)
            tell_supervisor("READY=1", os.environ)
            while not told.wait(LOOKS_S):
                _check_version(journal)
        finally:
            tell_supervisor("STOPPING=1", os.environ)
            if told.is_set():
                end_within(settings.drain_s + OVER_S)
            until = time.monotonic() + settings.drain_s
            for each in reversed(working):
                each.stop(max(until - time.monotonic(), 1.0))
            context.close()
            context.dispatcher.close()


def _check_version(journal: Journal) -> None:
    """See that nobody has made the journal one of a newer version meanwhile: no run could be carried out any more.

    Raises:
        NewerJournal: somebody has.
    """
    try:
        with journal.looking() as connection:
            version_of(connection)
    except NewerJournal:
        raise
    except ConnectorProblem:  # it is away; whoever needs it says so
        return


def _stop_at_once() -> NoReturn:
    os._exit(STOPPED_AT_ONCE)
