"""What a delivery's options hold that no writer could follow: asked before a row moves.

The writers ask the same again when they open; here nothing is imported for an option that is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from connectors.files.formats import FileFormat
from connectors.files.writing import WriteOptions
from connectors.problem import ConnectorProblem
from ir.types import Date, Schema
from transforms.date_patterns import PATTERN_HINT, pattern_problem


def option_problems(
    kind: FileFormat, options: WriteOptions, columns: Schema | None = None
) -> Iterator[ConnectorProblem]:
    """The problems of those options that the format has; `columns` where they are known already."""
    if options.profile == "lines" and columns is not None and "profile" in kind.write_options:
        from connectors.files.txt_writer import lines_problem

        if problem := lines_problem(columns):
            yield problem
    for key, check in _CHECKS.items():
        if key in kind.write_options and getattr(options, key):
            try:
                check(kind, options)
            except ConnectorProblem as problem:
                yield problem


def _delimiter(kind: FileFormat, options: WriteOptions) -> None:
    from connectors.files.csv_writer import field_separator

    field_separator(options.delimiter or "")


def _encoding(kind: FileFormat, options: WriteOptions) -> None:
    from connectors.files.streams import encoder

    encoder(options.encoding)


def _compression(kind: FileFormat, options: WriteOptions) -> None:
    if kind.name == "parquet":
        from connectors.files.parquet_writer import codec_of

        codec_of(options.compression)
        return
    from connectors.files.streams import compression_of

    compression_of(options.compression)


def _date_format(kind: FileFormat, options: WriteOptions) -> None:
    if problem := pattern_problem(options.date_format or "", Date()):
        raise ConnectorProblem("IR604", problem, key=("options", "date_format"), hint=PATTERN_HINT)


_CHECKS: dict[str, Callable[[FileFormat, WriteOptions], None]] = {
    "delimiter": _delimiter,
    "encoding": _encoding,
    "compression": _compression,
    "date_format": _date_format,
}
