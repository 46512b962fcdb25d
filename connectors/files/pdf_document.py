"""A PDF file written object by object: a finished page leaves memory at once.

Libraries keep every page until they save (a gigabyte for a million rows). The page count stands on every page and is
known last: pages refer to one form that is written at the end.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from datetime import datetime
from pathlib import Path

from connectors.files.pdf_fonts import PdfFonts

_LEVEL = 3
"""zlib's level: 9 makes pages 8 % smaller for five times the time."""


class PdfDocument:
    """Pages of one size, in the order they are added."""

    def __init__(
        self, path: Path, *, size: tuple[float, float], title: str, created: datetime, fonts: PdfFonts
    ) -> None:
        self._file = path.open("wb")
        self._offsets = array("Q", [0])
        self._size, self._fonts, self._title, self._created = size, fonts, title, created
        self._pages: array[int] = array("L")
        self._put_raw(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._catalog, self._tree, self._resources, self._total = (self.reserve() for _ in range(4))

    @property
    def pages(self) -> int:
        return len(self._pages)

    def add_page(self, content: str) -> None:
        """A page of these operators; `/Total Do` stands for the number of pages."""
        stream = self.stream(content.encode("latin-1"))
        width, height = self._size
        page = self.reserve()
        self.put(page, f"<</Type/Page/Parent {self._tree} 0 R/MediaBox[0 0 {width:g} {height:g}]"
                        f"/Resources {self._resources} 0 R/Contents {stream} 0 R>>".encode())  # fmt: skip
        self._pages.append(page)

    def close(self, *, total: str) -> None:
        """Write what was left for the end: `total` are the operators behind `/Total Do`."""
        form = f"/Type/XObject/Subtype/Form/BBox[0 -300 20000 1200]/Resources {self._resources} 0 R"
        self.stream(total.encode("latin-1"), form, number=self._total)
        self.put(self._resources, f"<</Font<<{self._fonts.put(self)}>>/XObject<</Total {self._total} 0 R>>>>".encode())
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self.put(self._tree, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        self.put(self._catalog, f"<</Type/Catalog/Pages {self._tree} 0 R"
                                 "/ViewerPreferences<</DisplayDocTitle true>>>>".encode())  # fmt: skip
        self._finish(self._put_info())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    def _put_info(self) -> int:
        info = self.reserve()
        title = ("\ufeff" + self._title).encode("utf-16-be").hex()
        when = f"D:{self._created:%Y%m%d%H%M%S}Z"
        self.put(info, f"<</Title<{title}>/Producer(weirflow)/CreationDate({when})/ModDate({when})>>".encode())
        return info

    def stream(self, content: bytes, entries: str = "", *, number: int | None = None) -> int:
        packed = zlib.compress(content, _LEVEL)
        number = number or self.reserve()
        head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>stream\n".encode()
        self.put(number, head + packed + b"\nendstream")
        return number

    def reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def put(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._file.tell()
        self._put_raw(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _put_raw(self, data: bytes) -> None:
        self._file.write(data)

    def _finish(self, info: int) -> None:
        start = self._file.tell()
        rows = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets[1:])
        self._put_raw(b"xref\n0 %d\n0000000000 65535 f \n" % len(self._offsets) + rows)
        identity = hashlib.md5(f"{self._title} {self._created} {start}".encode(), usedforsecurity=False).hexdigest()
        self._put_raw(f"trailer\n<</Size {len(self._offsets)}/Root {self._catalog} 0 R/Info {info} 0 R"
                      f"/ID[<{identity}><{identity}>]>>\nstartxref\n{start}\n%%EOF\n".encode())  # fmt: skip
