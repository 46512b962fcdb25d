"""Message after message through an action of a plugin, over connections that are kept."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.http.blocking import waited_for
from connectors.messages.message import Message, Sent
from connectors.messages.plugin.kind import PluginKind
from connectors.messages.sender import SendingAccount
from connectors.plugins.account import PluginAccount
from connectors.plugins.files import FileStore
from connectors.plugins.pace import DefaultPace
from connectors.plugins.session import open_session
from connectors.problem import ConnectorProblem
from ir.value_text import text_of


class PluginSender:
    """The sender of one delivery."""

    def __init__(self, kind: PluginKind, account: SendingAccount) -> None:
        self._kind = kind
        self._own: tempfile.TemporaryDirectory[str] | None = None
        folder = kind.files
        if folder is None:
            self._own = tempfile.TemporaryDirectory(prefix="weirflow-")
            folder = Path(self._own.name)
        self._files = FileStore(folder)
        plugin = PluginAccount(ref=account.credentials_ref, base=account.base, policy=account.policy)
        self._session = open_session(kind.action.plugin, plugin, files=self._files,
                                     pace=DefaultPace(leases=kind.leases))  # fmt: skip

    def send(self, message: Message) -> Sent:
        if not self._takes_many() and len(message.to) > 1:
            return self._one_by_one(message)
        output = self._called(message, message.to)
        return Sent(reference=_reference(output), answer=output if isinstance(output, Mapping) else {"value": output})

    def close(self) -> None:
        waited_for(self._session.close())
        if self._own is not None:
            self._own.cleanup()

    def parameters(self, message: Message, to: tuple[str, ...]) -> dict[str, Any]:
        """The parameters of one call: what the config says, then the parts of the message."""
        parts = self._kind.parts
        found = {key: _json(each) for key, each in self._kind.named(message.config).items()}
        texts = {parts.text: message.text.rstrip("\n"), parts.html: message.html, parts.subject: message.subject}
        for name, text in texts.items():
            if name is not None and text:
                found.setdefault(name, text)
        several = {parts.recipient: to, parts.cc: message.cc, parts.bcc: message.bcc}
        for name, names in several.items():
            if name is not None and names:
                found.setdefault(name, list(names) if self._is_list(name) else ", ".join(names))
        if parts.attachments is not None and message.attachments:
            found.setdefault(parts.attachments, [
                self._files.put(each.name, each.path.read_bytes(), mime=each.media_type) for each in message.attachments
            ])  # fmt: skip
        return found

    def _called(self, message: Message, to: tuple[str, ...]) -> Any:
        key = message.key if len(message.to) < 2 or len(to) > 1 else f"{message.key}:{to[0]}"
        return waited_for(self._session.call(self._kind.action, self.parameters(message, to), key=key)).output

    def _one_by_one(self, message: Message) -> Sent:
        """A call for each recipient of a service that takes one at a time."""
        refused: dict[str, str] = {}
        answers: list[Any] = []
        for each in message.to:
            try:
                answers.append(self._called(message, (each,)))
            except ConnectorProblem as problem:
                if not answers and len(refused) == len(message.to) - 1:
                    raise
                if problem.sent:
                    raise
                refused[each] = problem.message
        first = answers[0] if answers else None
        return Sent(reference=_reference(first), refused=refused,
                    answer=first if isinstance(first, Mapping) else {"value": first})  # fmt: skip

    def _takes_many(self) -> bool:
        name = self._kind.parts.recipient
        return name is None or self._is_list(name) or self._kind.parts.cc is not None

    def _is_list(self, name: str) -> bool:
        known = self._kind.action.parameters.schema.get("properties", {}).get(name, {})
        kinds = known.get("type") if isinstance(known, Mapping) else None
        return kinds == "array" or (isinstance(kinds, list) and "array" in kinds and "string" not in kinds)


def _reference(output: Any) -> str | None:
    """What the service calls the message, where it says so."""
    if not isinstance(output, Mapping):
        return None
    return next((text_of(output[each]) for each in ("id", "ts", "message_id") if output.get(each) is not None), None)


def _json(value: Any) -> Any:
    """A part of the config as JSON has it."""
    match value:
        case Mapping():
            return {str(key): _json(each) for key, each in value.items()}
        case list() | tuple():
            return [_json(each) for each in value]
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else text_of(value)
        case None | str() | bool() | int():
            return value
    return text_of(value)
