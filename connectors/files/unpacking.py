"""Compressed files: their first bytes for the plan, and one streamed copy in scratch for the run."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from connectors.files.source import SourceFile
from connectors.policy import GIB, Policy
from connectors.problem import ConnectorProblem

BLOCK = 1024 * 1024
_BOMB_RATIO = 250
_BOMB_FROM = GIB // 2
_DAMAGED = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@contextmanager
def open_unpacked(file: SourceFile) -> Iterator[IO[bytes]]:
    """The file's bytes as they were before compression.

    Raises:
        ConnectorProblem: IR523 when the compressed stream is cut short or damaged.
    """
    try:
        with file.stored.open() as packed:
            match file.compression:
                case "gzip":
                    yield cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
                case "bzip2":
                    yield cast("IO[bytes]", bz2.BZ2File(packed))
                case "zstd":
                    yield _zstd(packed)
                case "zip":
                    with zipfile.ZipFile(packed) as archive, archive.open(cast(str, file.member)) as member:
                        yield member
                case _:
                    yield packed
    except ConnectorProblem:
        raise
    except _DAMAGED as error:
        if file.compression is None:
            raise ConnectorProblem("IR506", f"{file.shown} could not be read: {error}", key=("location",)) from error
        if "password" in str(error):
            raise ConnectorProblem("IR523", f"{file.shown} is encrypted", key=("location",),
                                   hint="unpack it with its password first") from error  # fmt: skip
        raise ConnectorProblem(
            "IR523", f"{file.shown} is cut short or damaged: its {file.compression} data does not unpack",
            key=("location",), hint="fetch or write the file again",
        ) from error  # fmt: skip


def _zstd(packed: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa

    # pyarrow brings zstd along; a truncated frame ends in an OSError like the others.
    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd"))


def read_head(file: SourceFile, limit: int) -> tuple[bytes, bool]:
    """Up to `limit` bytes from the start, and whether that is all there is."""
    parts, size = [], 0
    with open_unpacked(file) as stream:
        while size <= limit and (part := stream.read(min(BLOCK, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    head = b"".join(parts)
    return head[:limit], len(head) <= limit


def zip_members(file: SourceFile) -> list[tuple[str, int]]:
    """Names and sizes of the files in a zip, folders and the junk of macOS left out."""
    try:
        with file.stored.open() as packed, zipfile.ZipFile(packed) as archive:
            return [
                (each.filename, each.file_size)
                for each in archive.infolist()
                if not each.is_dir() and not each.filename.startswith("__MACOSX/")
            ]
    except zipfile.BadZipFile as error:
        raise ConnectorProblem("IR523", f"{file.stored.shown} is no zip file, or is cut short",
                               key=("location",), hint="fetch or write the file again") from error  # fmt: skip


def unpack(file: SourceFile, target: Path, policy: Policy, encoding: str | None = None) -> Path:
    """A local UTF-8 copy of the file at `target`, streamed and whole or not at all.

    Raises:
        ConnectorProblem: IR524 when it unpacks to more than the policy allows or as only a bomb does, IR522 when
            the text is not of its encoding.
    """

    def fill(partial: Path) -> None:
        written = 0
        with open_unpacked(file) as stream, partial.open("wb") as sink:
            source = _transcoded(stream, encoding, file) if encoding else _blocks(stream)
            for block in source:
                written += len(block)
                _check_bomb(file, written, policy)
                sink.write(block)

    return write_once(target, fill)


def write_once(target: Path, fill: Callable[[Path], None]) -> Path:
    """`target`, made by `fill` unless it is there already; never seen half-written."""
    if target.exists():
        return target
    partial = target.with_name(f"{target.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        fill(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block


def _transcoded(stream: IO[bytes], encoding: str, file: SourceFile) -> Iterator[bytes]:
    reader = io.TextIOWrapper(
        cast("IO[bytes]", io.BufferedReader(cast(io.RawIOBase, stream))), encoding=encoding, newline=""
    )
    try:
        while text := reader.read(BLOCK):
            yield text.encode()
    except UnicodeError as error:
        raise ConnectorProblem(
            "IR522",
            f"{file.shown} is not {encoding} text",
            key=("config", "encoding"),
            hint="write the encoding it has, such as utf-8, latin-1, cp1252 or utf-16",
        ) from error


def _check_bomb(file: SourceFile, written: int, policy: Policy) -> None:
    if file.compression is None:
        return
    packed = file.stored.size or 0
    suspicious = written > _BOMB_FROM and packed and written > packed * _BOMB_RATIO
    if written > policy.max_unpacked_bytes or suspicious:
        raise ConnectorProblem(
            "IR524",
            f"{file.shown} unpacks to more than {written // BLOCK} MB from {packed // 1024} KB",
            key=("location",),
            hint="unpack it yourself if you trust it; a source may not grow like that",
        )


def local_copy(file: SourceFile, scratch: Path, ending: str, policy: Policy) -> Path:
    """The file itself where it is local and plain, else its copy in scratch."""
    if file.stored.path is not None and file.compression is None:
        return file.stored.path
    return unpack(file, scratch / f"{file.stored.identity()}{ending}", policy)


@contextmanager
def open_seekable(file: SourceFile, policy: Policy) -> Iterator[IO[bytes]]:
    """The unpacked file for formats that are read from their end; a compressed one goes through a temporary file."""
    if file.compression is None:
        with file.stored.open() as stream:
            yield stream
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        unpack(file, Path(folder) / "unpacked", policy).open("rb") as stream,
    ):
        yield stream
