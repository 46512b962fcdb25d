"""The byte stream a text format writes into: encoded and compressed on the way to the file."""

from __future__ import annotations

import bz2
import codecs
import gzip
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from connectors.files.writing import WriteOptions
from connectors.problem import ConnectorProblem

COMPRESSIONS = {"gzip": "gzip", "gz": "gzip", "zstd": "zstd", "zst": "zstd", "bz2": "bz2", "bzip2": "bz2"}
UTF8 = {"utf-8", "utf_8", "utf8"}


class OutputStream:
    """Bytes of UTF-8 in, bytes in the delivery's encoding and compression out to `path`."""

    __slots__ = ("_encode", "_encoding", "_layers", "_top")

    def __init__(self, path: Path, *, options: WriteOptions) -> None:
        self._encoding = options.encoding
        self._encode = encoder(options.encoding)
        compression = compression_of(options.compression)
        file = path.open("wb")
        self._layers: list[BinaryIO] = [file]
        if compression == "gzip":
            # No name and no time in the header: equal rows give equal bytes. Level 6 is a third of 9's time.
            self._layers.append(cast(BinaryIO, gzip.GzipFile("", "wb", 6, file, mtime=0)))
        elif compression == "bz2":
            self._layers.append(cast(BinaryIO, bz2.BZ2File(file, "wb")))
        elif compression == "zstd":
            import pyarrow as pa

            self._layers.append(cast(BinaryIO, pa.CompressedOutputStream(pa.PythonFile(file, "w"), "zstd")))
        self._top = self._layers[-1]

    def write_with(self, render: Callable[[BinaryIO], object]) -> None:
        """What `render` writes: straight into the file where nothing changes it on the way."""
        if self._encode is None and len(self._layers) == 1:
            self._top.flush()  # a library may write past Python's buffer
            render(self._top)
            return
        buffer = BytesIO()
        render(buffer)
        self.write(buffer.getvalue())

    def write(self, utf8: bytes) -> None:
        if self._encode is None:
            self._top.write(utf8)
            return
        try:
            self._top.write(self._encode.encode(utf8.decode()))
        except UnicodeEncodeError as error:
            character = error.object[error.start]
            raise ConnectorProblem(
                code="IR610",
                message=f'"{character}" (U+{ord(character):04X}) cannot be written in {self._encoding}',
                hint="leave `encoding` out for utf-8, which holds every character",
                key=("options", "encoding"),
            ) from error

    def close(self) -> None:
        with ExitStack() as closing:  # from the top down, the file also where a full disk refuses the rest
            for layer in self._layers:
                closing.callback(layer.close)
            self._layers = []


def encoder(encoding: str) -> codecs.IncrementalEncoder | None:
    if encoding.lower() in UTF8:
        return None
    try:
        return codecs.getincrementalencoder(encoding)()
    except LookupError as error:
        raise ConnectorProblem(
            code="IR610", message=f'"{encoding}" is no encoding known here',
            hint="write a codec name such as utf-8, utf-16, latin-1 or cp1252", key=("options", "encoding"),
        ) from error  # fmt: skip


def compression_of(word: str | None) -> str | None:
    if word is None or word in {"none", "uncompressed"}:
        return None
    if word.lower() not in COMPRESSIONS:
        raise ConnectorProblem(
            code="IR609", message=f'"{word}" is no compression known here',
            hint="write gzip, zstd, bz2 or none", key=("options", "compression"),
        )  # fmt: skip
    return COMPRESSIONS[word.lower()]
