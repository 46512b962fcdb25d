"""Constraints at a place where they mean nothing: a warning each, so that nobody relies on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.policies.connections import is_at_hand, opened_as
from ir.diagnostics import Pointer
from ir.model.constraints import ExecutionConstraints

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.delivery_order import Delivered

_KEYS = ("retry", "timeout_ms", "timeout", "rate_limit", "rate_limiting", "concurrency")
_HERE = "execution_constraints"


def check_constraints(compiler: Compiler, outputs: Sequence[Delivered]) -> None:
    """Warn of each key that nothing reads where it stands."""
    workflow = compiler.workflow
    for at, why in [
        *_of_document(workflow.execution_constraints, (_HERE,)),
        *(found for index, each in enumerate(workflow.transforms)
          for found in _all(each.execution_constraints, ("transforms", index, _HERE),
                            "a transform is part of the one query that reads its sources")),
        *(found for index, each in enumerate(workflow.data_sources)
          for found in _of_source(each.execution_constraints, ("data_sources", index, _HERE),
                                  at_hand=opened_as(each) is None)),
        *(found for each in outputs for found in _of_delivery(each)),
    ]:  # fmt: skip
        compiler.problems.warning("IR325", f"{at[-1]} means nothing here: {why}", at=at, on_key=True)


def _of_document(constraints: ExecutionConstraints | None, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if constraints is not None:
        yield from _burst(constraints, at)


def _all(constraints: ExecutionConstraints | None, at: Pointer, why: str) -> Iterator[tuple[Pointer, str]]:
    if constraints is not None:
        yield from (((*at, key), why) for key in _KEYS if getattr(constraints, key) is not None)


def _of_source(constraints: ExecutionConstraints | None, at: Pointer, *,
               at_hand: bool) -> Iterator[tuple[Pointer, str]]:  # fmt: skip
    if constraints is None:
        return
    if at_hand:
        yield from _all(constraints, at, "the rows are on this machine, and no connection is asked for them")
        return
    yield from _of_step(constraints, at)
    if constraints.concurrency is not None:
        yield (*at, "concurrency"), "it says how many deliveries are completed at once"


def _of_delivery(output: Delivered) -> Iterator[tuple[Pointer, str]]:
    constraints, at = output.delivery.execution_constraints, (*output.at, _HERE)
    if constraints is None:
        return
    if output.kind == "file" and is_at_hand(output.delivery.destination):
        yield from _all(constraints, at, "the file is made on this machine, and no connection is asked for it")
        return
    yield from _of_step(constraints, at)
    if constraints.timeout is not None and constraints.timeout.data_fetch_timeout_ms is not None:
        yield (*at, "timeout", "data_fetch_timeout_ms"), "nothing is fetched by a delivery"
    if constraints.concurrency is not None and output.kind != "message":
        yield (*at, "concurrency"), "the document's own says how many deliveries are completed at once"


def _of_step(constraints: ExecutionConstraints, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    yield from _burst(constraints, at)
    if constraints.timeout is not None and constraints.timeout.total_workflow_timeout_ms is not None:
        yield (*at, "timeout", "total_workflow_timeout_ms"), "it is the whole run's, and stands in the document's own"


def _burst(constraints: ExecutionConstraints, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    limit = constraints.rate_limit
    if limit is not None and limit.burst is not None and limit.strategy != "token_bucket":
        yield (
            (*at, "rate_limit", "burst"),
            f"a {limit.strategy} lets all its calls come at once",
        )
