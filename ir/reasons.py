"""The kinds of failure that pass by themselves, in the words of `execution_constraints.retry.retry_on_errors`."""

from __future__ import annotations

from typing import Literal

RetryReason = Literal["rate_limit", "timeout", "network_error", "server_error", "temporary_failure"]

RETRY_REASONS: tuple[RetryReason, ...] = (
    "rate_limit", "timeout", "network_error", "server_error", "temporary_failure",
)  # fmt: skip
_STATUSES: dict[int, RetryReason] = {
    408: "timeout", 425: "temporary_failure", 429: "rate_limit", 503: "temporary_failure", 504: "timeout",
}  # fmt: skip


def reason_of_status(status: int) -> RetryReason | None:
    """The kind of failure that an HTTP status is; None for one that another attempt would only meet again."""
    return _STATUSES.get(status, "server_error" if status >= 500 else None)
