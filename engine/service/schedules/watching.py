"""The looks at places where files arrive: beside the ticking loop, which waits for no store."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from connectors.problem import ConnectorProblem
from engine.service.asking import hand_over
from engine.service.context import Context
from engine.service.longer_names import LongerNames
from engine.service.planning import model_of
from engine.service.schedules.arriving import take_files
from engine.service.schedules.looking import look
from engine.service.schedules.topics import location_of
from engine.service.store.schedules import StoredSchedule, instant_text, save_schedule, schedule_to_change
from engine.service.store.starts import Start
from engine.service.store.workflows import StoredWorkflow, workflows_of
from ir.diagnostics import WorkflowError

LOCAL_S, REMOTE_S = 5.0, 60.0
"""How often is looked at a folder of this machine, and at a store."""
SHARE = 20
"""A look that takes long is made so much less often than it takes."""
AT_ONCE = 4

log = logging.getLogger("weirflow.schedules")


class Watcher:
    """Looks for files in threads of its own, at one place no more than once at a time."""

    def __init__(self, context: Context, *, clock: Callable[[], datetime],
                 apart: Callable[[Callable[[], None]], object] | None = None) -> None:  # fmt: skip
        self._context, self._clock = context, clock
        self._pool = None if apart is not None else ThreadPoolExecutor(AT_ONCE, thread_name_prefix="arrivals")
        self._apart = apart if self._pool is None else self._pool.submit
        self._names = LongerNames(context.journal)
        self._looking = set[str]()
        self._lock = threading.Lock()

    def watch(self, stored: StoredSchedule, workflow: StoredWorkflow) -> None:
        """Look for the schedule's files, now or as soon as a thread is free."""
        with self._lock:
            if stored.workflow in self._looking:
                return
            self._looking.add(stored.workflow)
        assert self._apart is not None
        self._apart(lambda: self._watched(stored, workflow))

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _watched(self, stored: StoredSchedule, workflow: StoredWorkflow) -> None:
        try:
            self._look(stored, workflow)
        except ConnectorProblem as problem:
            log.warning("%s: its files were not looked for: %s", stored.workflow, problem.message)
        except Exception:  # nobody waits for the thread's result
            log.exception("%s: its files were not looked for", stored.workflow)
        finally:
            with self._lock:
                self._looking.discard(stored.workflow)

    def _look(self, stored: StoredSchedule, workflow: StoredWorkflow) -> None:
        location, base = location_of(stored.topic or ""), Path(workflow.base)
        began = time.monotonic()
        seen, trouble = None, None
        try:
            policy = self._context.settings.policy(base, workflow=stored.workflow,
                                                   others=self._names.of(stored.workflow))  # fmt: skip
            seen = look(location, model_of(workflow), base=base, policy=policy)
        except ConnectorProblem as problem:
            trouble = f"{location} cannot be looked at: {problem.message}"
        except OSError as error:  # a file that goes while it is looked at, a disk that is not there
            trouble = f"{location} cannot be looked at: {(error.strerror or type(error).__name__).lower()}"
        except WorkflowError:
            return  # what is wrong with it is told where it is shown
        took = time.monotonic() - began
        begun = list[Start]()
        with self._context.journal.writing() as connection:
            tenant, now = self._context.tenant, self._clock()
            current = schedule_to_change(connection, tenant, stored.workflow)
            known = workflows_of(connection, tenant, [stored.workflow]).get(stored.workflow)
            if current is None or current.definition != stored.definition or not current.enabled:
                return
            if known is None or not known.enabled:  # it was switched off while we looked
                return
            if seen is not None:
                current, begun = take_files(connection, tenant, current, workflow, location, seen, now=now)
            elif trouble is not None and current.progress.told != trouble:
                current = current.told(trouble, at=instant_text(now))
                log.warning("%s: %s", stored.workflow, trouble)
            wait = max(wait_of(location).total_seconds(), took * SHARE)
            save_schedule(connection, tenant,
                          replace(current, look_at=instant_text(now + timedelta(seconds=wait))))  # fmt: skip
        hand_over(self._context, *begun)


def wait_of(location: str) -> timedelta:
    """How long to wait from one look at the location to the next."""
    is_local = "://" not in location or location.lower().startswith(("file://", "local://"))
    return timedelta(seconds=LOCAL_S if is_local else REMOTE_S)
