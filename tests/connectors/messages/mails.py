"""Accounts and messages for the tests of mail."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.messages.message import Message
from connectors.messages.registry import sending_kind
from connectors.messages.sender import Sender, SendingAccount
from connectors.policy import Policy


def account(**changed: Any) -> SendingAccount:
    return SendingAccount(**{"plugin_key": "email", "credentials_ref": None, "config": {}, "base": Path(),
                             "policy": Policy.open(), **changed})  # fmt: skip


def opened(**changed: Any) -> Sender:
    found = account(**changed)
    return sending_kind(found.plugin_key).open(found)


def message(**changed: Any) -> Message:
    return Message(**{"key": "k1", "to": ("anna@example.com",), "subject": "Open invoices", "text": "Two are open.\n",
                      "date": datetime(2026, 1, 31, 14, 30, tzinfo=UTC), **changed})  # fmt: skip
