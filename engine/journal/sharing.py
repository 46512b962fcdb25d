"""One engine for all runs of a process that write to the same journal."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from sqlalchemy import URL, Engine

from engine.journal.migrations import migrate
from engine.journal.place import writing_engine
from engine.journal.turns import turn_of
from ir.records import dataclass

_MOST = 16
"""So many engines are kept; a process rarely writes to two journals."""


@dataclass(slots=True)
class SharedEngine:
    """The engine of a journal. When nobody uses it any more it is kept without connections: its statements stay
    compiled, which takes as long as all the rest that a small run does."""

    engine: Engine
    users: int = 0
    _is_ready: bool = False

    def make_ready(self) -> None:
        """See to it that the tables are those of this version: asked again once nobody has used them for a moment."""
        with self._own_turn():
            if not self._is_ready:
                if self.engine.dialect.name == "sqlite":
                    Path(str(self.engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
                with self.engine.begin() as connection:
                    migrate(connection)
                self._is_ready = True

    def turn(self) -> AbstractContextManager[object]:
        """Held while a transaction writes. A server lets several do so at once."""
        return self._own_turn() if self.engine.dialect.name == "sqlite" else nullcontext()

    def _own_turn(self) -> AbstractContextManager[object]:
        return turn_of(str(self.engine.url.database))

    def let_go(self) -> None:
        self.engine.dispose()
        self._is_ready = False


_lock = threading.Lock()
_engines: dict[tuple[int, URL], SharedEngine] = {}
"""By process, since connections are not inherited, and by place."""


def taken(url: URL) -> SharedEngine:
    """The engine for this place, to be `given_back`."""
    key = (os.getpid(), url)
    with _lock:
        if key not in _engines:
            for unused in [each for each, engine in _engines.items() if not engine.users][
                : max(len(_engines) - _MOST + 1, 0)
            ]:
                del _engines[unused]
            _engines[key] = SharedEngine(writing_engine(url))
        _engines[key].users += 1
        return _engines[key]


def given_back(shared: SharedEngine) -> None:
    """The last one to give it back closes its connections."""
    with _lock:
        shared.users -= 1
        if not shared.users:
            shared.let_go()
