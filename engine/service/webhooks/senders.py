"""Those who send to webhooks, by their addresses: who sends too much, or guesses, waits; nobody else does."""

from __future__ import annotations

import ipaddress
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import field

from engine.service.web.console.throttle import place_of
from engine.service.webhooks.opened import Pace
from engine.service.webhooks.refusing import Turned
from ir.records import dataclass

FAILURES = 100
"""Within a minute from one address: proofs that are wrong for one webhook, or webhooks that there are not."""
WITHIN_S = 60.0
MOST_PLACES = 10_000
"""Addresses that are known; for a further one that is forgotten which was seen longest ago."""
_USUAL = "127.0.0.1"

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(written: Iterable[str] | None) -> tuple[_Network, ...]:
    """The proxies that are believed: those that were written, else those of the environment as uvicorn reads them."""
    if written is None:
        written = os.environ.get("FORWARDED_ALLOW_IPS", _USUAL).split(",")
    found = []
    for each in written:
        try:
            found.append(ipaddress.ip_network(each.strip(), strict=False))
        except ValueError:  # "*", and the path of a socket
            continue
    return tuple(found)


@dataclass(slots=True, kw_only=True)
class Senders:
    """What one process has seen of them. An address of a proxy stands for many, and so is never held back."""

    clock: Callable[[], float]
    rate: int | None = None
    """Requests a second of one address; None for all."""
    proxies: tuple[_Network, ...] = ()
    _paces: OrderedDict[str, Pace] = field(default_factory=OrderedDict)
    _failures: OrderedDict[tuple[str, str], tuple[float, int]] = field(default_factory=OrderedDict)
    """Of a place and a workflow: since when so many; without a name those that met no webhook."""

    def check_rate(self, address: str) -> None:
        """Count a request.

        Raises:
            Turned: 429 where its sender is too fast.
        """
        if self.rate is None or self._stands_for_many(address):
            return
        place = place_of(address)
        pace = self._paces.get(place)
        if pace is None:
            pace = self._paces[place] = Pace(self.rate)
            if len(self._paces) > MOST_PLACES:
                self._paces.popitem(last=False)
        self._paces.move_to_end(place)
        if not pace.is_kept(self.clock()):
            raise Turned(429, "too many requests come from this address", headers={"retry-after": "1"})

    def check_failures(self, address: str, workflow: str) -> None:
        """Turn away who has guessed for too long; `workflow` is empty for a webhook that there is not.

        Raises:
            Turned: 429.
        """
        if not self._failures:
            return
        since, count = self._failures.get((place_of(address), workflow), (0.0, 0))
        left_s = since + WITHIN_S - self.clock()
        if count >= FAILURES and left_s > 0:
            raise Turned(429, "too many requests of this address were refused",
                         headers={"retry-after": str(max(round(left_s), 1))})  # fmt: skip

    def note_failure(self, address: str, workflow: str) -> None:
        if self._stands_for_many(address):
            return
        key, now = (place_of(address), workflow), self.clock()
        since, count = self._failures.get(key, (now, 0))
        self._failures[key] = (since, count + 1) if now - since < WITHIN_S else (now, 1)
        self._failures.move_to_end(key)
        if len(self._failures) > MOST_PLACES:
            self._failures.popitem(last=False)

    def _stands_for_many(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return not address  # a socket without addresses
        return any(found in each for each in self.proxies)
