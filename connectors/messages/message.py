"""One message, ready to go, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from ir.records import dataclass

TEXT_WORDS = frozenset({"message", "message_text", "body", "content", "text"})
"""What the text of a message is called in the config of a delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes along. Its bytes stay on disk; a sender encodes it once, however many messages carry it."""

    path: Path
    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `key` is the same for the same message of the same run, however often it is tried.

    `to` are addresses, channels or whatever the sender's own kind of recipient is, each already free of line breaks.
    `payload` is what a service gets that takes JSON: the row, the group, or the summary.
    """

    key: str
    to: tuple[str, ...]
    subject: str = ""
    text: str = ""
    html: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    date: datetime | None = None
    """When the run says it is: a mail's Date, so that a message made again is the same one."""
    payload: Any = None
    config: Mapping[str, Any] = field(default_factory=dict)
    """The delivery's own `config`, its templates filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the other side said: `reference` is what it calls the message, such as a Message-ID."""

    reference: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    """Recipients of the message that were refused while others were taken, with the reason."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What a service said of it, by name; the destination that follows reads it as `step_result`."""
