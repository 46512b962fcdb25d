"""Sending the messages of a delivery: each written down before and after, none that was sent is sent again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from connectors.messages.message import Message, Sent
from connectors.messages.sender import Sender, SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.item import Item
from engine.messages.output import NO_RECIPIENTS, MessageOutput
from engine.messages.tally import Tally
from engine.policies.policies import StepPolicy
from engine.policies.recipients import RecipientPauses
from engine.running.cancellation import Cancellation, Cancelled
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.journal.items import ItemLedger
    from engine.journal.records import ItemRecord

IN_A_ROW = 5
"""After so many messages in a row that a server did not take in, the rest is left for a resume."""
_OF_CONFIGURATION = frozenset({"IR502", "IR690"})
_OUTAGES = frozenset({"network_error", "timeout", "server_error"})


class Outlet(Protocol):
    """Where messages go: to a sender, or in a preview into files."""

    def needs(self, item: Item, key: str) -> bool:
        """Whether the message is still to be sent; what is not is counted."""
        ...

    def put(self, item: Item, message: Message) -> None:
        """Take a message, at once or a little later."""
        ...

    def refuse(self, item: Item, key: str, problem: ConnectorProblem) -> None:
        """Take note of an item that no message can be made of."""
        ...

    @property
    def is_stopped(self) -> bool: ...

    def close(self) -> None:
        """Wait for all that was put."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class Sending:
    """Messages on their way through one or several connections."""

    output: MessageOutput
    kind: SendingKind
    policy: StepPolicy
    cancellation: Cancellation
    tally: Tally
    ledger: ItemLedger
    known: Mapping[int, ItemRecord]
    """What an earlier attempt of the run has written down."""
    connection: str
    """What shares one rate limit."""
    at_once: int = 1
    is_followed: bool = False
    """Whether a destination reads what these are answered with."""
    _pool: Any = None
    _room: threading.BoundedSemaphore = field(init=False)
    _idle: list[Sender] = field(default_factory=list)
    _opened: list[Sender] = field(default_factory=list)
    _error: BaseException | None = None
    _failing: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    _pauses: RecipientPauses = field(init=False)
    _pausing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._pauses = RecipientPauses(delay_s=self.policy.settled.per_recipient_delay_s, clock=self.policy.clock)
        self.policy.before_sleep = self.ledger.settle
        self._room = threading.BoundedSemaphore(self.at_once * 2)
        if self.at_once > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="weirflow-message")

    @property
    def is_repeatable(self) -> bool:
        """Whether a message of which nobody knows whether it went out may be sent again."""
        return self.kind.is_idempotent or self.output.delivery.on_uncertain == "resend"

    @property
    def is_stopped(self) -> bool:
        return self._error is not None or self.tally.stopped is not None

    def needs(self, item: Item, key: str) -> bool:
        record = self.known.get(item.ordinal)
        if record is None or record.status in {"failed", "skipped"}:
            return True
        if record.idempotency_key != key:
            raise ConnectorProblem(
                "IR653", f"{item.shown} is another one than when the run began to send, so that nobody can tell "
                "what was sent", hint="begin a new run, or let the rows come in a fixed order: sort them")  # fmt: skip
        if record.status == "sent":
            self.tally.count("sent")
            return False
        if self.is_repeatable:
            return True
        if record.status == "pending":
            self.ledger.end(item.ordinal, "uncertain", key=key, target=record.target, attempts=record.attempts,
                            started_at=record.started_at, error="the run ended before the answer came")  # fmt: skip
        self.tally.name("uncertain", item, f"to {record.target}: the run ended before the answer came")
        return False

    def refuse(self, item: Item, key: str, problem: ConnectorProblem) -> None:
        self.ledger.end(item.ordinal, "failed", key=key, target="", attempts=0, error=problem.message)
        self.tally.name("failed", item, problem.message, problem=problem)

    def put(self, item: Item, message: Message) -> None:
        if self._pool is None:
            with self.cancellation.held():
                self._send(item, message)
            self.cancellation.check()
            return
        self._room.acquire()
        self._pool.submit(self._in_thread, item, message)

    def open(self) -> None:
        """The first connection, so that an account that does not work is told before anything is begun.

        Raises:
            ConnectorProblem: the account is not configured, or the server refuses it.
        """
        self._idle.append(self.policy.carry_out(self._connection))

    @property
    def _joins(self) -> bool:
        """Whether the next message begins at once, so that both are noted together: half the waiting for the disk."""
        return self.at_once == 1 and not self._pauses.delay_s and self.output.scope == "per_item"

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self.ledger.settle()
        if self._error is not None:
            raise self._error

    def let_go(self) -> None:
        """Close the connections, whatever has happened."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        with suppress(ConnectorProblem):  # what stopped it is what is told
            self.ledger.settle()
        for each in self._opened:
            with suppress(Exception):
                each.close()

    def _in_thread(self, item: Item, message: Message) -> None:
        try:
            if not self.is_stopped:
                self._send(item, message)
        except BaseException as error:  # it is raised where the messages are made
            self._error = self._error or error
        finally:
            self._room.release()

    def _send(self, item: Item, message: Message) -> None:
        target, attempts = ", ".join(message.to), 0
        met: ConnectorProblem | None = None
        self._pause(message)

        def call() -> Sent:
            nonlocal attempts, met
            attempts += 1
            with self._sender() as sender:
                self.ledger.begin(item.ordinal, key=message.key, target=target, attempts=attempts)
                try:
                    return sender.send(message)
                except ConnectorProblem as problem:
                    met = problem
                    raise

        try:
            sent = self.policy.carry_out(call, connection=self.connection, is_repeatable=self.is_repeatable)
        except Cancelled:
            if met is not None and not met.sent:  # it waited for another attempt: nothing of it is on its way
                self.ledger.end(item.ordinal, "failed", key=message.key, target=target, attempts=attempts,
                                error=met.message)  # fmt: skip
            raise
        except ConnectorProblem as problem:
            if problem.code == "IR596":  # the journal's own: what became of the message is not known there
                raise
            outcome: Literal["uncertain", "failed"] = "uncertain" if problem.sent else "failed"
            self.ledger.end(item.ordinal, outcome, key=message.key, target=target, attempts=attempts,
                            error=problem.message)  # fmt: skip
            if self._is_of_all(problem):
                raise
            self.tally.name(outcome, item, problem.message, problem=problem)
            self._met(problem)
            return
        refused = "; ".join(f"{each}: {why}" for each, why in sent.refused.items())
        self.ledger.end(item.ordinal, "sent", key=message.key, target=target, attempts=attempts,
                        reference=sent.reference, result=self._result(sent), error=refused or None,
                        waits=self._joins)  # fmt: skip
        self._failing = 0
        self.tally.count("sent")
        if refused:
            self.tally.name("refused", item, f"sent, but not to {refused}")

    def _pause(self, message: Message) -> None:
        """Wait until each recipient may get another message."""
        if self._pauses.delay_s:
            with self._pausing:
                for each in message.to:
                    self._pauses.wait(each)

    @contextmanager
    def _sender(self) -> Iterator[Sender]:
        """A connection that nobody else uses meanwhile."""
        with self._lock:
            found = self._idle.pop() if self._idle else None
        found = found or self._connection()
        try:
            yield found
        finally:
            self._idle.append(found)

    def _connection(self) -> Sender:
        found = self.kind.open(self.output.account)
        with self._lock:
            self._opened.append(found)
        return found

    def _met(self, problem: ConnectorProblem) -> None:
        """Stop where the server is gone, not the messages at fault."""
        with self._lock:
            self._failing = self._failing + 1 if problem.reason in _OUTAGES or problem.sent else 0
            if self._failing >= IN_A_ROW:
                self.tally.stopped = f"{IN_A_ROW} messages in a row were not taken: {problem.message}"

    def _is_of_all(self, problem: ConnectorProblem) -> bool:
        """Whether it lies in what the document says for every message, so that the others would fail alike."""
        if problem.code not in _OF_CONFIGURATION or not problem.key or self.output.recipients != NO_RECIPIENTS:
            return False
        written: Any = self.output.delivery.model_dump(include={"config", "credentials_ref"})
        for part in problem.key:
            written = written.get(part) if isinstance(written, Mapping) else None
        return "{{" not in str(written)

    def _result(self, sent: Sent) -> str:
        answer = sent.answer if self.is_followed else {}
        return redact(json.dumps({"reference": sent.reference, **answer}, ensure_ascii=False, default=str))
