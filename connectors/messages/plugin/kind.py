"""A plugin's action as a way to send: its manifest says which parameter each part of a message is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from connectors.leases import Leases
from connectors.messages.message import TEXT_WORDS
from connectors.messages.sender import ConfigProblem, Sender, SendingAccount
from connectors.plugins.manifest import MessageParts
from connectors.plugins.plugin import Action
from ir.records import dataclass

_RECIPIENTS = frozenset({"recipient", "to", "channel", "channel_id", "channel_name"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginKind:
    """One action. `given` are the parameters that the delivery's config says itself."""

    action: Action = field(repr=False)
    given: frozenset[str] = frozenset()
    files: Path | None = None
    """Where the bytes of the run's files stand."""
    leases: Leases | None = field(default=None, repr=False)
    """What counts the limits of the manifest together with other processes."""

    is_mail = False
    needs_address = False

    @property
    def parts(self) -> MessageParts:
        return self.action.manifest.message or MessageParts()

    @property
    def is_idempotent(self) -> bool:
        return self.action.is_repeatable and self.action.manifest.repeatable_when is None

    @property
    def needs_recipient(self) -> bool:
        name = self.parts.recipient
        return name is not None and name not in self.given and name in self._required

    @property
    def takes(self) -> frozenset[str]:
        """Which of cc, bcc and attachments it has a parameter for."""
        return frozenset(each for each in ("cc", "bcc", "attachments") if getattr(self.parts, each) is not None)

    @property
    def filled(self) -> frozenset[str]:
        """The parameters that a message fills."""
        return frozenset(
            each for each in self.parts.model_dump(exclude={"description", "is_marked_up"}).values() if each is not None
        )

    @property
    def _required(self) -> frozenset[str]:
        return frozenset(self.action.parameters.schema.get("required", ()))

    def named(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The config by the names of the action's parameters: general words for the recipient and the text are taken
        for what the action calls them."""
        known, parts = self.action.parameters.schema.get("properties", {}), self.parts
        found: dict[str, Any] = {}
        for key, value in config.items():
            name = key
            if key not in known:
                if key in _RECIPIENTS and parts.recipient is not None:
                    name = parts.recipient
                elif key in TEXT_WORDS and parts.text is not None:
                    name = parts.text
            found[name] = value
        return found

    def check(self, account: SendingAccount) -> list[ConfigProblem]:
        return []  # the engine checks the config, each finding at its place

    def check_recipient(self, recipient: str) -> str | None:
        return None  # the service knows

    def connection(self, account: SendingAccount) -> str:
        return f"{self.action.plugin.key}:{account.credentials_ref or 'default'}"

    def open(self, account: SendingAccount) -> Sender:
        from connectors.messages.plugin.sending import PluginSender

        return PluginSender(self, account)
