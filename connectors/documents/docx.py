"""The text of a DOCX file: paragraphs are lines, rows of tables are lines whose cells are apart by tabs.

Office Open XML, ECMA-376 part 1, 17: `p` and its `t`, `tab`, `br`; `tbl` of `tr` of `tc`. Deleted text (`delText`) is
not there, and of what is written twice for older programs (`AlternateContent`) the second is left out.
"""

from __future__ import annotations

import re

from connectors.documents.archive import Archive
from connectors.documents.budget import Budget, Lines
from connectors.documents.text import cell_line

_SKIPPED = {"Fallback", "instrText", "delText", "pPr", "rPr", "sectPr", "tblPr", "trPr", "tcPr"}
_PARTS = ((re.compile(r"word/header\d*\.xml"), False), (re.compile(r"word/document\d*\.xml"), True),
          (re.compile(r"word/foot(er\d*|notes)\.xml"), False))  # fmt: skip


def docx_lines(content: bytes, *, name: str, budget: Budget) -> list[str]:
    """Headers, the body, footers and notes, in that order; a header that repeats is there once."""
    archive = Archive(content, name=name, budget=budget)
    lines = Lines(budget.limits)
    seen: set[str] = set()
    for pattern, is_body in _PARTS:
        for member in sorted(each for each in archive.names if pattern.fullmatch(each)):
            reader = _Body(lines if is_body else Lines(budget.limits))
            archive.read_xml(member, reader)
            if is_body:
                continue
            for line in reader.lines.finished():
                if line not in seen:
                    seen.add(line)
                    lines.add(line)
    return lines.finished()


class _Body:
    """Reads the elements of a part into lines."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._text: list[str] = []
        self._is_text = False
        self._skipped = 0
        self._rows: list[list[list[str]]] = []
        """Of each table that is open: the cells of its row, each a list of its paragraphs."""

    @property
    def is_done(self) -> bool:
        return self.lines.is_full

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        if self._skipped or tag in _SKIPPED:
            self._skipped += 1
        elif tag == "t":
            self._is_text = True
        elif tag in ("tab", "ptab"):
            self._text.append("\t")
        elif tag in ("br", "cr"):
            self._text.append("\n")
        elif tag == "noBreakHyphen":
            self._text.append("-")
        elif tag == "tbl":
            self._rows.append([])
        elif tag == "tr" and self._rows:
            self._rows[-1] = []
        elif tag == "tc" and self._rows:
            self._rows[-1].append([])

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif tag == "t":
            self._is_text = False
        elif tag == "p":
            self._end_paragraph()
        elif tag == "tr" and self._rows:
            self._end_row()
        elif tag == "tbl" and self._rows:
            self._rows.pop()
            if not self._rows:
                self.lines.add("")

    def characters(self, text: str) -> None:
        if self._is_text and not self._skipped:
            self._text.append(text)

    def _end_paragraph(self) -> None:
        text = "".join(self._text)
        self._text = []
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(text)
            return
        for line in text.split("\n"):
            self.lines.add(line)

    def _end_row(self) -> None:
        line = cell_line([" ".join(paragraphs) for paragraphs in self._rows[-1]])
        self._rows[-1] = []
        if len(self._rows) > 1 and self._rows[-2]:
            self._rows[-2][-1].append(line.replace("\t", " "))
        else:
            self.lines.add(line)
