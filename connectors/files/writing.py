"""Writing a delivered file: what a report is, how a delivery wants it, and the face of every writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self, cast
from zoneinfo import ZoneInfo

import polars as pl

from connectors.files.formats import FORMATS
from connectors.problem import ConnectorProblem
from ir.column_format import ColumnFormat
from ir.diagnostics import did_you_mean
from ir.types import Schema

PLAIN = ColumnFormat.model_validate({})
"""The format of a column that nothing was said about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is delivered: the columns, how they are shown, and the words around the table.

    The rows come later, in batches whose dtypes are those of `columns` and whose number nobody knows yet.
    `generated_at` is the run's `now`; equal rows and an equal `generated_at` give equal bytes.
    """

    columns: Schema
    formats: Mapping[str, ColumnFormat] = field(default_factory=dict)
    title: str | None = None
    subtitle: str | None = None
    workflow: str = "workflow"
    generated_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    locale: str = "en"
    timezone: str = "UTC"
    empty_message: str | None = None

    @property
    def heading(self) -> str:
        """The title, or the workflow's name made readable: `monthly_sales-report` is "Monthly sales report"."""
        if self.title:
            return self.title
        words = self.workflow.replace("_", " ").replace("-", " ").strip()
        return words[:1].upper() + words[1:]

    @property
    def byline(self) -> str:
        """The subtitle, or when the report was made, in its own time zone."""
        return self.subtitle or f"{self.generated_local:%Y-%m-%d %H:%M} {self.timezone}"

    @property
    def generated_local(self) -> datetime:
        return self.generated_at.astimezone(ZoneInfo(self.timezone))

    def format_of(self, column: str) -> ColumnFormat:
        return self.formats.get(column, PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """A delivery's `options` and `rendering.page`, as far as writers read them."""

    delimiter: str | None = None
    header: bool = True
    encoding: str = "utf-8"
    date_format: str | None = None
    compression: str | None = None
    sheet_name: str | None = None
    excel_table: bool = False
    formatted: bool = False
    profile: str | None = None
    page_size: str = "A4"
    orientation: Literal["portrait", "landscape"] | None = None


class FileWriter(Protocol):
    """Takes a report's rows batch by batch and leaves one finished file.

    `finish` completes the file; `abort` closes it and leaves removing it to the destination.
    As a context manager it finishes when the block ends well and aborts when it raises.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the file should know, complete after `finish`: glyphs without a picture, cut cells."""
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
