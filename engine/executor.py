"""Completing deliveries: each after those it depends on, ready ones at the same time where the workflow allows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import field, replace
from graphlib import TopologicalSorter

from engine.output import Output
from engine.result import DeliveryResult
from engine.running.cancellation import Cancellation
from ir.records import dataclass

Finished = Callable[[Output, DeliveryResult], None]
Complete = Callable[[Output], DeliveryResult]
Closed = Callable[[str | None], str | None]
"""Why a branch has nothing to do; None where it has."""


def finish(outputs: Sequence[Output], *, at_once: int, cancellation: Cancellation, finished: Finished,
           closed: Closed, complete: Complete) -> list[DeliveryResult]:  # fmt: skip
    """What became of each output, in their order.

    One that fails does not stop independent ones; one that depends on another that did not go well is skipped. So are
    those of a branch that is `closed`, which is no failure: what depends on them is made. `complete` completes one, and
    `finished` is told of each as it ends.

    Raises:
        Cancelled: the run was told to stop. What has begun came to its end, nothing further begins.
    """
    completing = _Completing(finished=finished, closed=closed, finish=complete)
    if at_once == 1 or len(outputs) < 2:
        for output in outputs:  # they stand in an order of their dependencies
            cancellation.check()
            completing.note(output, completing.complete(output))
    else:
        _side_by_side(outputs, completing, at_once=at_once, cancellation=cancellation)
    return [completing.results[each.id] for each in outputs]


@dataclass(slots=True, kw_only=True)
class _Completing:
    finished: Finished
    closed: Closed
    finish: Complete
    results: dict[str, DeliveryResult] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    """Those that others wait for in vain."""

    def complete(self, output: Output) -> DeliveryResult:
        reason = self.closed(output.branch)
        missing = next((each for each in output.depends_on if each in self.failed), None)
        if reason is None and missing is not None:
            reason = f'it depends on "{missing}", which was not delivered'
        if reason is None or output.error is not None:
            return self.finish(output)
        output.fail(RuntimeError(reason))
        return replace(output.finish(), status="skipped")

    def note(self, output: Output, result: DeliveryResult) -> None:
        self.results[output.id] = result
        # where some messages went out, those that did not have their own reasons: what follows reads them one by one
        if (
            result.error
            and result.status != "incomplete"
            and not (result.status == "skipped" and self.closed(output.branch) is not None)
        ):
            self.failed.add(output.id)
        self.finished(output, result)


def _side_by_side(outputs: Sequence[Output], completing: _Completing, *, at_once: int,
                  cancellation: Cancellation) -> None:  # fmt: skip
    """Ready ones in threads; those that stand first in the document begin first."""
    by_id = {each.id: each for each in outputs}
    places = {name: place for place, name in enumerate(by_id)}
    graph = TopologicalSorter({each.id: [name for name in each.depends_on if name in by_id] for each in outputs})
    graph.prepare()
    ready: list[str] = []
    running: dict[Future[DeliveryResult], Output] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="weirflow-delivery") as threads:
        try:
            while graph.is_active():
                ready = sorted((*ready, *graph.get_ready()), key=places.__getitem__)
                while ready and len(running) < at_once:
                    cancellation.check()
                    output = by_id[ready.pop(0)]
                    running[threads.submit(completing.complete, output)] = output
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for each in sorted(done, key=lambda one: places[running[one].id]):
                    output = running.pop(each)
                    completing.note(output, each.result())
                    graph.done(output.id)
        except BaseException as stopped:
            # those under way hear of it where they wait
            cancellation.cancel(str(stopped) or type(stopped).__name__)
            raise
