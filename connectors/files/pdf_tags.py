"""The tags of a PDF: what each piece of its pages is, for screen readers and for those who copy tables.

A large table has millions of cells, so elements are written as soon as their page is done, and an element keeps of
its children only the numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from connectors.files.pdf_links import Link
from connectors.files.pdf_objects import PdfObjects, pdf_text
from connectors.files.pdf_sheet import Sheet
from ir.records import dataclass

TAGGED_ROWS = 20_000
"""Rows of a document that are tagged cell by cell. Their tags take as long as the rows themselves and three times the
room, and a screen reader loads them all before it says a word; what lies beyond are hundreds of pages."""
_BRANCH = 500
"""Pages in one node of the tree that leads from marks to elements."""


@dataclass(slots=True)
class Element:
    """An element that still takes children."""

    number: int
    kind: str
    parent: int
    about: str = ""
    kids: list[str] = field(default_factory=list)


class Tags:
    """The tree of elements, begun by the document's own."""

    def __init__(self, objects: PdfObjects) -> None:
        self._objects = objects
        self.root = objects.reserve()
        self.document = Element(objects.reserve(), "Document", self.root)
        self._owners: list[tuple[int, int]] = []
        self._rows_left = TAGGED_ROWS

    def open(self, kind: str, parent: Element, *, about: str = "", alt: str | None = None) -> Element:
        number = self._objects.reserve()
        parent.kids.append(f"{number} 0 R")
        described = about if alt is None else f"{about}/Alt{pdf_text(alt)}"
        return Element(number, kind, parent.number, described)

    def close(self, element: Element) -> None:
        kids = f"/K[{' '.join(element.kids)}]" if element.kids else ""
        self._objects.pack(element.number, f"<</S/{element.kind}/P {element.parent} 0 R{element.about}{kids}>>")

    def mark(self, element: Element, sheet: Sheet) -> str:
        """The operator that begins a piece of `element` on the sheet; EMC ends it."""
        mark = sheet.own(element.number)
        element.kids.append(f"<</Type/MCR/Pg {sheet.number} 0 R/MCID {mark}>>")
        return f"/{element.kind}<</MCID {mark}>>BDC"

    def whole(self, kind: str, parent: Element, sheet: Sheet, *, about: str = "", alt: str | None = None) -> str:
        """The operator that begins an element of one piece."""
        element = self.open(kind, parent, about=about, alt=alt)
        begun = self.mark(element, sheet)
        self.close(element)
        return begun

    def take_rows(self, count: int) -> int:
        """How many of the next rows get tags for their cells."""
        taken = min(count, self._rows_left)
        self._rows_left -= taken
        return taken

    def cells(self, body: Element, sheet: Sheet, *, rows: int, columns: int, links: Mapping[int, Link]) -> int:
        """Rows of cells, one mark a cell; the first cell's mark. `links` are those of cells, counted row by row."""
        if not columns:
            return 0
        first_row, count = self._objects.reserve(rows), rows * columns
        first_cell, page = self._objects.reserve(count), sheet.number
        body.kids += [f"{row} 0 R" for row in range(first_row, first_row + rows)]
        mark = sheet.own(first_cell, count)
        names = [f"{cell} 0 R" for cell in range(first_cell, first_cell + count)]
        self._objects.pack(first_row, *[
            f"<</S/TR/P {body.number} 0 R/K[{' '.join(names[start : start + columns])}]>>"
            for start in range(0, count, columns)
        ])  # fmt: skip
        cells = [
            f"<</S/TD/P {row} 0 R/Pg {page} 0 R/K {mark + (row - first_row) * columns + place}>>"
            for row in range(first_row, first_row + rows)
            for place in range(columns)
        ]
        for cell, each in links.items():
            link = self._objects.reserve()
            cells[cell] = f"<</S/TD/P {first_row + cell // columns} 0 R/K {link} 0 R>>"
            self._objects.pack(link, f"<</S/Link/P {first_cell + cell} 0 R/Pg {page} 0 R/K[{mark + cell}"
                                     f"<</Type/OBJR/Obj {each.number} 0 R>>]>>")  # fmt: skip
            sheet.disown(mark + cell, link)
            self._objects.pack(each.number, each.dictionary(self.owned(link)))
        self._objects.pack(first_cell, *cells)
        return mark

    def owned(self, element: int) -> int:
        """The key under which an annotation or a page finds its element or elements."""
        self._owners.append((len(self._owners), element))
        return len(self._owners) - 1

    def finish_sheet(self, sheet: Sheet) -> int:
        """Write whose the sheet's marks are; the key to it."""
        owners = self._objects.pack(self._objects.reserve(), f"[{' '.join(sheet.owners())}]")
        return self.owned(owners)

    def finish(self) -> str:
        """Write the tree's top; the catalog's entry."""
        self.close(self.document)
        branches = []
        for start in range(0, len(self._owners), _BRANCH):
            some = self._owners[start : start + _BRANCH]
            named = " ".join(f"{key} {number} 0 R" for key, number in some)
            branch = self._objects.pack(
                self._objects.reserve(), f"<</Limits[{some[0][0]} {some[-1][0]}]/Nums[{named}]>>"
            )
            branches.append(f"{branch} 0 R")
        tree = self._objects.pack(self._objects.reserve(), f"<</Kids[{' '.join(branches)}]>>")
        self._objects.pack(self.root, f"<</Type/StructTreeRoot/K {self.document.number} 0 R/ParentTree {tree} 0 R"
                                      f"/ParentTreeNextKey {len(self._owners)}>>")  # fmt: skip
        return f"/StructTreeRoot {self.root} 0 R/MarkInfo<</Marked true>>"
