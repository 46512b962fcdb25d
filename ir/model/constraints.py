"""Retry, timeouts, rates and concurrency of the whole run or of one step (section 14)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import refuse
from ir.reasons import RETRY_REASONS, RetryReason


class Retry(Section):
    """When and how often a failed attempt is made again."""

    max_attempts: int = Field(3, ge=1, le=10, description="Attempts in all, the first included.")
    backoff_strategy: Literal["fixed", "linear", "exponential"] = Field(
        "exponential", description="How the wait grows from attempt to attempt."
    )
    initial_delay_ms: int = Field(1000, ge=0, description="The first wait.")
    max_delay_ms: int | None = Field(None, ge=0, description="No wait is longer.")
    retry_on_errors: list[RetryReason] = Field(
        default_factory=lambda: list(RETRY_REASONS),
        description="Which failures are tried again.",
    )

    @model_validator(mode="after")
    def _check_delays(self) -> Retry:
        if self.max_delay_ms is not None and self.max_delay_ms < self.initial_delay_ms:
            raise refuse(f"max_delay_ms {self.max_delay_ms} is less than initial_delay_ms {self.initial_delay_ms}",
                         at=("max_delay_ms",))  # fmt: skip
        return self


class Timeout(Section):
    """Limits by what is waited for."""

    total_workflow_timeout_ms: int | None = Field(None, ge=1, description="The whole run.")
    step_timeout_ms: int | None = Field(None, ge=1, description="One attempt of a step.")
    data_fetch_timeout_ms: int | None = Field(None, ge=1, description="One attempt to read a source.")


class RateLimit(Section):
    """How many calls a connection may get; one bucket for every call the run makes to it."""

    max_per_second: float | None = Field(None, gt=0, description="Calls a second.")
    max_per_minute: float | None = Field(None, gt=0, description="Calls a minute.")
    max_per_hour: float | None = Field(None, gt=0, description="Calls an hour.")
    strategy: Literal["token_bucket", "sliding_window", "fixed_window"] = Field(
        "token_bucket", description="How the limit is counted."
    )
    burst: int | None = Field(None, ge=1, description="Calls that may come at once.")

    @model_validator(mode="after")
    def _check_rate(self) -> RateLimit:
        if self.max_per_second is None and self.max_per_minute is None and self.max_per_hour is None:
            raise refuse("a rate limit without a rate", code="IR202",
                         hint="write max_per_second, max_per_minute or max_per_hour")  # fmt: skip
        return self


class RateLimiting(Section):
    """The original's window form of a rate limit."""

    strategy: Literal["token_bucket", "sliding_window", "fixed_window"] = Field(
        "token_bucket", description="How the limit is counted."
    )
    max_requests_per_window: int = Field(ge=1, description="Calls in one window.")
    window_duration_ms: int = Field(ge=1, description="The window's length.")
    burst_allowance: int | None = Field(None, ge=0, description="Calls that may come at once beyond that.")


class Concurrency(Section):
    """How much goes on at the same time."""

    max_concurrent_operations: int | None = Field(None, ge=1, description="Steps at the same time.")
    max_concurrent_deliveries: int | None = Field(None, ge=1, description="Deliveries at the same time.")
    per_recipient_delay_ms: int | None = Field(None, ge=0, description="Pause between messages to one recipient.")


class ExecutionConstraints(Section):
    """How a run, or one step, is carried out; a step's own replace the document's key by key."""

    retry: Retry | None = Field(None, description="Per step attempt, with jitter, honouring Retry-After.")
    timeout_ms: int | None = Field(None, ge=1, description="Of the whole run; on a step, of that step.")
    timeout: Timeout | None = Field(None, description="Limits by what is waited for.")
    rate_limit: RateLimit | None = Field(None, description="One bucket a connection.")
    rate_limiting: RateLimiting | None = Field(None, description="The original's form of rate_limit.")
    concurrency: Concurrency | None = Field(None, description="How much goes on at the same time.")

    @model_validator(mode="after")
    def _check_one_rate(self) -> ExecutionConstraints:
        if self.rate_limit and self.rate_limiting:
            raise refuse("rate_limit and rate_limiting say the same", at=("rate_limiting",), on_key=True,
                         hint="keep rate_limit")  # fmt: skip
        return self
