"""One message out of an item: whom it goes to, what it says, what goes along, and the key it is known by."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from connectors.messages.message import Attachment, Message
from connectors.messages.sender import SendingKind
from connectors.problem import ConnectorProblem
from engine.messages.item import Item
from engine.messages.output import MessageOutput
from engine.messages.payload import payload_of
from engine.messages.recipients import recipients_in
from engine.messages.texts import MessageText
from engine.names import RunWords
from ir.value_text import text_of

_SHOWN = 80
"""Characters of a recipient that is none."""


def item_key(tenant: str, run_id: str, output: MessageOutput, item: Item) -> str:
    """The same text for the same message of the same run, another one for every other."""
    return hashlib.sha256("\0".join((tenant, run_id, output.id, str(item.ordinal), item.digest)).encode()).hexdigest()


def message_of(output: MessageOutput, item: Item, text: MessageText, kind: SendingKind, *, key: str, words: RunWords,
               attachments: Sequence[Attachment] = ()) -> Message:  # fmt: skip
    """The message about the item.

    Raises:
        ConnectorProblem: IR651 where it has no recipient, or one that is none.
    """
    filled = text.others
    count = len(output.recipients.texts)
    names_some = kind.needs_recipient or output.recipients.path
    to = _named(filled, "recipient", count) if count else recipients_in(output, item) if names_some else ()
    cc, bcc = _named(filled, "cc", output.cc), _named(filled, "bcc", output.bcc)
    if not to and kind.needs_recipient:
        where = f' in "{".".join(output.recipients.path)}"' if output.recipients.path else ""
        raise ConnectorProblem("IR651", f"it has no recipient{where}", key=("recipient_source",))
    for each in (*to, *cc, *bcc):
        refusal = kind.check_recipient(each)
        if refusal is not None:
            shown = each if len(each) <= _SHOWN else each[: _SHOWN - 1] + "…"
            raise ConnectorProblem("IR651", f'"{shown}" {refusal}', key=("recipient_source",))
    return Message(
        key=key, to=to, cc=cc, bcc=bcc, subject=text.subject, text=text.text, html=text.html, date=words.now,
        attachments=tuple(attachments), payload=payload_of(output, item, words) if kind.needs_address else None,
        config=_with(output.delivery.config, filled, ("config",)),
    )  # fmt: skip


def _named(filled: Mapping[Hashable, Any], key: str, count: int) -> tuple[str, ...]:
    """The texts under a key; an empty one is left out, a list is many."""
    found: list[str] = []
    for index in range(count):
        value = filled[key, index]
        found += [text_of(each).strip() for each in (value if isinstance(value, list | tuple) else [value])]
    return tuple(each for each in found if each)


def _with(value: Any, filled: Mapping[Hashable, Any], key: tuple[str | int, ...]) -> Any:
    """A part of the delivery's config with its templates filled in."""
    match value:
        case str():
            return filled.get(key, value)
        case Mapping():
            return {name: _with(each, filled, (*key, name)) for name, each in value.items()}
        case list():
            return [_with(each, filled, (*key, index)) for index, each in enumerate(value)]
    return value
