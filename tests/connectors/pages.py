"""An HTML page read back: its tables, headings, links and all the words in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "rect", "path", "col"}


@dataclass
class Cell:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """`tables` are lists of rows of cells; `elements` all tags with their attributes, in order."""

    source: str
    tables: list[list[list[Cell]]] = field(default_factory=list)
    row_classes: list[list[str]] = field(default_factory=list)
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()
        assert not self.open, f"elements left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.elements.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
            self.row_classes.append([])
        elif tag == "tr":
            self.tables[-1].append([])
            self.row_classes[-1].append(given.get("class", ""))
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append(Cell(tag, given))
        elif tag not in VOID:
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            if tag in self.texts:
                self.texts[tag][-1] += data
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1].text += data

    def words(self, table: int = 0) -> list[list[str]]:
        return [[cell.text for cell in row] for row in self.tables[table]]

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [given for name, given in self.elements if name == tag]
