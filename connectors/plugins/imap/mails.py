"""A mail as a row: its head, its text, its attachments as files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from typing import Any

from connectors.plugins.files import FileStore

_SNIPPET = 200


def mail_row(content: bytes, *, id: str, folder: str, flags: Sequence[str], received: str | None,
             files: FileStore | None) -> dict[str, Any]:  # fmt: skip
    """The row of a mail. Whatever its sender has made of it, it is read: what is no text of its encoding is replaced.

    Without `files` its attachments are left out.
    """
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    text, html = _text(mail, "plain"), _text(mail, "html")
    sender = _header(mail, "From")
    addresses = getaddresses([sender or ""])
    return {
        "id": id, "folder": folder, "date": _moment(mail) or received, "from": sender,
        "from_address": addresses[0][1] if addresses and addresses[0][1] else None, "to": _header(mail, "To"),
        "cc": _header(mail, "Cc"), "subject": _header(mail, "Subject"),
        "snippet": " ".join((text or "").split())[:_SNIPPET], "text": text, "html": html, "flags": list(flags),
        "is_read": "\\Seen" in flags, "rfc822_id": _header(mail, "Message-ID"), "size": len(content),
        "attachments": [] if files is None else _attachments(mail, files),
    }  # fmt: skip


def _text(mail: EmailMessage, kind: str) -> str | None:
    part = None
    with suppress(Exception):  # a structure that is none
        part = mail.get_body((kind,))
    if part is None:
        return None
    return _decoded(part).strip("\r\n").replace("\r\n", "\n")


def _decoded(part: Any) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError, KeyError, AttributeError):  # an encoding that there is not
        found = part.get_payload(decode=True)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else ""


def _attachments(mail: EmailMessage, files: FileStore) -> list[dict[str, Any]]:
    found = []
    for number, part in enumerate(mail.walk()):
        if part.is_multipart() or not (part.get_filename() or part.get_content_disposition() == "attachment"):
            continue
        content = part.get_payload(decode=True)
        name = part.get_filename() or f"attachment-{number}"
        found.append(files.put(str(name), content if isinstance(content, bytes) else b"",
                               mime=part.get_content_type()))  # fmt: skip
    return found


def _header(mail: EmailMessage, name: str) -> str | None:
    with suppress(Exception):  # a head that is none
        found = mail[name]
        return None if found is None else " ".join(str(found).split())
    return None


def _moment(mail: EmailMessage) -> str | None:
    with suppress(Exception):
        found = mail["Date"].datetime
        if found is not None:
            return written(found)
    return None


def written(moment: datetime) -> str:
    """An instant as rows have it: in UTC, to the second."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
