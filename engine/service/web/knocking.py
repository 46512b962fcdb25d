"""Keys as callers send them: who has none is turned away cheaply, and who tries many waits."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from engine.journal.journal import Journal
from engine.service.store.keys import KEY_TEXT, ApiKey, key_of, note_use
from engine.service.web.console.throttle import Throttle
from engine.service.web.routes import Refused

_USE_NOTED_EVERY_S = 60.0
_MOST_KNOWN = 1000


class Knocks:
    """What one process has seen of those who call."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._throttle = Throttle(clock)
        self._known: OrderedDict[str, float] = OrderedDict()
        """When the use of a key that is valid was last noted, by its public part."""
        self._lock = threading.Lock()

    def key(self, journal: Journal, text: str, address: str) -> ApiKey | None:
        """The valid key that the text is; None for every other text.

        After many wrong ones from a place only keys that were right before are looked at that come from there: whoever
        guesses costs no look-up, and keeps nobody out who calls from the same address.

        Raises:
            Refused: 429 where the caller has to wait.
        """
        if not re.fullmatch(KEY_TEXT, text):
            self._throttle.note_failure(address)
            return None
        public = text.partition("_")[2].partition(".")[0]
        waits_s = self._throttle.waits_s(address)
        if waits_s and public not in self._known:
            raise Refused(429, "too many wrong keys were sent from here", hint=f"wait {waits_s:.0f} seconds",
                          headers={"Retry-After": str(max(round(waits_s), 1))})  # fmt: skip
        found = key_of(journal, text)
        if found is None:
            self._throttle.note_failure(address)
            return None
        self._note(journal, found)
        return found

    def _note(self, journal: Journal, key: ApiKey) -> None:
        with self._lock:
            last = self._known.get(key.key)
            if last is not None and self._clock() - last < _USE_NOTED_EVERY_S:
                return
            self._known[key.key] = self._clock()
            self._known.move_to_end(key.key)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        note_use(journal, key.key)


KNOCKS = Knocks(time.monotonic)
