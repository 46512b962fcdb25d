"""Sending the messages of a delivery: each written down before and after, none that was sent is sent again."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from connectors.messages.message import Message, Sent
from connectors.messages.sender import Sender, SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.item import Item
from engine.messages.output import NO_RECIPIENTS, MessageOutput
from engine.messages.tally import Tally
from engine.policies.policies import StepPolicy
from engine.policies.recipients import RecipientPauses
from engine.run_folder import OF_LEDGER
from engine.running.cancellation import Cancellation, Cancelled
from ir.records import dataclass
from ir.redaction import redact

if TYPE_CHECKING:
    from engine.journal.items import Claim, ItemLedger

MOST_AHEAD = 16
"""So many messages may be claimed beside those on their way; of several connections four times as many as these."""
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
    connection: str
    """What shares one rate limit."""
    at_once: int = 1
    is_followed: bool = False
    """Whether a destination reads what these are answered with."""
    _pool: Any = None
    _line: deque[tuple[Item, Message, Claim]] = field(default_factory=deque)
    """Claimed, and not yet sent, where one connection sends them all."""
    _open: int = 0
    """Claimed and not yet done with, where there are several."""
    _idle: list[Sender] = field(default_factory=list)
    _opened: list[Sender] = field(default_factory=list)
    _error: BaseException | None = None
    _failing: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    _pauses: RecipientPauses = field(init=False)
    _pausing: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        self._pauses = RecipientPauses(delay_s=self.policy.settled.per_recipient_delay_s, clock=self.policy.clock)
        self._done = threading.Condition(self._lock)
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
        record = self.ledger.known.get(item.ordinal)
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
        self.tally.name("uncertain", item, f"to {record.target}: {record.error}")
        return False

    def refuse(self, item: Item, key: str, problem: ConnectorProblem) -> None:
        self.ledger.refuse(item.ordinal, key=key, error=problem.message)
        self.tally.name("failed", item, problem.message, problem=problem)

    def put(self, item: Item, message: Message) -> None:
        claim = self.ledger.claim(item.ordinal, key=message.key, target=", ".join(message.to))
        if self._pool is None:
            self._line.append((item, message, claim))
            while len(self._line) > self.ledger.ahead and not self.is_stopped:
                self._send_next()
            return
        with self._done:
            self._done.wait_for(lambda: self._open < self.at_once + self.ledger.ahead)
            self._open += 1
        self._pool.submit(self._in_thread, item, message, claim)

    def _send_next(self) -> None:
        with self.cancellation.held():
            self._send(*self._line.popleft())
        self.cancellation.check()

    def open(self) -> None:
        """The first connection, so that an account that does not work is told before anything is begun.

        Raises:
            ConnectorProblem: the account is not configured, or the server refuses it.
        """
        self._idle.append(self.policy.carry_out(self._connection))

    def close(self) -> None:
        while self._line and not self.is_stopped:
            self._send_next()
        self._end()
        self.ledger.settle()
        if self._error is not None:
            raise self._error

    def _end(self) -> None:
        """Wait for what is under way; what was claimed and is not sent is as if it had never been."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        while self._line:
            self.ledger.release(self._line.popleft()[2])

    def let_go(self) -> None:
        """Close the connections, whatever has happened."""
        self._end()
        with suppress(ConnectorProblem):  # what stopped it is what is told
            self.ledger.settle()
        for each in self._opened:
            with suppress(Exception):
                each.close()

    def _in_thread(self, item: Item, message: Message, claim: Claim) -> None:
        try:
            if self.is_stopped:
                self.ledger.release(claim)
            else:
                self._send(item, message, claim)
        except BaseException as error:  # it is raised where the messages are made
            self._error = self._error or error
        finally:
            with self._done:
                self._open -= 1
                self._done.notify_all()

    def _send(self, item: Item, message: Message, claim: Claim) -> None:
        attempts, is_begun = 0, False
        met: ConnectorProblem | None = None

        def call() -> Sent:
            nonlocal attempts, is_begun, met
            attempts += 1
            with self._sender() as sender:
                self.ledger.begin(claim)
                is_begun = True
                try:
                    return sender.send(message)
                except ConnectorProblem as problem:
                    met = problem
                    raise

        try:
            self._pause(message)
            self.ledger.wait(claim)
            sent = self.policy.carry_out(call, connection=self.connection, is_repeatable=self.is_repeatable)
        except Cancelled:
            if not is_begun:
                self.ledger.release(claim)
            elif met is not None and not met.sent:  # it waited for another attempt: nothing of it is on its way
                self.ledger.end(claim, "failed", attempts=attempts, error=met.message)
            raise
        except ConnectorProblem as problem:
            if problem.code in OF_LEDGER:  # what became of the message is not known there
                raise
            outcome: Literal["uncertain", "failed"] = "uncertain" if problem.sent else "failed"
            self.ledger.end(claim, outcome, attempts=attempts, error=problem.message)
            if self._is_of_all(problem):
                raise
            self.tally.name(outcome, item, problem.message, problem=problem)
            self._met(problem)
            return
        refused = "; ".join(f"{each}: {why}" for each, why in sent.refused.items())
        self.ledger.end(claim, "sent", attempts=attempts, reference=sent.reference, result=self._result(sent),
                        error=refused or None)  # fmt: skip
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
