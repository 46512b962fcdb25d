"""What holds for one step, once its own constraints stand before the document's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import field

from engine.policies.rates import Rate, rates_of
from ir.model.constraints import Concurrency, ExecutionConstraints, Retry
from ir.model.edge_cases import EdgeCase
from ir.reasons import RetryReason
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How one step is carried out. Nothing of it set: once, as long as it takes."""

    retry: Retry | None = None
    attempt_s: float | None = None
    """What one attempt may take."""
    rates: tuple[Rate, ...] = ()
    """What each call must be within."""
    per_recipient_delay_s: float = 0.0
    """The pause between two messages to one recipient."""
    messages_at_once: int = field(default=1, compare=False)
    """So many messages of a delivery are on their way at the same time."""
    operations_at_once: int | None = field(default=None, compare=False)
    """So many calls of an operation are under way at the same time; None where nothing is said."""

    @property
    def is_plain(self) -> bool:
        """Whether nothing of it is set, so that a call is no more than a call."""
        return self == Settled()


_REASONS: dict[str, tuple[RetryReason, ...]] = {
    "rate_limit_exceeded": ("rate_limit",),
    "api_error": ("timeout", "network_error", "server_error", "temporary_failure"),
}


def tried_again(edge_cases: Iterable[EdgeCase]) -> frozenset[RetryReason]:
    """The failures that edge cases with action retry are about."""
    return frozenset(reason for each in edge_cases if each.action == "retry"
                     for reason in _REASONS.get(each.condition, ()))  # fmt: skip


def merged(document: ExecutionConstraints | None, step: ExecutionConstraints | None) -> ExecutionConstraints:
    """The document's constraints with each key replaced that the step has too; both forms of a rate are one key."""
    found = {} if document is None else {key: getattr(document, key) for key in ExecutionConstraints.model_fields}
    own = {} if step is None else {key: value for key, value in step if value is not None}
    if own.keys() & {"rate_limit", "rate_limiting"}:
        found.update(rate_limit=None, rate_limiting=None)
    return ExecutionConstraints.model_construct(**{**found, **own})


def settled(document: ExecutionConstraints | None, step: ExecutionConstraints | None, *,
            edge_cases: Collection[RetryReason] = (), fetches: bool = False) -> Settled:  # fmt: skip
    """What holds for a step, or with `fetches` for the reading of a source. `edge_cases` are the failures that one of
    them says to try again."""
    if document is None and step is None and not edge_cases:
        return Settled()
    both = merged(document, step)
    concurrency = both.concurrency or Concurrency()
    delay_ms = concurrency.per_recipient_delay_ms
    return Settled(retry=_with_edge_cases(both.retry, edge_cases), attempt_s=_attempt_s(both, step, fetches=fetches),
                   rates=rates_of(both), per_recipient_delay_s=(delay_ms or 0) / 1000,
                   messages_at_once=concurrency.max_concurrent_deliveries or 1,
                   operations_at_once=concurrency.max_concurrent_operations)  # fmt: skip


def _with_edge_cases(retry: Retry | None, reasons: Collection[RetryReason]) -> Retry | None:
    """The retry, also of these failures; where only an edge case asks for it, as often as is usual."""
    if not reasons:
        return retry
    asked = [] if retry is None else retry.retry_on_errors
    return (retry or Retry()).model_copy(update={"retry_on_errors": list(dict.fromkeys((*asked, *reasons)))})


def _attempt_s(both: ExecutionConstraints, step: ExecutionConstraints | None, *, fetches: bool) -> float | None:
    limits = [] if step is None else [step.timeout_ms]
    if both.timeout is not None:
        limits.append(both.timeout.step_timeout_ms)
        if fetches:
            limits.append(both.timeout.data_fetch_timeout_ms)
    return min((each / 1000 for each in limits if each is not None), default=None)
