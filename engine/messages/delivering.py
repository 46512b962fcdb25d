"""One delivery of messages on its way: its rows wait until all are there, then message after message is sent."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from connectors.files.report import Provenance
from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.attaching import Attached
from engine.messages.capturing import FOLDER, Capturing
from engine.messages.items import LeftOut, items_of
from engine.messages.making import item_key, message_of
from engine.messages.output import MessageOutput
from engine.messages.recipients import shown_texts
from engine.messages.senders import kind_of
from engine.messages.sending import MOST_AHEAD, Outlet, Sending
from engine.messages.step_results import StepResults
from engine.messages.tally import Outcome, Tally
from engine.names import RunWords
from engine.output import Output
from engine.result import DeliveryResult
from engine.run_folder import FILES, ITEMS
from engine.running.cancellation import Cancelled
from ir.diagnostics import Problems
from ir.records import dataclass
from transforms.expressions.window import Clock
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running

_TOLD: Mapping[Outcome, str] = {
    "uncertain": "may or may not have gone out",
    "skipped": "skipped",
    "refused": "not taken for everybody",
}


@dataclass(slots=True, kw_only=True, eq=False)
class MessageDelivering(Output):
    """One delivery of messages on its way."""

    message: MessageOutput
    running: Running | None
    """None where it is only looked at."""
    clock: Clock
    is_followed: bool = False
    """Whether a destination names what these are answered with."""
    words: RunWords | None = None
    provenance: Provenance | None = None

    @classmethod
    def of(cls, message: MessageOutput, plan: Plan, running: Running | None) -> MessageDelivering:
        return cls(message=message, document=plan.compiled.document, running=running, clock=plan.clock(),
                   is_followed=any(each.follows == message.id for each in plan.compiled.messages))  # fmt: skip

    @property
    def compiled(self) -> MessageOutput:
        return self.message

    @property
    def shown(self) -> str:
        message = self.message
        if self.words is not None and message.recipients.texts:
            shown = shown_texts(message.recipients.texts, self.words)
            message = replace(message, recipients=replace(message.recipients, shown=shown))
        return message.shown_target

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        return self.message.spooled

    @property
    def depends_on(self) -> Sequence[str]:
        return self.message.depends_on

    def word(self, plan: Plan, words: RunWords, provenance: Provenance | None, problems: Problems) -> None:
        self.words, self.provenance = words, provenance

    def write(self, batch: pl.DataFrame) -> bool:
        self.rows += batch.height
        return self.error is not None

    def finish(self) -> DeliveryResult:
        """Send what is to be sent, and say what became of it."""
        if self.error is None:
            before = time.perf_counter()
            try:
                return self._sent()
            except Cancelled:
                raise
            except Exception as error:  # whatever a server or a journal says fails this delivery only
                self.fail(error)
            finally:
                self.seconds += time.perf_counter() - before
        return self.failed()

    def _sent(self) -> DeliveryResult:
        output, running = self.message, self.running
        assert running is not None
        assert output.frame is not None
        assert output.texts is not None
        assert self.words is not None
        spool = self.spools[output.frame.name, None]
        self.rows = spool.rows
        if not spool.rows and not output.send_when_empty:
            return self.result("skipped", error="there are no rows, and send_when_no_results is false")
        if not spool.rows and output.scope == "summary" and output.recipients.path:
            return self.result("skipped", error="there are no rows that would name recipients")
        tally, left_out = Tally(output=output), LeftOut()
        kind = kind_of(output, running.folder / FILES, running.policies.limits.leases)
        writer = output.texts.begin(self.words, spool, clock=self.clock, spools=self.spools, provenance=self.provenance)
        with ExitStack() as stack:
            outlet = self._outlet(kind, tally, stack)
            self.announce([])
            attached = Attached.of(running.folder, output.attachments)
            before = StepResults.of(output, running)
            for item in items_of(output, spool, writer, left_out):
                running.cancellation.check()
                if outlet.is_stopped:
                    break
                key = item_key(_tenant(running), running.run_id, output, item)
                if not outlet.needs(item, key):
                    continue
                later = before.of_item(item)
                if later is None:
                    tally.name("skipped", item, f'"{output.follows}" has not sent its own')
                    continue
                try:
                    made = message_of(output, item, item.write(**later), kind, key=key, words=self.words,
                                      attachments=attached.of_item(item.key))  # fmt: skip
                except ConnectorProblem as problem:
                    outlet.refuse(item, key, problem)
                    continue
                outlet.put(item, made)
            outlet.close()
        if left_out.rows:
            what = "1 row has" if left_out.rows == 1 else f"{left_out.rows:,} rows have"
            self.problems.append(f"{self.id}: {what} no value in {', '.join(output.groups)} and no message is about "
                                 "them; partitions with handle_empty would name a group for them")  # fmt: skip
        return self._told(tally)

    def _outlet(self, kind: SendingKind, tally: Tally, stack: ExitStack) -> Outlet:
        output, running = self.message, self.running
        assert running is not None
        if running.is_preview:
            folder: Path = running.base / FOLDER / output.id
            capturing = Capturing(output=output, kind=kind, tally=tally, folder=folder)
            stack.callback(capturing.close)
            capturing.open()
            return capturing
        assert running.journal is not None
        # SQLAlchemy: a preview does without it
        from engine.journal.items import item_ledger

        policy = running.policies.of(output.delivery.execution_constraints, name=self.id)
        at_once = policy.settled.messages_at_once
        running.kept.add(ITEMS)
        ledger = stack.enter_context(item_ledger(
            running.journal, running.run_id, output.id, folder=running.folder / ITEMS,
            most_ahead=max(MOST_AHEAD, 4 * at_once)))  # fmt: skip
        sending = Sending(
            output=output, kind=kind, policy=policy, cancellation=running.cancellation, tally=tally, ledger=ledger,
            connection=kind.connection(output.account), is_followed=self.is_followed, at_once=at_once,
        )  # fmt: skip
        stack.callback(sending.let_go)
        sending.open()
        return sending

    def _told(self, tally: Tally) -> DeliveryResult:
        letters = tally.letters
        if letters is not None and self.running is not None:
            self.running.dead.add(letters)
        counts = tally.counts
        for outcome, words in _TOLD.items():
            if count := counts[outcome]:
                what = "1 message" if count == 1 else f"{count:,} messages"
                self.problems.append(f"{self.id}: {what} {words}: {tally.said(outcome)}")
        found = tally.outcome
        if self.running is not None and self.running.is_preview:
            found = {"written" if each == "sent" else each: count for each, count in found.items()}
        bad = counts["failed"] + counts["uncertain"] + counts["refused"]
        if not bad and tally.stopped is None:
            return self.result("delivered", outcome=found)
        total = sum(counts[each] for each in ("sent", "failed", "uncertain", "skipped"))
        error = f"{counts['failed']:,} of {total:,} messages were not sent: {tally.said('failed')}"
        if not counts["failed"]:
            error = tally.said("uncertain") or tally.said("refused")
        if tally.stopped is not None:
            error = f"{tally.stopped}; the rest was not begun"
        status = "failed" if tally.stopped is not None or not counts["sent"] else "incomplete"
        return self.result(status, error=error, outcome=found)


def _tenant(running: Running) -> str:
    return running.journal.tenant if running.journal is not None else "default"
