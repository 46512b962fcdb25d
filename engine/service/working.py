"""The part of a service that carries runs out: it takes them from the queue and hands them to processes."""

from __future__ import annotations

import logging
import time
from contextlib import suppress

from connectors.problem import ConnectorProblem
from engine.service.context import Context
from engine.service.dispatch.admission import admit, is_limited
from engine.service.dispatch.holding import Held, Holding
from engine.service.dispatch.leftovers import end_leftover
from engine.service.dispatch.port import Entry
from engine.service.runners.log_keeper import RunLog
from engine.service.runners.pool import Interrupted, RunnerPool
from engine.service.runners.protocol import Outcome
from engine.service.store.leases import let_go
from engine.service.store.relay import end_and_take_next, take_next, take_or_next
from engine.service.store.starts import Start
from engine.service.store.workers import note_seen, note_worker

INTERRUPTED = frozenset({"IR596", "IR712"})
"""An attempt that ends with these has not ended the run: its journal was away, or it goes on elsewhere."""
CANCELLED = "somebody cancelled it"
AGAIN_S = 0.5


class Worker:
    """One process' share of the runs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._pool = RunnerPool(context.settings, context.journal, processes=context.processes)
        self._holding = Holding(context.journal, context.worker, lease_s=context.settings.lease_s,
                                lose=self._pool.give_up, cancel=self._cancel)  # fmt: skip

    def start(self) -> None:
        settings, context = self._context.settings, self._context
        note_worker(context.journal, context.worker, slots=settings.slots)
        self._holding.start()
        if settings.slots:
            self._pool.warm()
            context.dispatcher.work(self._carry_out, slots=settings.slots)

    def stop(self, within_s: float) -> None:
        """Bring what is under way to its end; what takes longer is stopped, and goes on with another worker."""
        self._holding.status = "draining"
        self._context.dispatcher.rest(within_s)
        given_up = self._holding.all()
        for each in given_up:
            each.is_lost = True
            self._pool.give_up(each.start.run_id)
        answers = self._let_all_go(given_up)
        self._holding.end()
        self._pool.close()
        if answers:  # who is silent counts as gone
            with suppress(ConnectorProblem):
                note_seen(self._context.journal, self._context.worker, "gone")

    def _carry_out(self, entry: Entry) -> None:
        """The run of the entry, and after it those that wait, as long as there are any: the end of one and the take of
        the next are one transaction, of which the queue learns later."""
        start = self._taken(entry)
        while start is not None:
            if (was := Entry(start.run_id, start.attempt - 1)) != entry:
                self._context.dispatcher.retire(was)
            start = self._carried_out(start)

    def _carried_out(self, start: Start) -> Start | None:
        """Carry a run out that is ours; the next one, if there was one and all went well."""
        context = self._context
        with self._pool.log_of(start) as log, self._holding.held(start) as held:
            try:
                outcome = self._outcome(start, log)
            except Interrupted:
                outcome = None
            if held.is_lost:
                return None
            if outcome is None or outcome.code in INTERRUPTED:
                self._let_go(start)
                return None
            if not is_limited(context, start.workflow):
                return self._end(held, outcome, log, lease_s=self._lease_of_next())
            self._end(held, outcome, log, lease_s=None)
        with suppress(ConnectorProblem):  # the sweeper does so
            admit(context)
            if (lease_s := self._lease_of_next()) is not None:
                return take_next(context.journal, worker=context.worker, lease_s=lease_s)
        return None

    def _lease_of_next(self) -> float | None:
        """None where no further run is to be taken."""
        return self._context.settings.lease_s if self._holding.status == "working" else None

    def _taken(self, entry: Entry) -> Start | None:
        """The run, or another one where that is not to be had, which is ours from now on; a journal that is away is
        asked for as long as a lease lasts."""
        context, lease_s = self._context, self._context.settings.lease_s
        until = time.monotonic() + lease_s
        while True:
            try:
                return take_or_next(context.journal, entry.run_id, attempt=entry.attempt, worker=context.worker,
                                    lease_s=lease_s)  # fmt: skip
            except ConnectorProblem as problem:
                if time.monotonic() > until or self._holding.status != "working":
                    log = logging.getLogger("weirflow.service")
                    log.warning("%s; a run waits for it [%s]", problem.message, problem.code)
                    return None  # the sweeper finds that nobody has it
                time.sleep(AGAIN_S)

    def _let_all_go(self, given_up: list[Held]) -> bool:
        """Whether the journal answers; one that does not is asked once, and the leases end by themselves."""
        try:
            for each in given_up:
                let_go(self._context.journal, each.start, is_loss=False)
        except ConnectorProblem:
            return False
        return True

    def _let_go(self, start: Start) -> None:
        with suppress(ConnectorProblem):  # its lease ends by itself
            let_go(self._context.journal, start, is_loss=True)

    def _cancel(self, run_id: str) -> None:
        self._pool.cancel(run_id, CANCELLED)

    def _outcome(self, start: Start, log: RunLog) -> Outcome:
        if start.cancel_asked_at is not None:
            return Outcome(status="cancelled", error=CANCELLED)
        if start.attempt > 1:
            end_leftover(self._context.journal, start.run_id)
        return self._pool.carry_out(start, log)

    def _end(self, held: Held, outcome: Outcome, log: RunLog, *, lease_s: float | None) -> Start | None:
        """Write down how the run has ended, as long as it is ours, and take the next one for so long."""
        lines = log.taken()
        while not held.is_lost:
            try:
                return end_and_take_next(self._context.journal, held.start, outcome.status, error=outcome.error,
                                         problem=outcome.problem, lines=lines, lease_s=lease_s)  # fmt: skip
            except ConnectorProblem:
                time.sleep(AGAIN_S)
        log.give_back(lines)
        return None
