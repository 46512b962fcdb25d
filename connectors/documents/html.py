"""What a reader of an HTML page sees as lines: blocks apart, cells of tables apart by tabs, hidden text left out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from connectors.documents.budget import Lines
from connectors.documents.document import Limits
from connectors.documents.text import cell_line, decoded

_BLOCKS = {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div",
           "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
           "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody",
           "tfoot", "thead", "title", "ul"}  # fmt: skip
_UNSEEN = {"script", "style", "template", "noscript", "svg", "object", "iframe", "textarea", "select"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BLOCK = 64 * 1024


def html_lines(content: bytes, limits: Limits, *, charset: str | None = None) -> list[str]:
    """The visible text of a page."""
    declared = charset or ((found := _CHARSET.search(content[:4096])) and found[1].decode("ascii")) or None
    reader = _Page(Lines(limits))
    text = decoded(content, charset=declared)
    for start in range(0, len(text), _BLOCK):
        reader.feed(text[start : start + _BLOCK])
        if reader.lines.is_full:
            break
    reader.close()
    return reader.finished()


class _Page(HTMLParser):
    """Reads a page into lines."""

    def __init__(self, lines: Lines) -> None:
        super().__init__(convert_charrefs=True)
        self.lines = lines
        self._text: list[str] = []
        self._unseen: list[str] = []
        """Elements that are open inside the hidden one, that one first."""
        self._rows: list[list[str]] = []
        """The cells of the rows that are open, of tables in tables the inner one last."""
        self._tables: list[int] = []
        """Of each table that is open: how many rows were open around it."""
        self._is_kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self._void(tag)
            return
        if self._unseen or tag in _UNSEEN or _is_hidden(attrs):
            self._unseen.append(tag)
        elif tag == "tr":
            self._end_rows(beyond=self._tables[-1] if self._tables else 0)
            self._end_line()
            self._rows.append([])
        elif tag in ("td", "th"):
            self._begin_cell()
        elif tag in _BLOCKS:
            self._end_line()
            if tag == "table":
                self._tables.append(len(self._rows))
        self._is_kept += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                del self._unseen[len(self._unseen) - 1 - self._unseen[::-1].index(tag) :]
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._text.append(" ")
        elif tag in _BLOCKS:
            if tag == "table" and self._tables:
                self._end_rows(beyond=self._tables.pop())
            self._end_line()
            if tag == "table" and not self._rows:
                self.lines.add("")
        if tag == "pre":
            self._is_kept = max(0, self._is_kept - 1)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data if self._is_kept and not self._rows else re.sub(r"\s+", " ", data))

    def finished(self) -> list[str]:
        self._end_rows(beyond=0)
        self._end_line()
        return self.lines.finished()

    def _end_rows(self, *, beyond: int) -> None:
        while len(self._rows) > beyond:
            self._end_row()

    def _void(self, tag: str) -> None:
        if not self._unseen and tag in ("br", "hr"):
            self._end_line()

    def _begin_cell(self) -> None:
        if self._rows:
            self._take_cell()
            self._rows[-1].append("")
        else:
            self._end_line()

    def _take_cell(self) -> None:
        """What was read since the cell began."""
        if self._rows[-1]:
            self._rows[-1][-1] += "".join(self._text)
            self._text = []

    def _end_row(self) -> None:
        if not self._rows:
            return
        self._take_cell()
        cells = self._rows.pop()
        if self._rows:
            self._text.append(" " + " ".join(cells))
        else:
            self._text = []
            self.lines.add(cell_line(cells))

    def _end_line(self) -> None:
        """Blocks in cells stay in their cell."""
        if self._rows:
            self._text.append(" ")
            return
        text = "".join(self._text)
        self._text = []
        if self._is_kept:
            for line in text.split("\n"):
                self.lines.add(line)
        elif words := text.split():
            self.lines.add(" ".join(words))


def _is_hidden(attributes: list[tuple[str, str | None]]) -> bool:
    style = next((value for name, value in attributes if name == "style"), None)
    return any(name == "hidden" for name, _ in attributes) or _HIDDEN.search(style or "") is not None
