"""The words of HTML as plain text, for who reads a message without it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset({"p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre",
                     "section", "article", "header", "footer", "hr", "dl", "form", "figure"})  # fmt: skip
_UNSEEN = frozenset({"script", "style", "title", "head", "template"})


def words_of(html: str) -> str:
    """The text of the HTML: paragraphs and lines as they stand, cells of a row beside each other, links spelled out."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._unseen = 0
        self._links: list[tuple[str, int]] = []
        self._rows: list[list[str]] | None = None
        """Of the table that is open; tables inside tables are read as one."""
        self._depth = 0

    def text(self) -> str:
        """What was read."""
        self._end_table()
        text = "".join(self._pieces)
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._put("\n")
        elif tag == "li":
            self._put("\n- ")
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._put("\n\n")
                self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in {"td", "th"} and self._rows is not None:
            if not self._rows:
                self._rows.append([])
            self._rows[-1].append("")
        elif tag == "hr":
            self._put("\n" + "-" * 20 + "\n")
        elif tag in _BLOCKS:
            self._put("\n\n")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._pieces)))
        elif tag == "img":
            self._put(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "table":
            self._depth = max(0, self._depth - 1)
            if not self._depth:
                self._end_table()
        elif tag in _BLOCKS:
            self._put("\n\n")
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            said = "".join(self._pieces[start:]) if self._rows is None else ""
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if address and not address.startswith("#") and bare not in said:
                self._put(f" ({bare})")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            text = re.sub(r"[ \t\r\n\f]+", " ", data)
            last = self._pieces[-1] if self._pieces else "\n"
            self._put(text.lstrip(" ") if self._rows is None and last.endswith(("\n", " ")) else text)

    def _put(self, text: str) -> None:
        if self._unseen:
            return
        if self._rows is None:
            self._pieces.append(text)
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] += text

    def _end_table(self) -> None:
        rows, self._rows = self._rows, None
        if not rows:
            return
        cells = [[" ".join(each.split()) for each in row] for row in rows if any(each.strip() for each in row)]
        widths: dict[int, int] = {}
        for row in cells:
            for place, each in enumerate(row):
                widths[place] = min(max(widths.get(place, 0), len(each)), 60)
        lines = ["  ".join(each.ljust(widths[place]) for place, each in enumerate(row)).rstrip() for row in cells]
        self._pieces.append("\n".join(lines) + "\n\n")
