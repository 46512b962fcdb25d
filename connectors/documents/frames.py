"""What goes between the process that runs and the one that reads: JSON, then bytes, each after its length."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

_LENGTHS = struct.Struct(">IQ")


def send(stream: IO[bytes], words: dict[str, Any], content: bytes = b"") -> None:
    """Write a message and have it sent."""
    head = json.dumps(words).encode()
    stream.write(_LENGTHS.pack(len(head), len(content)))
    stream.write(head)
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None where the other side has gone."""
    lengths = _exactly(stream, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, content_size = _LENGTHS.unpack(lengths)
    head, content = _exactly(stream, head_size), _exactly(stream, content_size)
    if head is None or content is None:
        return None
    words: dict[str, Any] = json.loads(head)
    return words, content


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    found = stream.read(size)
    return found if len(found) == size else None
