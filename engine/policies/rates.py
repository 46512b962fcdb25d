"""How many calls a connection may get: what the workflow writes, as whole numbers in windows of microseconds."""

from __future__ import annotations

import math
from typing import Literal

from ir.model.constraints import ExecutionConstraints, RateLimit, RateLimiting
from ir.records import dataclass

Strategy = Literal["token_bucket", "sliding_window", "fixed_window"]
SECOND_US = 1_000_000
_WINDOWS = {"max_per_second": 1, "max_per_minute": 60, "max_per_hour": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `calls` in `window_us`, as the strategy counts. `burst` of a token bucket: so many may come at once."""

    strategy: Strategy
    calls: int
    window_us: int
    burst: int

    @property
    def key(self) -> str:
        """What shares a count on one connection, also where steps have different limits."""
        return f"{self.strategy}:{self.window_us}"

    @property
    def words(self) -> str:
        """The rate for people: 5 in 1 s by token_bucket, 5 at once."""
        seconds = f"{self.window_us / SECOND_US:g} s"
        at_once = f", {self.burst} at once" if self.strategy == "token_bucket" else ""
        return f"{self.calls} in {seconds} by {self.strategy}{at_once}"


def rates_of(constraints: ExecutionConstraints) -> tuple[Rate, ...]:
    """The rates that hold together; none where the workflow sets none."""
    if constraints.rate_limit is not None:
        limit = constraints.rate_limit
        return tuple(_rate(limit, value, seconds) for name, seconds in _WINDOWS.items()
                     if (value := getattr(limit, name)) is not None)  # fmt: skip
    return () if constraints.rate_limiting is None else (_of_window(constraints.rate_limiting),)


def _rate(limit: RateLimit, calls: float, seconds: int) -> Rate:
    """A rate below one call in the window is one call in a longer one; other fractions are cut."""
    if calls < 1:
        window = math.ceil(seconds * SECOND_US / calls)
        return Rate(strategy=limit.strategy, calls=1, window_us=window, burst=limit.burst or 1)
    whole = math.floor(calls)
    return Rate(strategy=limit.strategy, calls=whole, window_us=seconds * SECOND_US, burst=limit.burst or whole)


def _of_window(limit: RateLimiting) -> Rate:
    """The original's form: an allowance lets so many more come at once into a bucket, or into a window."""
    more, window = limit.burst_allowance or 0, limit.window_duration_ms * 1000
    if limit.strategy == "token_bucket":
        return Rate(strategy=limit.strategy, calls=limit.max_requests_per_window, window_us=window,
                    burst=limit.max_requests_per_window + more)  # fmt: skip
    calls = limit.max_requests_per_window + more
    return Rate(strategy=limit.strategy, calls=calls, window_us=window, burst=calls)
