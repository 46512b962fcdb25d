"""One attempt at a run, in a process of its own: begun, or gone on with where it has begun before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.policy import Policy
from engine.api import compile_document
from engine.events import Progress, event_of
from engine.journal.fence import Fence, holding
from engine.journal.journal import Journal
from engine.journal.payloads import stored_payloads
from engine.journal.runs import find_run
from engine.resume import resume
from engine.running.cancellation import Cancellation, Cancelled
from engine.service.runners.protocol import Job, Outcome
from engine.service.runners.replaying import replayed
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start, StartStatus, find_start
from engine.service.store.workflows import workflow_files
from ir.diagnostics import WorkflowError
from ir.loading import loads

if TYPE_CHECKING:
    from engine.result import DeliveryResult, RunResult


def carry_out(journal: Journal, job: Job, settings: ServiceSettings, *, progress: Progress,
              cancellation: Cancellation) -> Outcome:  # fmt: skip
    """Carry the attempt out under the service's policy."""
    start = find_start(journal, job.run_id)
    if start is None or start.attempt != job.attempt:
        return Outcome(status="failed", error="another worker has taken the run over", code="IR712")
    policy = settings.policy(Path(start.base), workflow=start.workflow, others=job.others,
                             kept_files=workflow_files(journal, below=start.base))  # fmt: skip
    with holding(Fence(tenant=job.tenant, run_id=job.run_id, attempt=job.attempt)):
        try:
            cancellation.check()
            results = [*_results(journal, start, policy, progress, cancellation)]
        except Cancelled as cancelled:
            return Outcome(status="cancelled", error=cancelled.reason)
        except WorkflowError as error:
            errors = [each for each in error.diagnostics if each.severity == "error"]
            if find_run(journal, start.run_id) is None:  # whoever has begun has told it already
                for each in errors:
                    progress(event_of(each))
            first = errors[0] if errors else None
            return Outcome.failed(first.message if first else str(error), first)
    worst = max(results, key=lambda result: _WEIGHT[result.status])
    failed = _failed_delivery(worst) if worst.status == "failed" and not worst.error else None
    if failed is not None:
        return Outcome.failed(f"{failed.id}: {failed.error}", failed.finding)
    return Outcome(status=_STATUS[worst.status], error=worst.error)


def _failed_delivery(result: RunResult) -> DeliveryResult | None:
    """The first of the deliveries that failed."""
    return next((each for each in result.deliveries if each.error and not each.went_well), None)


_STATUS: Mapping[str, StartStatus] = {"succeeded": "done", "incomplete": "done", "failed": "failed",
                                      "cancelled": "cancelled"}  # fmt: skip
_WEIGHT = {status: number for number, status in enumerate(("succeeded", "incomplete", "failed", "cancelled"))}


def _results(journal: Journal, start: Start, policy: Policy, progress: Progress, cancellation: Cancellation
             ) -> Iterator[RunResult]:  # fmt: skip
    if start.cause == "replay":
        yield from replayed(journal, start, policy=policy, progress=progress, cancellation=cancellation)
        return
    if find_run(journal, start.run_id) is not None:
        yield resume(start.run_id, policy=policy, is_taken_over=True, progress=progress, cancellation=cancellation)
        return
    file = start.file or f"{start.workflow}.{start.syntax}"
    document = loads(start.document, file=file, syntax="json" if start.syntax == "json" else "yaml")
    due = json.loads(start.options).get("now")
    plan = compile_document(document, inputs=json.loads(start.inputs), engine=None, base=Path(start.base),
                            now=None if due is None else datetime.fromisoformat(due), policy=policy,
                            payloads=stored_payloads(journal, start.run_id))  # fmt: skip
    yield plan.run(run_id=start.run_id, progress=progress, cancellation=cancellation)
