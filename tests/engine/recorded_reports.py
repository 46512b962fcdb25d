"""What a run hands to the writer of a document, kept in place of a file's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from connectors.files.report import Facts, Part, Report
from connectors.files.writing import BlockWriter, WriteOptions


@dataclass
class Table:
    """A part with what was known before its rows came, and the rows of the columns that are shown."""

    part: Part
    facts: Facts
    batches: list[pl.DataFrame] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch.select(self.part.columns.names).rows(named=True)]

    @property
    def hidden(self) -> list[dict[str, Any]]:
        """The rows of the columns that are not shown."""
        names = self.part.columns.names
        return [row for batch in self.batches for row in batch.drop(names).rows(named=True)]


@dataclass
class Document:
    report: Report
    tables: list[Table] = field(default_factory=list)


class Recorder(BlockWriter):
    """A writer that keeps what it is told, and writes one byte for each row."""

    def __init__(self, path: Path, document: Document) -> None:
        self._path, self._document = path, document

    def begin(self, facts: Facts) -> None:
        parts = self._document.report.tables
        self._document.tables.append(Table(parts[len(self._document.tables)], facts))

    def write(self, batch: pl.DataFrame) -> None:
        if not self._document.tables:  # formats that are one table are not told when it begins
            self.begin(Facts())
        self._document.tables[-1].batches.append(batch)

    def finish(self) -> None:
        self._path.write_bytes(b".")

    def abort(self) -> None:
        return


def recorded(workflow: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, out: Path, **options: Any) -> list[Document]:
    """The documents that a run makes, in the order in which they are begun."""
    documents: list[Document] = []

    def open_writer(format: str, path: Path, *, report: Report, options: WriteOptions | None = None) -> Recorder:
        documents.append(Document(report))
        return Recorder(path, documents[-1])

    monkeypatch.setattr("engine.file_delivering.open_writer", open_writer)
    monkeypatch.setattr("engine.split_output.open_writer", open_writer)
    wf.run(workflow, out=out, **options)
    return documents
