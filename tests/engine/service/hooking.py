"""Webhooks of the tests: the endpoint in this process, over a journal of its own, without a server before it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

from engine.journal.journal import Journal
from engine.service.context import Context
from engine.service.dispatch.port import Dispatcher
from engine.service.settings import ServiceSettings
from engine.service.store.hooks import find_hook
from engine.service.store.workflows import put_workflow
from engine.service.web.meters import Meters
from engine.service.webhooks.beginning import Inbox
from engine.service.webhooks.endpoint import WebhookEndpoint
from ir.diagnostics import Problems
from ir.loading import loads
from ir.workflow import read_document

SECRET = "a secret of twenty and more letters"


@dataclass(slots=True)
class Reply:
    """What a sender was answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Hooked:
    """A service's webhooks, and what they make of requests."""

    context: Context
    endpoint: WebhookEndpoint
    inbox: Inbox
    loop: asyncio.AbstractEventLoop
    meters: Meters
    paths: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, config: Mapping[str, Any], **more: Any) -> str:
        """Store a workflow with this webhook; the path of its URL."""
        document = {
            "ir_version": "3.1", "name": name, "goal": "Take events.",
            "data_sources": [{"type": "webhook", "alias": "event", "webhook_config": dict(config)}],
            **more,
        }  # fmt: skip
        text = json.dumps(document)
        _, model = read_document(loads(text, file=f"{name}.json", syntax="json"), problems := Problems(None))
        assert model is not None, problems
        put_workflow(self.context.journal, name, text=text, syntax="json", model=model,
                     base=self.context.settings.folder, file=None, changed_by="test")  # fmt: skip
        found = find_hook(self.context.journal, name)
        assert found is not None
        self.endpoint._hooks.refresh()
        return found.path

    def post(self, path: str, body: bytes | Mapping[str, Any] | list[Any] = b"{}",
             headers: Mapping[str, str] | None = None, *, method: str = "POST",
             client: str = "127.0.0.1") -> Reply:  # fmt: skip
        """Send a request, all of it at once."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.run(self.sent(path, [text], headers, method=method, client=client))

    def run(self, sending: Coroutine[Any, Any, Reply]) -> Reply:
        """The answer to what `sent` sends."""
        return asyncio.run_coroutine_threadsafe(sending, self.loop).result(90)

    async def sent(self, path: str, parts: list[bytes], headers: Mapping[str, str] | None = None, *,
                   method: str = "POST", client: str = "127.0.0.1",
                   reads: Callable[[], None] = lambda: None) -> Reply:  # fmt: skip
        """The answer to a request whose body comes in these parts; `reads` is called as each is asked for."""
        written = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "client": (client, 1),
                 "headers": written}  # fmt: skip
        rest, told = list(parts), list[Any]()

        async def receive() -> dict[str, Any]:
            reads()
            part = rest.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(rest)}

        async def send(message: Any) -> None:
            told.append(message)

        await self.endpoint(scope, receive, send)
        return Reply(told[0]["status"], {name.decode(): value.decode() for name, value in told[0]["headers"]},
                     b"".join(each["body"] for each in told[1:]))  # fmt: skip


@contextmanager
def hooking(folder: Path, **settings: Any) -> Iterator[Hooked]:
    """Webhooks over the journal of the home. No run is carried out: `hooked.inbox` begins them when it is told."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    with Journal() as journal:
        with journal.writing():
            pass
        context = Context(settings=ServiceSettings(folder=folder, **settings), journal=journal, worker="test",
                          dispatcher=create_autospec(Dispatcher, instance=True))  # fmt: skip
        meters = Meters(journal)
        endpoint = WebhookEndpoint(context, _nothing, meters)
        endpoint.start()
        try:
            yield Hooked(context, endpoint, Inbox(context), loop, meters)
        finally:
            endpoint.stop(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("this is no webhook")
