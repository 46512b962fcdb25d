"""What every way to send messages has in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from connectors.messages.message import Message, Sent
from connectors.policy import Policy
from ir.records import dataclass


class Sender(Protocol):
    """A connection that messages go through, used by one thread at a time and reused for message after message."""

    def send(self, message: Message) -> Sent:
        """Hand the message over.

        Raises:
            ConnectorProblem: it was not taken. `reason` says whether another attempt may help, `retry_after_s` when,
                and `sent` whether it may have been taken all the same (the answer never came).
        """
        ...

    def close(self) -> None:
        """Let go of the connection; never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingAccount:
    """From where a delivery sends: what a sender is opened with. Secrets are looked up when it is opened."""

    plugin_key: str
    credentials_ref: str | None
    config: Mapping[str, Any]
    base: Path
    policy: Policy


class ConfigProblem(NamedTuple):
    """What is wrong with the config of a delivery, and at which key of it."""

    message: str
    key: tuple[str, ...] = ()
    is_on_key: bool = False
    """Whether the key itself is wrong, not what it says."""


class SendingKind(Protocol):
    """One kind of sender, such as `email`: a line in `connectors.messages.registry`."""

    @property
    def is_idempotent(self) -> bool:
        """Whether the other side drops a message whose key it has seen, so that sending again is safe."""
        ...

    @property
    def needs_recipient(self) -> bool: ...

    @property
    def is_mail(self) -> bool:
        """Whether its messages are mails, with subject, copies and attachments."""
        ...

    @property
    def needs_address(self) -> bool:
        """Whether it posts to an address that the delivery names."""
        ...

    @property
    def takes(self) -> frozenset[str]:
        """Which of cc, bcc and attachments a message may have."""
        ...

    def check(self, account: SendingAccount) -> list[ConfigProblem]:
        """What is wrong with the delivery's config as far as the document tells; nothing is opened."""
        ...

    def check_recipient(self, recipient: str) -> str | None:
        """Why this cannot be a recipient, or None."""
        ...

    def connection(self, account: SendingAccount) -> str:
        """What shares one rate limit: the same text for the same server and account, without a secret."""
        ...

    def open(self, account: SendingAccount) -> Sender:
        """A connection of its own.

        Raises:
            ConnectorProblem: the account is not configured, or the server refuses it.
        """
        ...
