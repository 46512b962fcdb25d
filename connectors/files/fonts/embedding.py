"""What every embedded font has: its tagged name, its way back to Unicode, its tables in one file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class Objects(Protocol):
    """The document as a font sees it: numbered objects to put."""

    def reserve(self) -> int: ...

    def put(self, number: int, body: bytes) -> None: ...

    def stream(self, content: bytes, entries: str = "") -> int: ...


def tagged_name(name: str, used: Iterable[object]) -> str:
    """`ABCDEF+Name`: a subset's six letters follow from what is in it."""
    digest = hashlib.md5(repr((name, list(used))).encode(), usedforsecurity=False).digest()
    return f"{''.join(chr(65 + byte % 26) for byte in digest[:6])}+{name}"


def to_unicode(texts: Mapping[int, str], *, code_bytes: int) -> bytes:
    """The table from codes to Unicode, in sections of at most 100 lines as the format demands."""
    digits = code_bytes * 2
    lines = [f"<{code:0{digits}X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in sorted(texts.items())]
    parts = ["/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo",
             "<</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def /CMapName /Adobe-Identity-UCS def",
             f"/CMapType 2 def 1 begincodespacerange <{'0' * digits}> <{'F' * digits}> endcodespacerange"]  # fmt: skip
    for start in range(0, len(lines), 100):
        section = lines[start : start + 100]
        parts += [f"{len(section)} beginbfchar", *section, "endbfchar"]
    return "\n".join([*parts, "endcmap CMapName currentdict /CMap defineresource pop end end"]).encode()


def font_file(tables: Mapping[str, bytes]) -> bytes:
    """A TrueType file of these tables."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = b"\0\1\0\0" + b"".join(
        each.to_bytes(2, "big") for each in (count, power * 16, power.bit_length() - 1, (count - power) * 16)
    )
    at, records, bodies = 12 + 16 * count, b"", b""
    for tag, body in sorted(tables.items()):
        padded = body + b"\0" * (-len(body) % 4)
        check = sum(int.from_bytes(padded[place : place + 4], "big") for place in range(0, len(padded), 4)) & 0xFFFFFFFF
        records += tag.encode() + b"".join(each.to_bytes(4, "big") for each in (check, at, len(body)))
        bodies += padded
        at += len(padded)
    return head + records + bodies


def tables_of(face: Any) -> dict[str, bytes]:
    """The tables that TrueType glyphs are drawn by."""
    return {tag: bytes(face.reference_table(tag).data) for tag in ("head", "hhea", "hmtx", "maxp", "loca", "glyf")}
