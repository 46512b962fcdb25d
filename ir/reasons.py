"""The kinds of failure that pass by themselves, in the words of `execution_constraints.retry.retry_on_errors`."""

from __future__ import annotations

from typing import Literal

RetryReason = Literal["rate_limit", "timeout", "network_error", "server_error", "temporary_failure"]

RETRY_REASONS: tuple[RetryReason, ...] = (
    "rate_limit", "timeout", "network_error", "server_error", "temporary_failure",
)  # fmt: skip
