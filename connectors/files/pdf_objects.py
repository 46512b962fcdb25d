"""A PDF file's objects: each is written once it is known, and where it stands is all that is kept of it."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

_LEVEL = 3
"""zlib's level: 9 makes pages 8 % smaller for five times the time."""
_SHARED = 1 << 8
"""So many small objects share a compressed stream."""
_FREE, _PLAIN, _PACKED = 0xFFFF, 1 << 56, 2 << 56


class PdfObjects:
    """Objects by number. The table of their places is a stream whose entries are eight bytes each: the kind, five
    bytes for a place in the file or the stream that holds it, two for its place in there."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._places = array("Q", [_FREE])
        self._numbers: list[int] = []
        self._bodies: list[str] = []
        self._file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def reserve(self, count: int = 1) -> int:
        """The first of `count` new numbers that follow each other."""
        first = len(self._places)
        self._places.frombytes(bytes(8 * count))
        return first

    def put(self, number: int, body: bytes) -> None:
        """Write an object by itself."""
        self._places[number] = _PLAIN | self._file.tell() << 16
        self._file.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def stream(self, content: bytes, entries: str = "", *, number: int | None = None, plain: bool = False) -> int:
        """Write a stream, compressed unless `plain`, with these further entries in its dictionary."""
        packed = content if plain else zlib.compress(content, _LEVEL)
        filtered = "" if plain else "/Filter/FlateDecode"
        head = f"<<{entries}{filtered}/Length {len(packed)}>>stream\n".encode()
        number = number or self.reserve()
        self.put(number, head + packed + b"\nendstream")
        return number

    def pack(self, number: int, *bodies: str) -> int:
        """Write small objects, numbered on from `number`, into a stream that many share."""
        self._numbers += range(number, number + len(bodies))
        self._bodies += bodies
        while len(self._bodies) >= _SHARED:
            self._write_shared(self._numbers[:_SHARED], self._bodies[:_SHARED])
            del self._numbers[:_SHARED], self._bodies[:_SHARED]
        return number

    def _write_shared(self, numbers: Sequence[int], bodies: Sequence[str]) -> None:
        # Objects in a stream need nothing between them.
        starts = accumulate(map(len, bodies), initial=0)
        index = " ".join(map("%d %d".__mod__, zip(numbers, starts, strict=False))) + " "
        content = f"{index}{''.join(bodies)}".encode("latin-1")
        stream = self.stream(content, f"/Type/ObjStm/N {len(bodies)}/First {len(index)}")
        place = _PACKED | stream << 16
        if numbers == [*range(numbers[0], numbers[0] + len(numbers))]:
            self._places[numbers[0] : numbers[0] + len(numbers)] = array("Q", range(place, place + len(numbers)))
        else:
            for number in numbers:
                self._places[number] = place
                place += 1

    def finish(self, *, root: int, about: int, identity: str) -> None:
        """Write what waits, the table of places and the way to `root`, the catalog."""
        if self._bodies:
            self._write_shared(self._numbers, self._bodies)
        number, start = self.reserve(), self._file.tell()
        self._places[number] = _PLAIN | start << 16
        table = array("Q", self._places)
        if sys.byteorder == "little":
            table.byteswap()
        packed = zlib.compress(table.tobytes(), _LEVEL)
        self._file.write(
            f"{number} 0 obj\n<</Type/XRef/Size {number + 1}/W[1 5 2]/Root {root} 0 R/Info {about} 0 R"
            f"/ID[<{identity}><{identity}>]/Filter/FlateDecode/Length {len(packed)}>>stream\n".encode()
        )
        self._file.write(packed + f"\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n".encode())
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    @property
    def written(self) -> int:
        """Bytes so far."""
        return self._file.tell()


def pdf_text(text: str) -> str:
    """A text outside of pages, such as a title: UTF-16 in hexadecimal, which no character can break out of."""
    return f"<feff{text.encode('utf-16-be', 'replace').hex()}>"
