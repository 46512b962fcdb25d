"""The application of a service within the process of a test: no run is carried out, nothing listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.journal.journal import Journal
from engine.service.compiling.here import compiled
from engine.service.context import Context
from engine.service.folder import WorkflowFolder
from engine.service.settings import ServiceSettings
from engine.service.store.keys import Scope, create_key
from engine.service.store.starts import Start
from engine.service.web.app import application
from engine.service.web.knocking import KNOCKS, Knocks


class QuietDispatcher:
    """Hands nothing to anybody."""

    def dispatch(self, start: Start) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return lambda *given, **named: None


@dataclass(slots=True)
class Office:
    """A service whose answers are asked for by calls."""

    context: Context
    client: TestClient
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, scope: Scope = "admin") -> str:
        if scope not in self.keys:
            self.keys[scope] = create_key(self.context.journal, f"test-{scope}", [scope])[1]
        return self.keys[scope]

    def ask(
        self, method: str, path: str, *, scope: Scope | None = "admin", key: str | None = None, **named: Any
    ) -> Any:
        """One request: by a key with the scope, or by this very key, or by none."""
        headers = dict(named.pop("headers", {}))
        sent = key if key is not None else self.key(scope) if scope is not None else None
        if sent is not None:
            headers["Authorization"] = f"Bearer {sent}".encode("latin-1")
        return self.client.request(method, path, headers=headers, **named)


@contextmanager
def office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The application over the folder, which is looked at once."""
    monkeypatch.setenv("WEIRFLOW_HOME", str(folder / ".weirflow"))
    monkeypatch.setattr(KNOCKS, "_throttle", Knocks(lambda: 0.0)._throttle)
    with Journal() as journal:
        with journal.writing():
            pass
        settings = ServiceSettings(folder=folder, slots=0)
        context = Context(
            settings=settings,
            journal=journal,
            dispatcher=QuietDispatcher(),
            worker="test",
            compiles=lambda task: compiled(task, settings),
        )
        WorkflowFolder(context).look()
        with TestClient(application(context), raise_server_exceptions=False, follow_redirects=False) as client:
            yield Office(context, client)
