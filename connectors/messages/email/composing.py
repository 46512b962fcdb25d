"""A message as a mail: headers, the text and its HTML side by side, attachments behind them.

Written by hand and not with `email.message`: making a mail was most of what sending one costs, and a part that is
encoded already could not be streamed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime

from connectors.messages.email.encoded_files import EncodedFile, EncodedFiles
from connectors.messages.email.headers import addresses, check_one_line, disposition, further_header, header
from connectors.messages.message import Attachment, Message
from connectors.problem import ConnectorProblem
from ir.addresses import MailAddress, NoAddress, read_address
from ir.records import dataclass

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_LONG_LINE = re.compile(rb"[^\n]{990}")
_ASCII = bytes(range(128))
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:; ?[A-Za-z0-9-]+=[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message ready for the wire: `pieces` one after the other are its lines, dots at their start not yet doubled."""

    message_id: str
    sender: MailAddress
    recipients: tuple[MailAddress, ...]
    """Everybody it goes to, those of bcc included, each once."""
    pieces: tuple[bytes | EncodedFile, ...]
    size: int
    needs_utf8: bool


def composed(message: Message, *, sender: MailAddress, reply_to: Sequence[MailAddress], files: EncodedFiles) -> Mail:
    """The mail of a message.

    Raises:
        ConnectorProblem: IR685 for an address or a header that cannot be, IR684 for an attachment that cannot be read.
    """
    to, cc, bcc = read_all(message.to, "to"), read_all(message.cc, "cc"), read_all(message.bcc, "bcc")
    everybody = {each.text: each for each in (*to, *cc, *bcc)}
    if not everybody:
        raise ConnectorProblem("IR685", "a message has no recipient", key=("recipient",))
    name = hashlib.sha256(message.key.encode()).hexdigest()
    message_id = f"<{name[:40]}@{sender.domain}>"
    head = [
        addresses("From", [sender]),
        addresses("To", to) if to else b"" if cc else b"To: undisclosed-recipients:;\r\n",
        addresses("Cc", cc) if cc else b"",
        addresses("Reply-To", reply_to) if reply_to else b"",
        header("Subject", message.subject),
        header("Date", format_datetime(message.date)) if message.date else b"",
        f"Message-ID: {message_id}\r\n".encode(),
        # so that no answer of an absent person's program comes back
        b"Auto-Submitted: auto-generated\r\n",
        *_further(message.config.get("headers")),
        b"MIME-Version: 1.0\r\n",
    ]
    pieces = _joined([*head, *_content(message, name[40:], files)])
    return Mail(
        message_id=message_id, sender=sender, recipients=tuple(everybody.values()), pieces=pieces,
        size=sum(each.size if isinstance(each, EncodedFile) else len(each) for each in pieces),
        needs_utf8=any(each.needs_utf8 for each in (sender, *reply_to, *everybody.values())),
    )  # fmt: skip


def read_all(texts: Sequence[str], where: str) -> list[MailAddress]:
    """The addresses of a header.

    Raises:
        ConnectorProblem: IR685.
    """
    found = []
    for each in texts:
        check_one_line(where, each)
        try:
            found.append(read_address(each))
        except NoAddress as problem:
            raise ConnectorProblem("IR685", f'the address "{each[:100]}" of {where} {problem}',
                                   hint="an address is anna@example.com or Anna Berg <anna@example.com>",
                                   ) from None  # fmt: skip
    return found


def _further(headers: object) -> list[bytes]:
    if headers is None:
        return []
    if not isinstance(headers, Mapping):
        raise ConnectorProblem("IR685", "headers is no mapping of names and texts", key=("config", "headers"))
    return [further_header(str(name), value) for name, value in headers.items()]


def _content(message: Message, boundary: str, files: EncodedFiles) -> list[bytes | EncodedFile]:
    body = _body(message, boundary)
    if not message.attachments:
        return [body]
    edge = f"=_m{boundary}".encode()
    found: list[bytes | EncodedFile] = [
        b'Content-Type: multipart/mixed;\r\n boundary="' + edge + b'"\r\n\r\n--' + edge + b"\r\n" + body
    ]
    for each in message.attachments:
        found += [b"\r\n--" + edge + b"\r\n" + _file_head(each), files.of(each)]
    return [*found, b"\r\n--" + edge + b"--\r\n"]


def _body(message: Message, boundary: str) -> bytes:
    if message.html is None:
        return _text("plain", message.text)
    if not message.text:
        return _text("html", message.html)
    edge = f"=_a{boundary}".encode()
    return (
        b'Content-Type: multipart/alternative;\r\n boundary="' + edge + b'"\r\n\r\n--' + edge + b"\r\n"
        + _text("plain", message.text) + b"\r\n--" + edge + b"\r\n" + _text("html", message.html)
        + b"\r\n--" + edge + b"--\r\n"
    )  # fmt: skip


def _text(subtype: str, text: str) -> bytes:
    """A part of text, which no server has to change: short lines of ASCII only, and no `=_` of a boundary in it."""
    lines = _LINE_ENDS.sub("\r\n", text)
    if not lines.endswith("\r\n"):
        lines += "\r\n"
    data = lines.encode("utf-8", "replace")
    if lines.isascii() and b"=_" not in data and b"\0" not in data and not _LONG_LINE.search(data):
        encoding, charset = "7bit", "us-ascii"
    elif 6 * len(data.translate(None, _ASCII)) > len(data):  # such a byte is three in the other form, 4/3 in this one
        encoding, charset, data = "base64", "utf-8", base64.encodebytes(data).replace(b"\n", b"\r\n")
    else:
        encoding, charset, data = "quoted-printable", "utf-8", binascii.b2a_qp(data, istext=True)
    return (
        f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + data
    )


def _file_head(attachment: Attachment) -> bytes:
    kind = attachment.media_type if _MEDIA_TYPE.fullmatch(attachment.media_type) else "application/octet-stream"
    return (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n".encode()
        + disposition(attachment.name) + b"\r\n"
    )  # fmt: skip


def _joined(pieces: Sequence[bytes | EncodedFile]) -> tuple[bytes | EncodedFile, ...]:
    """The pieces with those in memory beside each other joined."""
    found: list[bytes | EncodedFile] = []
    waiting: list[bytes] = []
    for each in pieces:
        content = each.content if isinstance(each, EncodedFile) else each
        if content is not None:
            waiting.append(content)
            continue
        found += [b"".join(waiting), each]
        waiting = []
    return tuple([*found, b"".join(waiting)] if waiting else found)
