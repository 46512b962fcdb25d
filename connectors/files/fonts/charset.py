"""The table of a CFF font that says which code each of its glyphs has."""

from __future__ import annotations

_CHARSET = 15
_ROS = (12, 30)


def with_codes(table: bytes, codes: list[int]) -> bytes | None:
    """The CFF table with these codes for its glyphs, the first of which is always 0; none if glyphs have names there.

    A subset that kept its glyph numbers would have an entry for each of the font's glyphs: 130 KB for a few letters
    of a Chinese font. So the glyphs are numbered anew, and the codes that the pages have are put behind the table.
    """
    start, end = _first_of_index(table, _end_of_index(table, table[2]))
    entries = _entries(table, start, end)
    if _ROS not in entries or _CHARSET not in entries:
        return None
    place = entries[_CHARSET]
    if table[place] != 29:
        return None
    offset = len(table).to_bytes(4, "big")
    return (
        table[: place + 1] + offset + table[place + 5 :] + b"\0" + b"".join(each.to_bytes(2, "big") for each in codes)
    )


def _entries(table: bytes, start: int, end: int) -> dict[int | tuple[int, int], int]:
    """A DICT's operators with the place of their first operand."""
    found: dict[int | tuple[int, int], int] = {}
    place = first = start
    while place < end:
        byte = table[place]
        if byte <= 21:
            name = (12, table[place + 1]) if byte == 12 else byte
            found[name] = first
            place += 2 if byte == 12 else 1
            first = place
        elif byte == 30:
            while table[place + 1] & 0x0F != 0x0F and table[place + 1] >> 4 != 0x0F:
                place += 1
            place += 2
        else:
            place += {28: 3, 29: 5}.get(byte, 1 if byte <= 246 else 2)
    return found


def _first_of_index(table: bytes, place: int) -> tuple[int, int]:
    count, size = int.from_bytes(table[place : place + 2], "big"), table[place + 2]
    base = place + 2 + (count + 1) * size
    first, second = (int.from_bytes(table[place + 3 + each * size :][:size], "big") for each in (0, 1))
    return base + first, base + second


def _end_of_index(table: bytes, place: int) -> int:
    count = int.from_bytes(table[place : place + 2], "big")
    if not count:
        return place + 2
    size = table[place + 2]
    last = int.from_bytes(table[place + 3 + count * size :][:size], "big")
    return place + 2 + (count + 1) * size + last
