"""Where a character of a text value stands in the source: quotes, escapes and folding in between."""

from __future__ import annotations

_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def offset_in_source(raw: str, value: str, style: str, offset: int) -> int:
    """The offset in `raw` (the scalar as written, quotes included) of `value[offset]`.

    Both texts are walked side by side. Whitespace in the value (folded lines, stripped indentation) matches any
    run of whitespace in the source, so the answer is exact for text on one line and good for folded text.
    """
    source = _content_start(raw, style)
    at = 0
    while at < min(offset, len(value)) and source < len(raw):
        if raw[source] == "\\" and style == '"':
            length, produced = _escape(raw, source)
            source += length
            at += produced
        elif style == "'" and raw.startswith("''", source):
            source, at = source + 2, at + 1
        elif raw[source] == value[at]:
            source, at = source + 1, at + 1
        elif value[at].isspace():
            at += 1
        else:
            source += 1
    while source < len(raw) - 1 and at < len(value) and raw[source].isspace() and raw[source] != value[at]:
        source += 1
    return min(source, len(raw))


def _content_start(raw: str, style: str) -> int:
    if style in {"|", ">"}:
        newline = raw.find("\n")
        return newline + 1 if newline >= 0 else len(raw)
    return 1 if style in {'"', "'"} else 0


def _escape(raw: str, at: int) -> tuple[int, int]:
    r"""How many source characters an escape takes, and how many characters it makes.

    A JSON pair \ud83d\ude00 is two escapes for one character; an escaped line break in YAML makes none.
    """
    letter = raw[at + 1 : at + 2]
    length = _ESCAPE_LENGTHS.get(letter, 2)
    if letter == "u" and raw[at + 2 : at + 4].lower() in {"d8", "d9", "da", "db"} and raw[at + 6 : at + 8] == "\\u":
        return 12, 1
    if letter in {"\n", "\r"}:
        while raw[at + length : at + length + 1].isspace():
            length += 1
        return length, 0
    return length, 1
