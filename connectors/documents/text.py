"""Plain text and CSV: their encoding is told from the bytes, the rows of a CSV are lines of cells."""

from __future__ import annotations

import codecs
import csv

from connectors.documents.budget import Lines
from connectors.documents.document import Limits

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"
_SAMPLE = 50


def decoded(content: bytes, *, charset: str | None = None) -> str:
    """The text, in the encoding that is declared, marked or likely; what fits none is shown as U+FFFD."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    head = content[:4096]
    if head[1::2].count(0) > len(head) // 3:
        return content.decode("utf-16-le", "replace")
    if head[0::2].count(0) > len(head) // 3:
        return content.decode("utf-16-be", "replace")
    for each in (charset, "utf-8"):
        try:
            if each is not None:
                return content.decode(each)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def text_lines(content: bytes, limits: Limits) -> list[str]:
    """The lines of a plain text."""
    found = Lines(limits)
    for line in decoded(content).splitlines():
        found.add(line)
    return found.finished()


def csv_lines(content: bytes, limits: Limits) -> list[str]:
    """A line for each row, its cells apart by tabs."""
    text = decoded(content)
    csv.field_size_limit(limits.max_characters)
    found = Lines(limits)
    lines = text.splitlines(keepends=True)
    try:
        for row in csv.reader(lines, delimiter=_delimiter(lines[:_SAMPLE])):
            found.add(cell_line(row))
            if found.is_full:
                break
    except csv.Error:
        return text_lines(content, limits)
    return found.finished()


def cell_line(cells: list[str]) -> str:
    """Cells as a line: line breaks in them are blanks, empty ones at the end are left out."""
    return "\t".join(" ".join(each.split()) for each in cells).rstrip("\t")


def _delimiter(lines: list[str]) -> str:
    """The mark that cuts the first lines into equally many cells, the most of them."""

    def score(mark: str) -> tuple[float, int]:
        counts = [line.count(mark) for line in lines if line.strip()]
        if not counts or max(counts) == 0:
            return (0, 0)
        common = max(set(counts), key=counts.count)
        return (counts.count(common) / len(counts) if common else 0, common)

    return max(_DELIMITERS, key=score)
