"""The messages that a test expects beside those that its run would have sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.messages.json_text import json_line
from engine.messages.capturing import CapturedMessage
from engine.testing.values import shown
from ir.diagnostics import Pointer
from ir.model.workflow_test import ExpectedDelivery, ExpectedMessage
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.testing.checking import Checking


@dataclass(frozen=True, slots=True)
class MessageChecking:
    """Looks at the messages of one delivery, `of` for people, which stands at `at` below expect."""

    checking: Checking
    of: str
    at: Pointer

    def check(self, found: Sequence[CapturedMessage], wanted: ExpectedDelivery) -> None:
        """What is expected of the delivery as a whole, and of its messages in their order."""
        sent = [each for each in found if each.error is None]
        if wanted.recipient is not None:
            self._recipients([to for each in sent for to in each.to], wanted.recipient, self.at, self.of)
        if wanted.subject is not None:
            subjects = list(dict.fromkeys(each.subject for each in sent))
            if wanted.subject not in subjects:
                self._differs((*self.at, "subject"), self.of, wanted.subject, ", ".join(subjects) or "no message",
                              subjects[0] if len(subjects) == 1 else None)  # fmt: skip
        self._body("\n".join(map(_text, sent)), wanted.body or (), (*self.at, "body"), self.of)
        if isinstance(wanted.messages, int) and wanted.messages != len(sent):
            self._differs((*self.at, "messages"), self.of, f"{wanted.messages} messages", f"{len(sent)} messages",
                          len(sent))  # fmt: skip
        if isinstance(wanted.messages, list):
            self._each(sent, wanted.messages)
        if wanted.rows is not None or wanted.cells or wanted.text or wanted.files:
            self.checking.differs(self.of, "something to compare", "messages have no rows, cells or files",
                                  at=self.at)  # fmt: skip

    def _each(self, sent: Sequence[CapturedMessage], wanted: Sequence[ExpectedMessage]) -> None:
        for index, each in enumerate(wanted):
            at, of = (*self.at, "messages", index), f"{self.of}, message {index + 1}"
            if index >= len(sent):
                self.checking.differs(of, "the message", f"there are {len(sent)}", at=at)
                continue
            if each.recipient is not None:
                self._recipients(list(sent[index].to), each.recipient, at, of)
            if each.subject is not None and each.subject != sent[index].subject:
                self._differs((*at, "subject"), of, each.subject, sent[index].subject, sent[index].subject)
            self._body(_text(sent[index]), each.body or (), (*at, "body"), of)
        if len(sent) > len(wanted):
            self.checking.differs(
                self.of, f"{len(wanted)} messages", f"{len(sent)} messages", at=(*self.at, "messages")
            )

    def _recipients(self, found: list[str], wanted: Sequence[str], at: Pointer, of: str) -> None:
        if found != list(wanted):
            self._differs((*at, "recipient"), of, ", ".join(wanted), ", ".join(found) or "nobody", found)

    def _differs(self, at: Pointer, of: str, expected: str, found: str, value: object) -> None:
        self.checking.differs(of, expected, found, at=at, column=str(at[-1]))
        if value is not None:
            self.checking.found(at, value)

    def _body(self, text: str, fragments: Sequence[str], at: Pointer, of: str) -> None:
        for index, fragment in enumerate(fragments):
            if " ".join(fragment.split()) not in text:
                self.checking.differs(of, f"the text {shown(fragment)}", "a body without it", at=(*at, index))


def _text(message: CapturedMessage) -> str:
    """What people read of a message, with any white space as one blank; of a post, its JSON."""
    from engine.testing.captured import visible

    payload = "" if message.payload is None else json_line(message.payload)
    return " ".join(f"{message.text}\n{visible(message.html or '')}\n{payload}".split())
