"""The zip a workbook is: the rows of its sheets are packed as they come and joined with the rest at the end."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from tempfile import TemporaryFile
from typing import IO

LEVEL = 3
"""Of zlib: level 6 would make files 15 % smaller and take twice the time of all the rest."""
RAW = -15  # deflate without a header
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_POLYNOMIAL = 0xEDB88320  # of CRC-32, its bits reversed
_BLOCK = 1024 * 1024


class PackedRows:
    """A sheet's rows, deflated as they come into a nameless file that goes with the process."""

    def __init__(self) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
        self.size = 0
        self.crc = 0

    def add(self, xml: bytes) -> None:
        self.size += len(xml)
        self.crc = zlib.crc32(xml, self.crc)
        self._file.write(self._deflate.compress(xml))

    def packed(self) -> IO[bytes]:
        """All of it as blocks of deflate that others may follow, to be read from the start."""
        self._file.write(self._deflate.flush(zlib.Z_FULL_FLUSH))
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        self._file.close()


def add_part(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """A part of the package, dated as every other, so that equal content makes an equal file."""
    info = zipfile.ZipInfo(name, _FIRST_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, content)


def add_sheet(archive: zipfile.ZipFile, name: str, head: bytes, rows: PackedRows, tail: bytes) -> None:
    """A sheet's part: its rows as they are packed already, between what XML stands before and behind them.

    Deflate's blocks may follow each other where each stream was flushed, and the checksum of the whole is computed
    from those of its pieces: the rows are not unpacked again.
    """
    before = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    after = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    first = before.compress(head) + before.flush(zlib.Z_FULL_FLUSH)
    last = after.compress(tail) + after.flush()
    body = rows.packed()
    packed = body.seek(0, 2)
    body.seek(0)
    info = zipfile.ZipInfo(name, _FIRST_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.CRC = zlib.crc32(tail, _joined_crc(zlib.crc32(head), rows.crc, rows.size))
    info.file_size = len(head) + rows.size + len(tail)
    info.compress_size = len(first) + packed + len(last)
    out = archive.fp
    assert out is not None
    out.seek(archive.start_dir)
    info.header_offset = archive.start_dir
    out.write(info.FileHeader(zip64=max(info.file_size, info.compress_size) > zipfile.ZIP64_LIMIT))
    out.write(first)
    shutil.copyfileobj(body, out, _BLOCK)
    out.write(last)
    archive.filelist.append(info)
    archive.NameToInfo[name] = info
    archive.start_dir = out.tell()


def _joined_crc(first: int, second: int, length: int) -> int:
    """The CRC-32 of two pieces put together, `length` bytes being in the second.

    A byte shifts the first one's remainder by x^8; so many bytes by x^(8 * length), which is found by squaring.
    """
    shift, power = 1 << 31, 1 << 23
    while length:
        if length & 1:
            shift = _product(power, shift)
        power = _product(power, power)
        length >>= 1
    return _product(shift, first) ^ second


def _product(left: int, right: int) -> int:
    """Two polynomials over bits, multiplied modulo CRC-32's."""
    product = 0
    for place in range(31, -1, -1):
        if left >> place & 1:
            product ^= right
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return product
