"""Writing a delivered file: how a delivery wants it, and the face of every writer."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

import polars as pl

from connectors.files.formats import FORMATS
from connectors.files.report import Facts, Report
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """A delivery's `options`, as far as writers read them."""

    delimiter: str | None = None
    header: bool = True
    encoding: str = "utf-8"
    date_format: str | None = None
    compression: str | None = None
    sheet_name: str | None = None
    excel_table: bool = False
    formatted: bool = False
    profile: str | None = None
    page_breaks: bool = False
    template: Path | None = None
    """A workbook to fill."""


class FileWriter(Protocol):
    """Takes a report's rows batch by batch and leaves one finished file.

    `finish` completes the file; `abort` closes it and leaves removing it to the destination.
    As a context manager it finishes when the block ends well and aborts when it raises.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the file should know, complete after `finish`: glyphs without a picture, cut cells."""
        ...

    def begin(self, facts: Facts) -> None:
        """The next part's rows follow. Formats that are one table need not be told."""
        ...

    def write(self, batch: pl.DataFrame) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Opener(Protocol):
    """What a format's module offers: begins a file at `path`, which is local, new and seekable."""

    def __call__(self, path: Path, *, report: Report, options: WriteOptions) -> FileWriter: ...


class BlockWriter:
    """The context manager half of a FileWriter, for writers to inherit."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.abort()

    @property
    def warnings(self) -> tuple[str, ...]:
        return ()

    def begin(self, facts: Facts) -> None:
        return

    def finish(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise NotImplementedError


def writable_formats() -> tuple[str, ...]:
    """The words a file delivery's `format` may be."""
    return tuple(name for name, known in FORMATS.items() if known.writer)


def open_writer(format: str, path: Path, *, report: Report, options: WriteOptions | None = None) -> FileWriter:
    """A writer of `format` at the local path `path`.

    Raises:
        ConnectorProblem: IR601 for a format that cannot be written, IR6xx for options it cannot follow.
    """
    known = FORMATS.get(format)
    if known is None or known.writer is None:
        raise ConnectorProblem(
            code="IR601",
            message=f'"{format}" is no format a file can be delivered in',
            hint=did_you_mean(format, writable_formats()) or f"the formats are {', '.join(writable_formats())}",
            key=("format",),
        )
    module, _, function = known.writer.partition(":")
    opener = cast(Opener, getattr(import_module(module), function))
    return opener(path, report=report, options=options or WriteOptions())
