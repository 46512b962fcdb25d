"""A PDF document: pages in the order they are finished, what they share, and what is known of it all at the end.

Libraries keep every page until they save (a gigabyte for a million rows). The page count stands on every page and is
known last: pages refer to one form that is written at the end.
"""

from __future__ import annotations

import hashlib
from array import array
from pathlib import Path

from connectors.files.pdf_fonts import PdfFonts
from connectors.files.pdf_image import Picture, put_picture
from connectors.files.pdf_metadata import language_of, put_information, put_metadata
from connectors.files.pdf_objects import PdfObjects, pdf_text
from connectors.files.pdf_outline import Outline
from connectors.files.pdf_sheet import Paper, Sheet
from connectors.files.pdf_tags import Tags
from connectors.files.report import Report

_BRANCH = 250
"""Pages in one node of the tree of pages."""


class PdfDocument:
    """The file; sheets are begun and written in the order of its pages."""

    def __init__(self, path: Path, *, report: Report, fonts: PdfFonts) -> None:
        self.objects = PdfObjects(path)
        self.tags = Tags(self.objects)
        self.outline = Outline()
        self._report, self._fonts = report, fonts
        self._sheets = 0
        self._pages: array[int] = array("L")
        self._branches: list[int] = []
        self._pictures: dict[str, int] = {}
        self._catalog, self._tree, self._resources, self._total = (self.objects.reserve() for _ in range(4))

    @property
    def sheets(self) -> int:
        """How many pages were begun."""
        return self._sheets

    def new_sheet(self, paper: Paper) -> Sheet:
        self._sheets += 1
        return Sheet(paper, self.objects.reserve(), self._sheets)

    def add_picture(self, name: str, content: bytes) -> Picture | None:
        """A picture that pages show by `/name Do`; None where it cannot be read."""
        picture = put_picture(self.objects, content)
        if picture is not None:
            self._pictures[name] = picture.number
        return picture

    def write_sheet(self, sheet: Sheet) -> None:
        """Write a page that is complete; `/Total Do` in it stands for the number of pages."""
        ground = ["/Artifact BMC", *sheet.ground, "EMC"] if sheet.ground else []
        content = "\n".join([*ground, *sheet.content, sheet.foot])
        stream = self.objects.stream(content.encode("latin-1"))
        if not len(self._pages) % _BRANCH:
            self._branches.append(self.objects.reserve())
        key = self.tags.finish_sheet(sheet)
        links = f"/Annots[{' '.join(f'{each} 0 R' for each in sheet.annotations)}]" if sheet.annotations else ""
        width, height = sheet.paper.width, sheet.paper.height
        entries = [
            f"/Type/Page/Parent {self._branches[-1]} 0 R/MediaBox[0 0 {width:g} {height:g}]/Contents {stream} 0 R",
            f"/Resources {self._resources} 0 R{links}/StructParents {key}/Tabs/S",
        ]
        self.objects.pack(sheet.number, f"<<{''.join(entries)}>>")
        self._pages.append(sheet.number)

    def close(self, *, total: str) -> None:
        """Write what was left for the end: `total` are the operators behind `/Total Do`."""
        fonts = self._fonts.put(self.objects)
        form = f"/Type/XObject/Subtype/Form/BBox[0 -300 20000 1200]/Resources<</Font<<{fonts}>>>>"
        self.objects.stream(total.encode("latin-1"), form, number=self._total)
        pictures = "".join(f"/{name} {number} 0 R" for name, number in self._pictures.items())
        self.objects.put(
            self._resources, f"<</Font<<{fonts}>>/XObject<</Total {self._total} 0 R{pictures}>>>>".encode()
        )
        self._put_page_tree()
        metadata, about = put_metadata(self.objects, self._report), put_information(self.objects, self._report)
        outline, tags = self.outline.write(self.objects), self.tags.finish()
        self.objects.put(self._catalog, f"<</Type/Catalog/Pages {self._tree} 0 R/Metadata {metadata} 0 R"
                                        f"/Lang{pdf_text(language_of(self._report))}{outline}{tags}"
                                        "/ViewerPreferences<</DisplayDocTitle true>>>>".encode())  # fmt: skip
        seed = f"{self._report.heading} {self._report.generated_at} {self.objects.written}".encode("utf-8", "replace")
        self.objects.finish(
            root=self._catalog, about=about, identity=hashlib.md5(seed, usedforsecurity=False).hexdigest()
        )

    def _put_page_tree(self) -> None:
        kids = " ".join(f"{each} 0 R" for each in self._branches)
        for place, branch in enumerate(self._branches):
            pages = self._pages[place * _BRANCH : (place + 1) * _BRANCH]
            named = " ".join(f"{page} 0 R" for page in pages)
            self.objects.pack(branch, f"<</Type/Pages/Parent {self._tree} 0 R/Count {len(pages)}/Kids[{named}]>>")
        self.objects.pack(self._tree, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>")

    def abandon(self) -> None:
        self.objects.abandon()
