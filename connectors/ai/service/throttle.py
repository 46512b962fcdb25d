"""How many calls are on their way at once: as many as the service takes, found out by trying.

One more after each round that went well, half as many after "too many requests" (additive increase, multiplicative
decrease), never more than the limits of requests and tokens a minute that are configured or that the service tells.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field

from connectors.ai.service.together import BURST_S, Together
from ir.records import dataclass

Sleep = Callable[[float], Awaitable[None]]
_FIRST = 8
_LONGEST_NAP_S = 1.0
_LONGEST_HOLD_S = 60.0
"""What a header says of a limit that is used up is believed for so long; then the next call shows it."""


@dataclass(slots=True)
class _Bucket:
    """So much a minute; what is taken beyond has to be waited for."""

    per_minute: float
    level: float = field(init=False)
    at: float

    def __post_init__(self) -> None:
        self.level = self.room

    @property
    def room(self) -> float:
        return max(self.per_minute * BURST_S / 60, 1.0)

    def wait_s(self, amount: float, now: float) -> float:
        self.level = min(self.room, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        lacking = min(amount, self.room) - self.level
        return 0.0 if lacking <= 1e-9 else lacking * 60 / self.per_minute


class Throttle:
    """The way to one service, for the calls of one loop."""

    def __init__(self, most: int, *, now: Callable[[], float], sleep: Sleep = asyncio.sleep,
                 requests_per_minute: int | None = None, tokens_per_minute: int | None = None,
                 together: Together | None = None) -> None:  # fmt: skip
        self._most = most
        self._now = now
        self._sleep = sleep
        self.width = float(min(_FIRST, most))
        """So many calls may be on their way."""
        self._at_once = 0
        self._is_probing = True
        self._held_until = 0.0
        self._cut_at = float("-inf")
        self._requests = _Bucket(requests_per_minute, now()) if requests_per_minute else None
        self._tokens = _Bucket(tokens_per_minute, now()) if tokens_per_minute else None
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._together = together

    async def enter(self, tokens: int) -> None:
        """Wait for the turn of a call of about so many tokens."""
        while True:
            if self._at_once >= int(self.width):
                turn = asyncio.get_running_loop().create_future()
                self._waiting.append(turn)
                try:
                    await turn
                finally:
                    if turn.cancelled():
                        self._wake()
                continue
            wait_s = self._wait_s(tokens)
            if wait_s <= 0:
                break
            await self._sleep(min(wait_s, _LONGEST_NAP_S))
        self._at_once += 1
        if self._requests is not None:
            self._requests.level -= 1
        if self._tokens is not None:
            self._tokens.level -= tokens
        if self._together is not None:
            try:
                await self._together.enter(tokens, now_s=self._now, sleep=self._sleep)
            except BaseException:
                self._at_once -= 1
                self._wake()
                raise

    def leave(self, *, expected: int, used: int) -> None:
        """A call has ended; its tokens were expected to be so many."""
        self._at_once -= 1
        if self._tokens is not None:
            self._tokens.level -= used - expected
        if self._together is not None:
            self._together.correct(used - expected)
        self._wake()

    def went_well(self, headers: Mapping[str, str]) -> None:
        """The service took a call and told in its headers what is left."""
        self.width = min(float(self._most), self.width + (1.0 if self._is_probing else 1.0 / self.width))
        for kind in ("requests", "tokens"):
            left, reset_s = headers.get(f"x-ratelimit-remaining-{kind}"), seconds_of(
                headers.get(f"x-ratelimit-reset-{kind}", ""))  # fmt: skip
            if left is not None and left.strip().isdecimal() and int(left) == 0 and reset_s:
                self.hold(min(reset_s, _LONGEST_HOLD_S))
        self._wake()

    def too_many(self, wait_s: float) -> None:
        """The service asks for fewer calls, and to be left alone for so long."""
        now = self._now()
        if now >= self._cut_at:  # the calls that were on their way with this one say the same, and count once
            self.width = max(1.0, self.width / 2)
            self._cut_at = now + wait_s
        self._is_probing = False
        self.hold(wait_s)

    async def tell_others(self, wait_s: float) -> None:
        """What the service asks for, so that other processes leave it alone as well."""
        if self._together is not None:
            await self._together.hold(wait_s, now_s=self._now)

    def hold(self, wait_s: float) -> None:
        """Begin nothing for so long."""
        self._held_until = max(self._held_until, self._now() + wait_s)

    def _wait_s(self, tokens: int) -> float:
        now = self._now()
        waits = [self._held_until - now]
        if self._requests is not None:
            waits.append(self._requests.wait_s(1, now))
        if self._tokens is not None:
            waits.append(self._tokens.wait_s(tokens, now))
        return max(waits)

    def _wake(self) -> None:
        room = int(self.width) - self._at_once
        while room > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1


_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")


def seconds_of(text: str) -> float | None:
    """The seconds of a header's span, such as 1m30s, 250ms or 12.5; None for what is none."""
    written = text.strip()
    try:
        return max(float(written), 0.0) if math.isfinite(float(written)) else None
    except ValueError:
        found = _SPAN.fullmatch(written)
    if not written or found is None:
        return None
    hours, minutes, seconds, milliseconds = (float(each or 0) for each in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
