"""The door for events: in front of the application, since nothing else of the service is asked so often."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.problem import ConnectorProblem
from engine.journal.records import instant
from engine.service.context import Context
from engine.service.store.hooks import FOLDER
from engine.service.store.inbox import Event, single_run_id
from engine.service.web.meters import Meters, Outcome
from engine.service.webhooks.answering import TEXT_KIND, Reply, reply_of
from engine.service.webhooks.committing import Committer
from engine.service.webhooks.events import event_id, event_type, vendor_of
from engine.service.webhooks.opened import EVERY_S, OpenHook, OpenHooks
from engine.service.webhooks.payload import decoded
from engine.service.webhooks.proving import Known
from engine.service.webhooks.refusing import Turned
from engine.service.webhooks.senders import Senders, networks_of
from engine.service.webhooks.signatures import Headers
from ir.redaction import redact

_LOG = logging.getLogger("weirflow.webhooks")
_LARGE = 64_000
"""Bodies of more bytes are looked at in a thread, so that others need not wait for it."""


MOST_HELD = 128_000_000
"""Bytes of large bodies that are being read; small ones always find room."""


class Gone(Exception):
    """The sender has hung up."""


class WebhookEndpoint:
    """Answers what is sent to webhooks, and hands everything else on."""

    def __init__(self, context: Context, beyond: ASGIApp, meters: Meters | None = None) -> None:
        self._context = context
        self._beyond = beyond
        self._meters = meters or Meters(context.journal, context.pruned)
        self._hooks = OpenHooks(context)
        self._committer = Committer(context.journal, context.arrived)
        self._senders = Senders(clock=time.monotonic, rate=context.settings.webhook_address_rate,
                                proxies=networks_of(context.settings.forwarded))  # fmt: skip
        self._held = 0
        self._stopping = threading.Event()
        self._watching = threading.Thread(target=self._watch, name="hooks", daemon=True)

    def start(self) -> None:
        self._hooks.refresh()
        self._committer.start()
        self._watching.start()

    def stop(self, within_s: float) -> None:
        self._stopping.set()
        self._committer.stop(within_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{FOLDER}/"):
            await self._beyond(scope, receive, send)
            return
        more: dict[str, str] = {}
        outcome: Outcome = "refused"
        try:
            outcome, reply = await self._answer(scope, receive)
        except Gone:
            return
        except Turned as turned:
            if turned.status == 401:
                self._senders.note_failure(_address(scope), _workflow(scope))
            told: dict[str, Any] = {"message": turned.message}
            if turned.problems:
                told["problems"] = turned.problems
            reply = reply_of(turned.status, {"error": told})
            more = turned.headers
        except asyncio.CancelledError:  # the service is stopped, and has waited
            reply = reply_of(503, {"error": {"message": "the service is being stopped"}})
            more = {"retry-after": "5", "connection": "close"}
        except ConnectorProblem as problem:
            _LOG.error("a webhook cannot take its event: %s", redact(problem.message))
            reply = reply_of(503, {"error": {"message": "events cannot be taken now"}})
            more = {"retry-after": "5"}
        self._meters.note_webhook(outcome, reply.status)
        headers = [(b"content-length", str(len(reply.body)).encode()), (b"x-content-type-options", b"nosniff"),
                   *((name.encode(), value.encode()) for name, value in more.items())]  # fmt: skip
        if reply.kind:
            headers.append((b"content-type", reply.kind))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Outcome, Reply]:
        address = _address(scope)
        self._senders.check_rate(address)
        found = await self._found(scope["path"], address)
        self._senders.check_failures(address, found.hook.workflow)
        if scope["method"] != "POST":
            raise Turned(405, "a webhook takes POST", headers={"allow": "POST"})
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, value)
        settings = self._context.settings
        if found.waiting >= settings.webhook_waiting:
            raise Turned(429, "too many events wait for their runs", headers={"retry-after": "60"})
        if found.pace is not None and not found.pace.is_kept(time.monotonic()):
            raise Turned(429, "this webhook is sent too much at once", headers={"retry-after": "1"})
        declared = headers.get(b"content-length")
        if declared is not None and int(declared) > settings.webhook_bytes:
            raise _too_large(settings.webhook_bytes)
        claim = found.gate.claimed(headers)
        secrets = await _secrets(found)
        if claim is None and not await self._proves(found, lambda known: found.gate.is_shown(headers, known), secrets):
            raise found.gate.refusal()
        body = await self._body(receive, settings.webhook_bytes)
        if claim is not None and not await self._proves(
            found, lambda known: found.gate.holds(claim, known, body), secrets
        ):
            raise found.gate.refusal()
        if len(body) > _LARGE:
            taken = await asyncio.to_thread(self._taken, found, body, headers)
        else:
            taken = self._taken(found, body, headers)
        if isinstance(taken, Reply):
            return "ignored", taken
        event, payload = taken
        reply = self._reply(found, payload, event, event.received_at, is_new=True)
        stored = await self._committer.store(event)
        if stored.is_new:
            found.waiting += 1
            return "accepted", reply
        return "repeated", self._reply(found, payload, event, stored.received_at, is_new=False)

    async def _body(self, receive: Receive, most: int) -> bytes:
        found: list[bytes] = []
        size = held = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                size += len(part)
                if size > most:
                    raise _too_large(most)
                if size > _LARGE:
                    if self._held + size - held > MOST_HELD:
                        raise Turned(429, "too many large bodies come at once", headers={"retry-after": "1"})
                    self._held += size - held
                    held = size
                found.append(part)
                if not message.get("more_body", False):
                    return found[0] if len(found) == 1 else b"".join(found)
        finally:
            self._held -= held

    async def _found(self, path: str, address: str) -> OpenHook:
        workflow, _, written = path.removeprefix(f"{FOLDER}/").partition("/")
        found = self._hooks.find(workflow, written)
        if found is None:  # it may be new; whoever guesses is answered slowly, and not for long
            self._senders.check_failures(address, "")
            came = time.monotonic()
            await asyncio.sleep(self._hooks.next_look_s)
            await asyncio.to_thread(self._hooks.refresh, unless_since=came)
            found = self._hooks.find(workflow, written)
        if found is None:
            self._senders.note_failure(address, "")
            raise Turned(404, "there is no such webhook")
        return found

    async def _proves(self, found: OpenHook, proof: Any, secrets: Known) -> bool:
        """Whether a proof holds with the secrets that are known, or with those that have taken their place since."""
        if found.config.validation.method == "none" or proof(secrets):
            return True
        if not found.secrets.may_be_old():
            return False
        return bool(proof(await asyncio.to_thread(found.secrets.look_up)))

    def _taken(self, found: OpenHook, body: bytes, headers: Headers) -> tuple[Event, Any] | Reply:
        """The event of a request, or the answer to one that is none."""
        payload, line = decoded(body, headers)
        vendor = vendor_of(found.config)
        if vendor == "slack" and isinstance(payload, dict) and payload.get("type") == "url_verification":
            return Reply(status=200, body=str(payload.get("challenge", "")).encode(errors="replace"), kind=TEXT_KIND)
        kind = event_type(found.config, payload, headers)
        wanted = found.config.event_type
        if (wanted is not None and kind != wanted) or (vendor == "github" and kind == "ping" != wanted):
            return reply_of(202, {"status": "ignored", "event_type": kind})
        problems = [] if found.schema is None else found.schema.problems(payload)
        if problems:
            raise Turned(422, "the payload does not fit the schema of this webhook", problems=problems[:_MOST_PROBLEMS])
        about = "{}" if kind is None else json.dumps({"type": kind})
        event = Event(workflow=found.hook.workflow, event=event_id(found.config, payload, headers),
                      received_at=instant(), body=line, about=about)  # fmt: skip
        return event, payload

    def _reply(self, found: OpenHook, payload: Any, event: Event, received_at: str, *, is_new: bool) -> Reply:
        run_id = None if found.is_batched else single_run_id(
            self._context.tenant, event.workflow, event.event, received_at)  # fmt: skip
        return found.answer.filled(payload, event=event.event, run_id=run_id, is_new=is_new)

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self._hooks.refresh()
            except ConnectorProblem as problem:  # events are refused as long as the journal cannot be used
                _LOG.error("webhooks cannot be looked at: %s", redact(problem.message))


_MOST_PROBLEMS = 20


async def _secrets(found: OpenHook) -> Known:
    known = found.secrets.known()
    return await asyncio.to_thread(found.secrets.look_up) if known is None else known


def _address(scope: Scope) -> str:
    """Where a request comes from: as a proxy says it that is believed, else where the connection does."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _workflow(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(f"{FOLDER}/").partition("/")[0]


def _too_large(most: int) -> Turned:
    return Turned(413, f"a webhook takes at most {most} bytes")
