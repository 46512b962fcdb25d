"""Files that a service gives as base64 within JSON: from the answer on the disk to a file, block by block."""

from __future__ import annotations

import base64
import json
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from connectors.problem import ConnectorProblem

_TOKEN = re.compile(rb'"(?P<text>[^"\\]*+(?:\\.[^"\\]*+)*+)"|[{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)
_BLOCK_BYTES = 256 * 1024
_LONGEST_ESCAPE = len(rb"\u003d")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NO_DIGITS = b" \t\r\n="


def decode_file(answer: Path, key: str, into: Path, *, title: str) -> None:
    """Write the bytes that the answer's `key` holds to a new file; one that leaves the key out holds none.

    Raises:
        ConnectorProblem: IR691 for an answer that is no JSON object, and for a text there that is no base64.
    """
    try:
        with answer.open("rb") as source, into.open("wb") as target:
            if not answer.stat().st_size:
                raise ValueError("no JSON")
            with mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as text:
                span = _span_of(text, key)
                if span is not None:
                    _decode(text, *span, target)
    except ValueError:
        into.unlink(missing_ok=True)
        raise ConnectorProblem(
            "IR691", f"{title} answers with no file: there is no base64 at {key}", sent=True
        ) from None


def _span_of(text: mmap.mmap, key: str) -> tuple[int, int] | None:
    """Where the text of a key of the outermost object begins and ends."""
    deep, name, is_value = 0, "", False
    for token in _TOKEN.finditer(text):
        sign = text[token.start() : token.start() + 1]
        if deep == 0 and sign != b"{":
            raise ValueError("no object")
        if is_value and name == key:
            if sign != b'"' and token[0] != b"null":
                raise ValueError("no text")
            return token.span("text") if sign == b'"' else None
        if deep == 1 and sign in b":,":
            is_value = sign == b":"
        elif deep == 1 and sign == b'"' and not is_value:
            name = json.loads(token[0])
        deep += (sign in b"{[") - (sign in b"}]")
    return None


def _decode(text: mmap.mmap, start: int, end: int, target: BinaryIO) -> None:
    left = b""
    for block in _blocks(text, start, end):
        digits = left + block
        whole = len(digits) // 4 * 4
        target.write(base64.b64decode(digits[:whole], validate=True))
        left = digits[whole:]
    target.write(base64.b64decode(left + b"=" * (-len(left) % 4), validate=True))


def _blocks(text: mmap.mmap, start: int, end: int) -> Iterator[bytes]:
    """The digits of base64, also of that for URLs, without line ends, padding and JSON's escapes."""
    digits = bytes.maketrans(b"-_", b"+/")
    while start < end:
        after = min(start + _BLOCK_BYTES, end)
        cut = text.rfind(b"\\", after - _LONGEST_ESCAPE + 1, after)
        if after < end and cut > start:
            after = cut
        block = text[start:after]
        if b"\\" in block:
            block = _ESCAPE.sub(lambda found: json.loads(b'"%b"' % found[0]).encode(), block)
        yield block.translate(digits, _NO_DIGITS)
        start = after
