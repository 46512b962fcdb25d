"""Attachments as they go over the wire, each encoded once however many messages carry it."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO

from connectors.messages.message import Attachment
from connectors.problem import ConnectorProblem
from ir.records import dataclass

_BLOCK_BYTES = 57 * 4096
"""Whole lines of base64: 57 bytes are one of 76 letters."""
_IN_MEMORY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFile:
    """Lines of base64: `content` in memory where they are few, else in a file without a name."""

    size: int
    content: bytes | None
    file: IO[bytes] | None = None


class EncodedFiles:
    """The encoded attachments of one sender, kept until it is closed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], EncodedFile] = {}
        self._open = ExitStack()

    def of(self, attachment: Attachment) -> EncodedFile:
        """The attachment's lines.

        Raises:
            ConnectorProblem: IR684 for a file that cannot be read, or is not the one that was delivered.
        """
        key = (str(attachment.path), attachment.sha256)
        if key not in self._known:
            try:
                self._known[key] = self._encode(attachment)
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                raise ConnectorProblem("IR684", f"the attachment {attachment.name} cannot be read: {reason}",
                                       key=("attachments",)) from error  # fmt: skip
        return self._known[key]

    def close(self) -> None:
        self._known.clear()
        self._open.close()

    def _encode(self, attachment: Attachment) -> EncodedFile:
        hashed = hashlib.sha256()
        with ExitStack() as opened:
            file = opened.enter_context(tempfile.TemporaryFile())
            for block in _blocks(attachment):
                hashed.update(block)
                file.write(base64.encodebytes(block).replace(b"\n", b"\r\n"))
            if hashed.hexdigest() != attachment.sha256:
                raise ConnectorProblem("IR684", f"the attachment {attachment.name} has changed since it was delivered",
                                       key=("attachments",), hint="run the workflow again")  # fmt: skip
            size = file.tell()
            if size <= _IN_MEMORY_BYTES:
                file.seek(0)
                return EncodedFile(size=size, content=file.read())
            file.flush()
            self._open.push(opened.pop_all())
            return EncodedFile(size=size, content=None, file=file)


def _blocks(attachment: Attachment) -> Iterator[bytes]:
    with attachment.path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block
