"""A mail as the file that mail programs open, for looking at what would be sent."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.messages.email.composing import composed, read_all
from connectors.messages.email.encoded_files import EncodedFile, EncodedFiles
from connectors.messages.message import Message
from connectors.problem import ConnectorProblem
from ir.addresses import MailAddress

_NOBODY = MailAddress(local="reports", domain="localhost")
"""The sender where the delivery names none: no account is asked for what is not sent."""


def filed(message: Message) -> bytes:
    """The mail's lines. Those of bcc stand in no mail.

    Raises:
        ConnectorProblem: as sending it would.
    """
    written, answers = message.config.get("from"), message.config.get("reply_to") or []
    sender = read_all([str(written)], "from")[0] if written else _NOBODY
    reply_to = read_all([answers] if isinstance(answers, str) else list(answers), "reply_to")
    files = EncodedFiles()
    try:
        return b"".join(_bytes(composed(message, sender=sender, reply_to=reply_to, files=files).pieces))
    except OSError as error:
        raise ConnectorProblem("IR684", f"the mail cannot be written: {error.strerror}") from error
    finally:
        files.close()


def _bytes(pieces: tuple[bytes | EncodedFile, ...]) -> Iterator[bytes]:
    for each in pieces:
        if isinstance(each, bytes):
            yield each
        elif each.content is not None:
            yield each.content
        else:
            assert each.file is not None
            each.file.seek(0)
            yield each.file.read()
