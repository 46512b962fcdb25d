"""Messages of a preview: files in an outbox, and an index that is easy to read back. Nothing is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from connectors.messages.json_text import json_line, json_page
from connectors.messages.message import Message
from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.item import Item
from engine.messages.output import MessageOutput
from engine.messages.tally import Tally
from ir.records import dataclass

FOLDER, INDEX = "messages", "index.ndjson"
_OURS = re.compile(r"\d{4,}\.(?:eml|json)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedFile:
    """An attachment of a captured message."""

    name: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedMessage:
    """A message that would have been sent; `error` says why one would not have been."""

    delivery: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    attachments: tuple[CapturedFile, ...] = ()
    payload: Any = None
    config: Mapping[str, Any] = field(default_factory=dict)
    file: str | None = None
    """The message as it would have been sent, beside the index."""
    error: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Capturing:
    """An outlet that writes each message of a delivery into `folder`."""

    output: MessageOutput
    kind: SendingKind
    tally: Tally
    folder: Path
    is_stopped: bool = False
    _index: IO[str] | None = None
    _written: int = 0

    def open(self) -> None:
        """Make room: what an earlier preview has left goes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for each in self.folder.iterdir():
            if _OURS.fullmatch(each.name):
                each.unlink()
        self._index = (self.folder / INDEX).open("w", encoding="utf-8", newline="\n")

    def needs(self, item: Item, key: str) -> bool:
        return True

    def put(self, item: Item, message: Message) -> None:
        try:
            ending, content = as_file(self.kind, message)
        except ConnectorProblem as problem:
            self.refuse(item, message.key, problem)
            return
        self._written += 1
        name = f"{self._written:04}.{ending}"
        (self.folder / name).write_bytes(content)
        files = tuple(CapturedFile(name=each.name, media_type=each.media_type, bytes=each.path.stat().st_size,
                                   sha256=each.sha256) for each in message.attachments)  # fmt: skip
        self._note(CapturedMessage(
            delivery=self.output.id, to=message.to, cc=message.cc, bcc=message.bcc, subject=message.subject,
            text=message.text, html=message.html, attachments=files, payload=message.payload, config=message.config,
            file=name,
        ))  # fmt: skip
        self.tally.count("sent")

    def refuse(self, item: Item, key: str, problem: ConnectorProblem) -> None:
        self._note(CapturedMessage(delivery=self.output.id, error=f"{item.shown}: {problem.message}"))
        self.tally.name("failed", item, problem.message, problem=problem)

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _note(self, message: CapturedMessage) -> None:
        assert self._index is not None
        self._index.write(json_line(asdict(message)) + "\n")


def as_file(kind: SendingKind, message: Message) -> tuple[str, bytes]:
    """The ending and the bytes of a message as a file: a mail as mail programs open it, JSON for services."""
    if kind.is_mail:
        from connectors.messages.email.filed import filed

        return "eml", filed(message)
    said = {"to": message.to, "cc": message.cc, "bcc": message.bcc, "subject": message.subject,
            "payload": message.payload, "config": dict(message.config), "text": message.text}  # fmt: skip
    return "json", (json_page(said) + "\n").encode()


def captured(folder: Path) -> Iterator[CapturedMessage]:
    """The messages that a preview into `folder` has made, delivery after delivery."""
    for index in sorted((folder / FOLDER).glob(f"*/{INDEX}")):
        with index.open(encoding="utf-8") as lines:
            for line in lines:
                read: dict[str, Any] = json.loads(line, parse_float=Decimal)
                files = tuple(CapturedFile(**each) for each in read.pop("attachments"))
                read |= {key: tuple(read[key]) for key in ("to", "cc", "bcc")}
                yield CapturedMessage(**read, attachments=files)
