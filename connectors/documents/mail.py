"""The text of a mail in a file (RFC 5322): who, what and when, its body, and its attachments as documents."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator
from email.message import Message

from connectors.documents.budget import Budget, Lines
from connectors.documents.document import Document
from connectors.documents.html import html_lines
from connectors.documents.problems import damaged, too_much
from connectors.documents.text import decoded
from connectors.problem import ConnectorProblem

_SHOWN = ("From", "To", "Cc", "Date", "Subject")

ReadPart = Callable[[bytes, str, str], Document]
"""content, name, media type: the text of an attachment."""


def read_mail(content: bytes, *, name: str, budget: Budget, read_part: ReadPart) -> Document:
    """The mail and those of its attachments that have text; what has none is named in the notes.

    Raises:
        ConnectorProblem: IR781 where it is no mail, IR782 where its parts nest too deep.
    """
    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        leaves = list(_leaves(message))
    except RecursionError as error:
        raise too_much(name, "nests its parts too deep") from error
    except (ValueError, LookupError, IndexError, AttributeError) as error:
        raise damaged(name, "is no mail that can be read", notes=[str(error)[:200]]) from error
    lines = Lines(budget.limits)
    for header in _SHOWN:
        if value := _header(message, header):
            lines.add(f"{header}: {value}")
    lines.add("")
    body = _body(leaves)
    if body is not None:
        for line in _body_lines(body, budget):
            lines.add(line)
    text, is_whole = budget.keep(lines.finished())
    parts, notes = _attachments([each for each in leaves if each is not body], budget, read_part)
    return Document(name=name, kind="mail", text=text, is_cut=not is_whole or any(each.is_cut for each in parts),
                    notes=tuple(notes), parts=tuple(parts))  # fmt: skip


def _leaves(message: Message) -> Iterator[Message]:
    """Parts that hold something; a mail in a mail is one."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        yield message
        return
    for each in message.get_payload():
        if isinstance(each, Message):
            yield from _leaves(each)


def _body(leaves: list[Message]) -> Message | None:
    """The first plain text that is no attachment, else the first HTML."""
    for wanted in ("text/plain", "text/html"):
        for each in leaves:
            if each.get_content_type() == wanted and not _is_attached(each) and _payload(each).strip():
                return each
    return None


def _body_lines(body: Message, budget: Budget) -> list[str]:
    charset = body.get_content_charset()
    if body.get_content_type() == "text/html":
        return html_lines(_payload(body), budget.limits, charset=charset)
    return decoded(_payload(body), charset=charset).splitlines()


def _attachments(leaves: list[Message], budget: Budget, read_part: ReadPart) -> tuple[list[Document], list[str]]:
    parts, notes = [], []
    for index, leaf in enumerate(leaves, start=1):
        if not _is_attached(leaf) and leaf.get_content_type() in ("text/plain", "text/html"):
            continue  # the body once more
        name = _file_name(leaf) or f"part {index}"
        if not budget.open_part():
            notes.append(f"more than {budget.limits.max_parts} attachments: the rest is not read")
            break
        try:
            parts.append(read_part(_content(leaf), name, leaf.get_content_type()))
        except ConnectorProblem as problem:
            notes.append(problem.message)
    return parts, notes


def _content(leaf: Message) -> bytes:
    if leaf.get_content_type() == "message/rfc822":
        inner = leaf.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        return first.as_bytes() if isinstance(first, Message) else b""
    return _payload(leaf)


def _payload(leaf: Message) -> bytes:
    found = leaf.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _is_attached(leaf: Message) -> bool:
    return leaf.get_content_disposition() == "attachment" or _file_name(leaf) is not None


def _file_name(leaf: Message) -> str | None:
    """The attachment's name, without any folder."""
    try:
        found = leaf.get_filename()
    except (ValueError, LookupError, AttributeError):
        return None
    last = " ".join((found or "").replace("\\", "/").rpartition("/")[2].split())
    if not last and leaf.get_content_type() == "message/rfc822":
        return "message.eml"
    return last or None


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(message.get(name) or "").split())
    except (ValueError, LookupError, IndexError, AttributeError):
        return ""
