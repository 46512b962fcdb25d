"""The file formats: a new one is a module of its own and a line here."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from ir.records import dataclass

_TEXT = ("encoding",)
_CELLS = ("null_values", "date_format")
_DELIMITED = ("delimiter", "quote", "header", "skip_rows", *_TEXT, *_CELLS)
COMMON_READ_OPTIONS = frozenset(
    ("format", "schema", "union_by_name", "partitioned", "file_column", "allow_empty", "incremental", "on_bad_row",
     "max_bad", "identifier_field", "identifier_fields", "time_window_hours", "timestamp_field", "description")
)  # fmt: skip
"""Keys of a source's `config` that every format knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A format: its endings, who reads and writes it ("module:function", loaded when needed) and its options."""

    name: str
    endings: tuple[str, ...]
    reader: str | None = None
    writer: str | None = None
    read_options: frozenset[str] = frozenset()
    write_options: frozenset[str] = frozenset()


def _format(name: str, *endings: str, reader: str | None = None, writer: str | None = None,
            reads: Iterable[str] = (), writes: Iterable[str] = ()) -> tuple[str, FileFormat]:  # fmt: skip
    return name, FileFormat(
        name=name, endings=endings, reader=f"connectors.files.{reader}" if reader else None,
        writer=f"connectors.files.{writer}" if writer else None,
        read_options=frozenset(reads), write_options=frozenset(writes),
    )  # fmt: skip


FORMATS: dict[str, FileFormat] = dict(
    (
        _format("csv", "csv", reader="csv:read_csv", writer="csv_writer:open_writer", reads=_DELIMITED,
                writes=("delimiter", "encoding", "header", "date_format", "compression", "formatted", "profile")),
        _format("tsv", "tsv", "tab", reader="csv:read_tsv", writer="csv_writer:open_tsv_writer", reads=_DELIMITED,
                writes=("delimiter", "encoding", "header", "date_format", "compression", "formatted")),
        _format("json", "json", reader="json:read_json", writer="json_writer:open_writer", reads=(*_TEXT, *_CELLS),
                writes=("encoding", "compression", "formatted")),
        _format("ndjson", "ndjson", "jsonl", reader="json:read_ndjson", writer="json_writer:open_ndjson_writer",
                reads=(*_TEXT, *_CELLS),
                writes=("encoding", "compression", "formatted")),
        _format("parquet", "parquet", "pq", reader="parquet:read_parquet", writer="parquet_writer:open_writer",
                writes=("compression",)),
        _format("arrow", "arrow", "feather", "ipc", reader="arrow:read_arrow"),
        _format("xlsx", "xlsx", "xlsm", reader="xlsx:read_xlsx", writer="xlsx_writer:open_writer",
                reads=("sheet", "tab", "range", "header", "skip_rows", *_CELLS),
                writes=("sheet_name", "excel_table", "date_format", "header")),
        _format("txt", "txt", "log", reader="txt:read_txt", writer="txt_writer:open_writer",
                reads=("skip_rows", *_TEXT),
                writes=("encoding", "header", "date_format", "profile", "page_breaks", "compression")),
        _format("html", "html", "htm", writer="html_writer:open_writer",
                writes=("encoding", "date_format", "header", "compression")),
        _format("pdf", "pdf", writer="pdf_writer:open_writer", writes=("date_format",)),
    )
)  # fmt: skip

COMPRESSIONS = {"gz": "gzip", "gzip": "gzip", "zst": "zstd", "zstd": "zstd", "bz2": "bzip2", "zip": "zip"}


def split_name(name: str) -> tuple[str, str | None]:
    """A file's name without the ending of its compression, and that compression."""
    stem, dot, ending = name.rpartition(".")
    compression = COMPRESSIONS.get(ending.lower()) if dot else None
    return (stem, compression) if compression else (name, None)


def format_of(name: str) -> FileFormat | None:
    """The format an (uncompressed) file's ending names."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return next((each for each in FORMATS.values() if ending in each.endings), None)


def load_slot(slot: str) -> Any:
    """The function a "module:function" text names."""
    module, _, function = slot.partition(":")
    return getattr(import_module(module), function)
