"""Mails as calls of a plugin, through the same connections that deliveries have."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.messages.email.account import MailAccount, account_of_parts
from connectors.messages.email.kind import EMAIL
from connectors.messages.message import Attachment, Message, Sent
from connectors.messages.sender import Sender
from connectors.plugins.account import PluginAccount
from connectors.plugins.apart import apart, paced
from connectors.plugins.files import DEFAULT_MIME, FileStore, is_file
from connectors.plugins.pace import Pace
from connectors.plugins.plugin import Action, Plugin
from connectors.plugins.session import Outcome, RenderedRequest
from connectors.problem import ConnectorProblem

_KEPT = 4
"""So many connections stay open for the next mails."""
_SETTINGS = ("from", "from_name", "reply_to", "headers")


def open_smtp(plugin: Plugin, account: PluginAccount, files: FileStore | None, pace: Pace,
              now: Callable[[], float]) -> SmtpSession:  # fmt: skip
    """A session of a plugin whose driver is smtp; the account is looked up, nothing is connected yet.

    Raises:
        ConnectorProblem: IR680 where no account is configured, IR681 for one that is none, IR59x for its secret.
    """
    if account.parts is not None:
        found = account_of_parts(account.parts, "the connection")
    else:
        found = EMAIL.account_of(account.ref, policy=account.policy, base=account.base)
    return SmtpSession(found, account, files, pace, now)


class SmtpSession:
    """One mail account."""

    def __init__(self, mail: MailAccount, account: PluginAccount, files: FileStore | None, pace: Pace,
                 now: Callable[[], float]) -> None:  # fmt: skip
        self._mail = mail
        self._policy = account.policy
        self._files = files
        self._pace = pace
        self._now = now
        self._idle: list[Sender] = []
        self._guard = threading.Lock()

    async def call(self, action: Action, params: Mapping[str, Any], *, key: str | None = None,
                   is_retry_safe: bool | None = None) -> Outcome:  # fmt: skip
        from uuid import uuid4

        message = self._message(action.checked(params), key or uuid4().hex)
        sent, attempts = await paced(lambda: self._sent(message), pace=self._pace, connection=self._mail.identity,
                                     is_repeatable=bool(is_retry_safe))  # fmt: skip
        output = {"message_id": sent.reference, "refused": dict(sent.refused)}
        return Outcome(output=output, attempts=attempts)

    async def pages(self, action: Action, params: Mapping[str, Any]) -> AsyncIterator[list[Any]]:
        yield [(await self.call(action, params)).output]

    def rendered(self, action: Action, params: Mapping[str, Any]) -> list[RenderedRequest]:
        checked = action.checked(params)
        self._message(checked, "key")
        shown = {name: [each["name"] for each in value] if name == "attachments" else value
                 for name, value in checked.items()}  # fmt: skip
        return [RenderedRequest(method="MAIL", url=f"smtp://{self._mail.shown}", body=shown)]

    async def close(self) -> None:
        with self._guard:
            idle, self._idle = self._idle, []
        for each in idle:
            await apart(each.close)

    def _message(self, params: Mapping[str, Any], key: str) -> Message:
        return Message(
            key=key, to=_texts(params.get("to")), cc=_texts(params.get("cc")), bcc=_texts(params.get("bcc")),
            subject=params.get("subject") or "", text=params.get("text") or "", html=params.get("html"),
            attachments=tuple(self._attachment(each) for each in params.get("attachments") or ()),
            date=datetime.fromtimestamp(self._now(), UTC),
            config={name: params[name] for name in _SETTINGS if params.get(name) is not None},
        )  # fmt: skip

    def _attachment(self, value: Any) -> Attachment:
        if not is_file(value) or self._files is None:
            raise ConnectorProblem("IR694", "an attachment is no file of this run", key=("config", "attachments"))
        return Attachment(path=self._files.path(value), name=str(value["name"]), sha256=str(value["ref"]),
                          media_type=str(value.get("mime") or DEFAULT_MIME))  # fmt: skip

    def _sent(self, message: Message) -> Sent:
        sender = self._taken()
        try:
            sent = sender.send(message)
        except BaseException:
            sender.close()
            raise
        with self._guard:
            is_kept = len(self._idle) < _KEPT
            if is_kept:
                self._idle.append(sender)
        if not is_kept:
            sender.close()
        return sent

    def _taken(self) -> Sender:
        from connectors.messages.email.sending import MailSender

        with self._guard:
            if self._idle:
                return self._idle.pop()
        return MailSender(self._mail, self._policy)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,) if value else ()
