"""How often somebody may try to log in."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict, deque
from collections.abc import Callable

FAILURES = 10
WITHIN_S = 60.0
MOST_PLACES = 10_000


class Throttle:
    """Counts failed tries by the place they come from; the places are forgotten again, the oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def waits_s(self, address: str) -> float:
        """How long whoever is there has to wait before the next try; 0 for not at all."""
        with self._lock:
            tries = self._failed.get(place_of(address))
            if tries is None or len(tries) < FAILURES:
                return 0.0
            return max(tries[0] + WITHIN_S - self._clock(), 0.0)

    def note_failure(self, address: str) -> None:
        with self._lock:
            tries = self._failed.setdefault(place_of(address), deque(maxlen=FAILURES))
            tries.append(self._clock())
            self._failed.move_to_end(place_of(address))
            while len(self._failed) > MOST_PLACES:
                self._failed.popitem(last=False)


def place_of(address: str) -> str:
    """Whoever has one IPv6 address has the 2^64 beside it too; one that stands for an IPv4 address is that."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
