"""Filters for the hashes by which services tell the contents of their files; a file is read block by block."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from connectors.plugins.files import is_file
from connectors.plugins.filters import Compiled, bytes_of
from connectors.plugins.templating import MISSING, Compiles, Placeholder, Rendered, Roots
from connectors.storage.dropbox.hashing import hash_of_stream

_PERIOD = 160
"""Bytes after which quickXorHash begins at its first bit again: it has 160 bits, and each byte goes 11 bits further."""
_SHIFT = 11
_BLOCK_BYTES = _PERIOD * 6_400


def quick_xor(stream: BinaryIO) -> str:
    """The hash that OneDrive and SharePoint give of a file, in base64.

    Bytes that stand a whole period apart fall on the same bits, so that they are joined first, as one large number.
    """
    joined, length = 0, 0
    while block := stream.read(_BLOCK_BYTES):
        joined ^= int.from_bytes(block, "little")
        length += len(block)
    block, period = joined.to_bytes(_BLOCK_BYTES, "little"), 0
    for start in range(0, _BLOCK_BYTES, _PERIOD):
        period ^= int.from_bytes(block[start : start + _PERIOD], "little")
    mask, found = (1 << 160) - 1, 0
    for at, byte in enumerate(period.to_bytes(_PERIOD, "little")):
        shift = _SHIFT * at % 160
        found ^= (byte << shift & mask) | (byte << shift >> 160)
    return base64.b64encode((found ^ (length << 96)).to_bytes(20, "little")).decode()


def _of_file(work: Callable[[BinaryIO], str]) -> Compiles:
    def compiles(argument: Any, compiled: Compiled) -> Rendered:
        inner = compiled(argument)

        def render(roots: Roots) -> Any:
            value = inner(roots)
            if value is MISSING or isinstance(value, Placeholder):
                return value
            if is_file(value) and roots.files is not None:
                with roots.files.path(value).open("rb") as stream:
                    return work(stream)
            return work(io.BytesIO(bytes_of(value, roots)))

        return render

    return compiles


FILTERS: Mapping[str, Compiles] = {"$quick_xor_hash": _of_file(quick_xor), "$dropbox_hash": _of_file(hash_of_stream)}
