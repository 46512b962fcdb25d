"""The kinds of senders by their plugin keys; their modules are imported when the first one is asked."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean

_KINDS = {
    "email": "connectors.messages.email.kind:EMAIL",
    "gmail": "connectors.messages.email.gmail:GMAIL",
    "google-mail": "connectors.messages.email.gmail:GMAIL",
    "http": "connectors.messages.http.kind:POSTS",
    "webhook-out": "connectors.messages.http.kind:POSTS",
}
SENDING_KEYS = tuple(_KINDS)


def sending_kind(plugin_key: str) -> SendingKind:
    """The kind of a plugin key.

    Raises:
        ConnectorProblem: IR204 for a key that nothing sends by.
    """
    place = _KINDS.get(plugin_key)
    if place is None:
        raise ConnectorProblem("IR204", f'nothing here sends by "{plugin_key}"', key=("plugin_key",),
                               hint=did_you_mean(plugin_key, SENDING_KEYS) or f"known are {', '.join(SENDING_KEYS)}",
                               )  # fmt: skip
    module, _, name = place.partition(":")
    return cast("SendingKind", getattr(import_module(module), name))
