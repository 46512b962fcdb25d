"""Making the deliveries: the rows go to all of them at once, and each takes effect when all rows have passed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING

import polars as pl

from connectors.problem import ConnectorProblem
from engine.backends import Backend, Sink
from engine.conditionals.gates import Gates
from engine.events import Event, Progress
from engine.executor import finish
from engine.failure import diagnosed, explained
from engine.groups import SplitSpool
from engine.output import Output, Spools
from engine.policies.rereading import reads_again
from engine.result import DeliveryResult
from engine.run_folder import SPOOLS
from engine.running.context import Running
from engine.spool import Spool
from engine.whole_reading import read_whole
from ir.diagnostics import WorkflowError

if TYPE_CHECKING:
    from engine.plan import Plan


def deliver(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running,
            beside: Sequence[tuple[str, Sink]] = (), *, gates: Gates,
            judge: Callable[[], None] = lambda: None,
            completed: Callable[[], None] = lambda: None) -> list[DeliveryResult]:  # fmt: skip
    """Write every output, together as long as that goes well; one that fails does not stop the others.

    In a preview each takes its first rows only. `judge` is asked when all rows have passed, before a file
    takes its name; what it raises discards every file. Then `completed` is told, before the first delivery takes
    effect.
    """
    names = [*(name for name, _ in beside), *(name for each in outputs for name in each.relations)]
    progress, scratch = running.progress, running.folder
    try:
        try:
            _stream(plan, backend, outputs, running, gates, beside)
        except Exception as error:
            running.cancellation.check()  # an engine tells a sink's Cancelled in words of its own
            failure = diagnosed(plan, scratch, error, names) if not isinstance(error, WorkflowError) else error
            for output in reversed(outputs):  # see below
                output.fail(error)
            if reads_again(plan, failure, running.policies):
                raise failure from error
            _judge_first(judge)
            if len(outputs) <= 1 or not _one_by_one(plan, backend, outputs, running, gates):
                raise failure from error
        with explained(plan, scratch, names):
            judge()
            if outputs:
                gates.settle(backend)
        completed()
        return finish(outputs, at_once=running.policies.deliveries_at_once, cancellation=running.cancellation,
                      finished=partial(tell, backend.seconds, progress), closed=gates.closed,
                      complete=running.ledger.finish)  # fmt: skip
    except BaseException:
        for output in reversed(outputs):  # the first made the folder they share, and takes it away when it is empty
            output.fail(RuntimeError("the run was stopped"))
        raise


def tell(seconds: dict[str, float], progress: Progress, output: Output, result: DeliveryResult) -> None:
    """Say what became of a delivery."""
    seconds[output.id] = output.seconds
    said = f": {result.said}" if result.said else ""
    text = f"{result.rows:,} rows {'by' if result.kind == 'message' else 'to'} {result.target}{said}"
    if result.status != "delivered":
        text = f"{result.status}: {result.error}"
    progress(Event(kind="delivery_finished", step=output.id, rows=result.rows, seconds=output.seconds, text=text,
                   attempt=result.attempts, status=result.status,
                   code=result.finding.code if result.finding else ""))  # fmt: skip
    for problem in output.problems:
        progress(Event(kind="warning", step=output.id, text=problem))


def _judge_first(judge: Callable[[], None]) -> None:
    """Where the rows broke a rule, that says more than how an engine stumbled over them."""
    try:
        judge()
    except WorkflowError:
        raise
    except Exception:  # the counts cannot be computed either: the first error is the one to tell
        return


def _stream(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running, gates: Gates,
            beside: Sequence[tuple[str, Sink]] = (), *, asks_gates: bool = True) -> None:  # fmt: skip
    progress, scratch = running.progress, running.folder
    for output in outputs:
        output.open()
        progress(Event(kind="step_started", step=output.id))

    # One stream a relation, whoever takes it: Polars reads its sources again for a frame that stands twice.
    by_relation: dict[str, list[Output]] = {}
    spools: Spools = {}
    for output in outputs:
        if output.error is not None:
            continue
        for name in output.relations:
            by_relation.setdefault(name, []).append(output)
        for frame, split in output.spooled:
            if (frame.name, split) not in spools:
                folder = scratch / SPOOLS / token_hex(4)
                spools[frame.name, split] = (
                    SplitSpool(folder, frame.schema, split) if split else Spool(folder, frame.schema)
                )
        for name in running.spooled & set(output.relations):
            if all(of != name for of, _ in spools):
                schema = plan.compiled.graph[name].frame.schema
                spools[name, None] = Spool(scratch / SPOOLS / token_hex(4), schema)
        output.spools = spools
    if by_relation or (beside and not outputs):
        sinks = (
            (name, gates.watching(
                name, _sink(each, [spool for (of, _), spool in spools.items() if of == name], running)))
            for name, each in by_relation.items()
        )  # fmt: skip
        watched = gates.sinks(by_relation) if outputs and asks_gates else []
        backend.stream([*sinks, *beside, *watched])
        gates.passed([*by_relation, *(name for name, _ in watched)])


def _sink(outputs: Sequence[Output], spools: Sequence[Spool], running: Running) -> Sink:
    left, progress = running.preview, running.progress

    def sink(batch: pl.DataFrame) -> bool:
        nonlocal left
        running.cancellation.check()
        if left is not None:
            batch = batch.head(left)
            left -= batch.height
        for spool in spools:
            spool.add(batch)
        for output in outputs:
            if not output.write(batch):
                seconds = time.perf_counter() - output.started
                progress(Event(kind="rows", step=output.id, rows=output.rows, seconds=seconds))
        return left == 0 or all(output.error is not None for output in outputs)

    return sink


def _one_by_one(plan: Plan, backend: Backend, outputs: Sequence[Output], running: Running, gates: Gates) -> bool:
    """Each output by itself, so that only those that read what is broken fail; whether any went well."""
    graph = plan.compiled.graph
    for output in outputs:
        try:
            # rejects are not known where their source was not read to its end
            read_whole(graph, graph.rejecting(output.relations), running.folder)
            _stream(plan, backend, [output], running, gates, asks_gates=False)
        except Exception as error:  # the engine's; the delivery says it
            running.cancellation.check()
            output.fail(error if isinstance(error, ConnectorProblem)
                        else diagnosed(plan, running.folder, error, output.relations))  # fmt: skip
    return any(output.error is None for output in outputs)
