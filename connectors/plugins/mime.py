"""A mail as bytes, for services that take whole mails."""

from __future__ import annotations

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses, localtime, make_msgid
from typing import Any

from connectors.plugins.files import DEFAULT_MIME, is_file
from connectors.plugins.filters import bytes_of
from connectors.plugins.templating import Roots
from connectors.problem import ConnectorProblem
from ir.value_text import text_of

KEYS = ("from", "to", "cc", "bcc", "reply_to", "subject", "text", "html", "attachments", "in_reply_to", "references",
        "message_id", "date")  # fmt: skip


def mail_bytes(parts: Mapping[str, Any], roots: Roots) -> bytes:
    """The mail of these parts.

    Raises:
        ConnectorProblem: IR693 for an address that is none, and for a header with a line break.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        for key, header in (("from", "From"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc"), ("reply_to", "Reply-To")):
            if addresses := _addresses(parts.get(key)):
                mail[header] = addresses
        mail["Subject"] = text_of(parts.get("subject"))
        mail["Date"] = parts.get("date") or localtime()
        mail["Message-ID"] = text_of(parts.get("message_id")) or make_msgid(domain="weirflow.invalid")
        for key, header in (("in_reply_to", "In-Reply-To"), ("references", "References")):
            if parts.get(key):
                mail[header] = text_of(parts[key]).replace(",", "")
    except ValueError:
        raise ConnectorProblem("IR693", "a part of a mail's head holds a line break") from None
    text, html = parts.get("text"), parts.get("html")
    mail.set_content(text_of(text) if text is not None or html is None else "This mail is written in HTML.")
    if html is not None:
        mail.add_alternative(text_of(html), subtype="html")
    files = parts.get("attachments") or []
    for each in files if isinstance(files, list) else [files]:
        if not is_file(each):
            raise ConnectorProblem("IR694", "an attachment is no file")
        major, _, minor = str(each.get("mime") or DEFAULT_MIME).partition("/")
        if major in {"message", "multipart"} or not minor:
            major, minor = DEFAULT_MIME.split("/")
        mail.add_attachment(bytes_of(each, roots), maintype=major, subtype=minor, filename=str(each["name"]))
    return mail.as_bytes()


def _addresses(value: Any) -> list[Address]:
    texts = [text_of(each) for each in (value if isinstance(value, list) else [value] if value else [])]
    if any("\r" in each or "\n" in each for each in texts):
        raise ConnectorProblem("IR693", "an address holds a line break")
    found = []
    for name, address in getaddresses(texts):
        try:
            found.append(Address(name, addr_spec=address))
        except (ValueError, IndexError):
            raise ConnectorProblem("IR693", f'"{address or name}" is no address of a mail') from None
    return found
