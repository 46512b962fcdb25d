"""The limits of a minute of an account, counted together with the other processes that use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from connectors.leases import Leases, SharedLimit
from ir.records import dataclass

BURST_S = 10.0
"""A limit of a minute may be used as fast as it comes in ten seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The way that all processes share. None of a limit: it is not counted."""

    leases: Leases
    requests: SharedLimit | None
    tokens: SharedLimit | None

    @classmethod
    def of(cls, leases: Leases, name: str, *, requests_per_minute: int | None,
           tokens_per_minute: int | None) -> Together:  # fmt: skip
        """`name` says whose the limits are, without anything secret."""
        return cls(leases=leases, requests=_limit(f"{name}:requests", requests_per_minute),
                   tokens=_limit(f"{name}:tokens", tokens_per_minute))  # fmt: skip

    async def enter(self, tokens: int, *, now_s: Callable[[], float],
                    sleep: Callable[[float], Awaitable[None]]) -> None:  # fmt: skip
        """Wait for the turn of a call of about so many tokens."""
        for limit, units in ((self.tokens, tokens), (self.requests, 1)):
            if limit is not None:
                await self.leases.take(limit, units, now_s=now_s, sleep=sleep)

    def correct(self, tokens: int) -> None:
        """A call took so many tokens more than was expected, or less."""
        if self.tokens is not None:
            self.leases.correct(self.tokens, tokens)

    async def hold(self, seconds: float, *, now_s: Callable[[], float]) -> None:
        """The service asks to be left alone for so long: that is meant for all."""
        for limit in (self.requests, self.tokens):
            if limit is not None:
                await self.leases.hold(limit, seconds, now_s=now_s)


def _limit(name: str, per_minute: int | None) -> SharedLimit | None:
    if per_minute is None:
        return None
    in_burst = per_minute * BURST_S / 60
    rate, per_s = (in_burst, BURST_S) if in_burst >= 1 else (1.0, 60 / per_minute)
    return SharedLimit(name=name, rate=rate, per_s=per_s)
