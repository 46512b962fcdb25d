"""A PDF file written object by object: a finished page leaves memory at once.

ReportLab's canvas keeps every page until it saves (a gigabyte for a million rows), so only its font machinery is
used here. The page count stands on every page and is known last: pages refer to one form that is written at the end.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from datetime import datetime
from pathlib import Path

from connectors.files.pdf_font import PdfFont

_LEVEL = 3
"""zlib's level: 9 makes pages 8 % smaller for five times the time."""


class PdfDocument:
    """Pages of one size with one font, in the order they are added."""

    def __init__(self, path: Path, *, size: tuple[float, float], title: str, created: datetime, font: PdfFont) -> None:
        self._file = path.open("wb")
        self._offsets = array("Q", [0])
        self._size, self._font, self._title, self._created = size, font, title, created
        self._pages: array[int] = array("L")
        self._put_raw(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        self._catalog, self._tree, self._resources, self._total = (self._reserve() for _ in range(4))

    @property
    def pages(self) -> int:
        return len(self._pages)

    def add_page(self, content: str) -> None:
        """A page of these operators; `/Total Do` stands for the number of pages."""
        stream = self._stream(content.encode("latin-1"))
        width, height = self._size
        page = self._reserve()
        self._put(page, f"<</Type/Page/Parent {self._tree} 0 R/MediaBox[0 0 {width:g} {height:g}]"
                        f"/Resources {self._resources} 0 R/Contents {stream} 0 R>>".encode())  # fmt: skip
        self._pages.append(page)

    def close(self, *, total: str) -> None:
        """Write what was left for the end: `total` are the operators behind `/Total Do`."""
        form = f"/Type/XObject/Subtype/Form/BBox[0 -300 20000 1200]/Resources {self._resources} 0 R"
        self._stream(total.encode("latin-1"), form, number=self._total)
        fonts = "".join(f"/F{index} {self._put_font(index)} 0 R" for index in range(len(self._font.subsets)))
        self._put(self._resources, f"<</Font<<{fonts}>>/XObject<</Total {self._total} 0 R>>>>".encode())
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._put(self._tree, f"<</Type/Pages/Count {len(self._pages)}/Kids[{kids}]>>".encode())
        self._put(self._catalog, f"<</Type/Catalog/Pages {self._tree} 0 R"
                                 "/ViewerPreferences<</DisplayDocTitle true>>>>".encode())  # fmt: skip
        self._finish(self._put_info())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    def _put_info(self) -> int:
        info = self._reserve()
        title = ("\ufeff" + self._title).encode("utf-16-be").hex()
        when = f"D:{self._created:%Y%m%d%H%M%S}Z"
        self._put(info, f"<</Title<{title}>/Producer(weirflow)/CreationDate({when})/ModDate({when})>>".encode())
        return info

    def _put_font(self, index: int) -> int:
        """One subset: the font program with just its glyphs, and the table back to Unicode."""
        face, codes = self._font.face, self._font.subsets[index]
        name = f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[index % 26] * 6}+NotoSans{index}"
        program = face.makeSubset(codes)
        file = self._stream(program, f"/Length1 {len(program)}")
        unicode = self._stream(_to_unicode(codes))
        bounds = " ".join(f"{round(each)}" for each in face.bbox)
        descriptor = self._reserve()
        self._put(descriptor, f"<</Type/FontDescriptor/FontName/{name}/Flags 4/FontBBox[{bounds}]/ItalicAngle 0"
                              f"/Ascent {face.ascent:g}/Descent {face.descent:g}/CapHeight {face.capHeight:g}"
                              f"/StemV {face.stemV:g}/FontFile2 {file} 0 R>>".encode())  # fmt: skip
        widths = " ".join(f"{round(face.getCharWidth(code)):d}" for code in codes)
        font = self._reserve()
        self._put(font, f"<</Type/Font/Subtype/TrueType/BaseFont/{name}/FirstChar 0/LastChar 255/Widths[{widths}]"
                        f"/FontDescriptor {descriptor} 0 R/ToUnicode {unicode} 0 R>>".encode())  # fmt: skip
        return font

    def _stream(self, content: bytes, entries: str = "", *, number: int | None = None) -> int:
        packed = zlib.compress(content, _LEVEL)
        number = number or self._reserve()
        head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>stream\n".encode()
        self._put(number, head + packed + b"\nendstream")
        return number

    def _reserve(self) -> int:
        self._offsets.append(0)
        return len(self._offsets) - 1

    def _put(self, number: int, body: bytes) -> None:
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


def _to_unicode(codes: list[int]) -> bytes:
    """The table from codes to Unicode, in sections of at most 100 lines as the format demands."""
    used = [(code, chr(character)) for code, character in enumerate(codes) if character]
    lines = [f"<{code:02X}> <{character.encode('utf-16-be').hex().upper()}>" for code, character in used]
    parts = ["/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CIDSystemInfo",
             "<</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def /CMapName /Adobe-Identity-UCS def",
             "/CMapType 2 def 1 begincodespacerange <00> <FF> endcodespacerange"]  # fmt: skip
    for start in range(0, len(lines), 100):
        section = lines[start : start + 100]
        parts += [f"{len(section)} beginbfchar", *section, "endbfchar"]
    return "\n".join([*parts, "endcmap CMapName currentdict /CMap defineresource pop end end"]).encode()
