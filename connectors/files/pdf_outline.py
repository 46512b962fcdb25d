"""Bookmarks: the outline that readers show beside the pages."""

from __future__ import annotations

from dataclasses import field

from connectors.files.pdf_objects import PdfObjects, pdf_text
from connectors.files.pdf_sheet import Sheet
from ir.records import dataclass

MOST = 1_000
"""Bookmarks of one table's groups; a longer list helps nobody find one."""


@dataclass(slots=True)
class _Item:
    title: str
    target: str
    number: int = 0
    kids: list[_Item] = field(default_factory=list)


class Outline:
    """Bookmarks in the order of the pages, level 0 the sections."""

    def __init__(self) -> None:
        self._top = _Item("", "")
        self._path = [self._top]

    def add(self, title: str, sheet: Sheet, height: float, *, level: int) -> None:
        """A bookmark that leads to `height` points above the foot of the sheet; a level left out is passed over."""
        item = _Item(title, f"[{sheet.number} 0 R/XYZ 0 {height:.1f} 0]")
        del self._path[level + 1 :]
        self._path[-1].kids.append(item)
        self._path.append(item)

    def write(self, objects: PdfObjects) -> str:
        """The catalog's entries; none without bookmarks."""
        if not self._top.kids:
            return ""
        self._number(self._top, objects)
        first, last = self._top.kids[0].number, self._top.kids[-1].number
        objects.pack(self._top.number, f"<</Type/Outlines/First {first} 0 R/Last {last} 0 R"
                                       f"/Count {len(self._top.kids)}>>")  # fmt: skip
        self._write_kids(self._top, objects)
        return f"/Outlines {self._top.number} 0 R" + ("/PageMode/UseOutlines" if len(self._top.kids) > 1 else "")

    def _number(self, item: _Item, objects: PdfObjects) -> None:
        item.number = objects.reserve()
        for kid in item.kids:
            self._number(kid, objects)

    def _write_kids(self, item: _Item, objects: PdfObjects) -> None:
        """What is below an item is folded, so its count is negative."""
        for place, kid in enumerate(item.kids):
            entries = f"/Title{pdf_text(kid.title)}/Parent {item.number} 0 R/Dest{kid.target}"
            if place:
                entries += f"/Prev {item.kids[place - 1].number} 0 R"
            if place + 1 < len(item.kids):
                entries += f"/Next {item.kids[place + 1].number} 0 R"
            if kid.kids:
                entries += (f"/First {kid.kids[0].number} 0 R/Last {kid.kids[-1].number} 0 R"
                            f"/Count -{len(kid.kids)}")  # fmt: skip
            objects.pack(kid.number, f"<<{entries}>>")
            self._write_kids(kid, objects)
