"""Parquet files that are read where they lie: their footers first, then only the columns and row groups wanted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeVar

from connectors.problem import ConnectorProblem
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.files.source import SourceFile

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 16
_TAIL_BYTES = 64 * 1024
"""What holds most footers: they are fetched with the one request that tells their length."""
_MAGIC = b"PAR1"


class Options(dict[str, str]):
    """What Polars opens a store with; there are keys in it, and no script is told of them."""

    def __repr__(self) -> str:
        return "<options of a store>"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFile:
    """A file by the URL and the options with which Polars reads it itself."""

    url: str
    options: Options = field(repr=False)


def network_file(file: SourceFile) -> NetworkFile | None:
    """The file where Polars can read parts of it; None for local and packed ones, and other stores."""
    if file.stored.path is not None or file.compression is not None:
        return None
    place = file.stored.place
    with place.asked() as store:
        found = store.network_file(place.inner)
    return None if found is None else NetworkFile(url=found[0], options=Options(found[1]))


def side_by_side(call: Callable[[T], R], items: Sequence[T], *, remote: bool) -> list[R]:
    """What the call gives for each; a store is asked for several at once."""
    if not remote or len(items) < 2:
        return [call(each) for each in items]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(call, items))


def footer(file: SourceFile) -> io.BytesIO | None:
    """The end of a Parquet file in a store as a file without rows; None where its store gives no parts of files.

    Raises:
        ConnectorProblem: IR523 for what is no Parquet file.
    """
    place, size = file.stored.place, file.stored.size
    if size is None:
        return None
    with place.asked() as store:
        if not store.reads_ranges:
            return None
        tail = store.tail(place.inner, size, _TAIL_BYTES)
        length = int.from_bytes(tail[-8:-4], "little") + 8
        if tail[-4:] != _MAGIC or length > size:
            raise ConnectorProblem("IR523", f"{file.shown} is no Parquet file, or is cut short", key=("location",),
                                   hint="write the file again, or name its real format")  # fmt: skip
        if length > len(tail):
            tail = store.tail(place.inner, size, length)
    return io.BytesIO(_MAGIC + tail[-length:])


def changed(file: SourceFile) -> SourceFile | None:
    """The file as its store has it now, None where it is still the one that was found.

    Raises:
        ConnectorProblem: IR505 when it has vanished.
    """
    place = file.stored.place
    with place.asked() as store:
        now = store.info(place.inner)
        if now is None:
            raise FileNotFoundError(file.shown)
    if now.version and now.version == file.stored.version:
        return None
    return replace(file, stored=replace(file.stored, size=now.size, version=now.version))


def are_remote(files: Iterable[SourceFile]) -> bool:
    return any(each.stored.path is None for each in files)
