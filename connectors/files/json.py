"""Reading JSON: one array of objects, or one object a line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import polars as pl

from connectors.bad_rows import BadRowRule
from connectors.files import cell_polars, cell_sql
from connectors.files.careful import BATCH_ROWS, careful_frame
from connectors.files.cells import Cell
from connectors.files.columns import same_names
from connectors.files.csv_head import read_dialect
from connectors.files.date_format import parse_date_format
from connectors.files.json_columns import JsonColumn, pin_json
from connectors.files.json_documents import BrokenLine, array_items, lines_items
from connectors.files.json_spool import spool
from connectors.files.source import Copy, ReadRequest, SourceFile
from connectors.files.sql_calls import call_table, options
from connectors.files.unpacking import open_unpacked, unpack, write_once
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.values import plain, text_of
from ir.records import dataclass
from ir.types import Json, Schema, String
from transforms.expressions.polars_columns import exact

if TYPE_CHECKING:
    from sqlglot import exp

_SAMPLED_ROWS = 2000
_LONGEST_OBJECT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonScan:
    """JSON files with pinned columns.

    Lines of plain values are scanned by the engines themselves (`native`); everything else (arrays, nested values,
    decimals, values that need converting) is converted once, by the rules of connectors.values, into Parquet in
    scratch.
    """

    columns: dict[str, JsonColumn]
    native: bool
    lines: bool
    encoding: str
    null_values: frozenset[str]
    policy: Policy

    @property
    def schema(self) -> Schema:
        return Schema({name: column.cell.kind for name, column in self.columns.items()})

    def items(self, file: SourceFile, broken: list[ConnectorProblem] | None = None) -> Iterator[dict[str, Any]]:
        """The objects of a file; what is no object goes into `broken` where there is one, but for the first item.

        Raises:
            ConnectorProblem: IR534 for what is no JSON or no object.
        """
        with open_unpacked(file) as stream:
            for number, item in enumerate(self._values(stream, file.shown), 1):
                if isinstance(item, dict):
                    yield item
                    continue
                problem = _no_object(item, number, file.shown)
                if broken is None or number == 1:
                    raise problem
                broken.append(problem)

    def _values(self, stream: IO[bytes], shown: str) -> Iterator[Any]:
        if self.lines:
            return lines_items(stream, encoding=self.encoding, shown=shown)
        return array_items(stream, encoding=self.encoding, shown=shown)

    def prepare(self, file: SourceFile, scratch: Path) -> Path:
        stem = scratch / file.stored.identity()
        if not self.native:
            return spool(self._converted(file), stem.with_suffix(".json.parquet"), self.schema)
        if file.stored.path is not None and file.compression is None and not _has_mark(file.stored.path):
            path = file.stored.path
        else:
            path = unpack(file, stem.with_suffix(".ndjson"), self.policy, "utf-8-sig")
        self._check_keys(path, stem.with_suffix(".keys"), file.shown)
        return path

    def _check_keys(self, path: Path, checked: Path, shown: str) -> None:
        """Refuse a key that no column stands for: the engines would leave it out without a word.

        One pass over the file a run, 1.2 CPU seconds for a million rows of four values.
        """

        def check(partial: Path) -> None:
            try:
                keys = pl.scan_ndjson(path, infer_schema_length=None).collect_schema().names()
            except pl.exceptions.PolarsError:
                keys = []  # a line that is none: the scan itself will say so
            self._refuse_unknown(keys, shown)
            partial.touch()

        write_once(checked, check)

    def _refuse_unknown(self, keys: Iterable[str], where: str) -> None:
        for key in keys:
            if key not in self.columns:
                raise ConnectorProblem(
                    "IR536", f'{where}: the key "{key}" stands for no column', key=("location",),
                    hint=f"declare it: schema: {{{json.dumps(key, ensure_ascii=False)}: string}}",
                    notes=["the columns are those of a sample of the file, and the declared ones"],
                )  # fmt: skip

    def _converted(self, file: SourceFile) -> Iterator[dict[str, Any]]:
        for number, item in enumerate(self.items(file), 1):
            if not item.keys() <= self.columns.keys():
                self._refuse_unknown(item, f"{file.shown}, item {number}")
            row: dict[str, Any] = {}
            for name, column in self.columns.items():
                value = item.get(name)
                try:
                    row[name] = column.convert(value, self.null_values)
                except ValueError as error:
                    raise ConnectorProblem(
                        "IR533", f'{file.shown}, item {number}, column "{name}": {error}', key=column.key(name),
                        hint=f'correct the value, or declare "{name}" as a wider type',
                    ) from error  # fmt: skip
            yield row

    def to_polars(self, copies: Sequence[Copy]) -> pl.LazyFrame:
        paths = [each.path for each in copies]
        if not self.native:
            return pl.scan_parquet(paths, glob=False)
        dtypes = {name: cell_polars.scan_dtype(column.cell) for name, column in self.columns.items()}
        return pl.scan_ndjson(paths, schema=dtypes).select(
            cell_polars.typed(exact(name), column.cell, dtypes[name]).alias(name)
            for name, column in self.columns.items()
        )

    def to_sql(self, copies: Sequence[Copy]) -> exp.Query | None:
        from sqlglot import exp

        paths = [each.path for each in copies]
        columns = [exp.column(name, quoted=True) for name in self.columns]
        if not self.native:
            return exp.select(*columns).from_(call_table("read_parquet", paths, options(hive_partitioning=False)))
        # The raw text of a value (type JSON) shows 2.5 and "2" where an integer is due; BIGINT would take both.
        raw = {
            name: "VARCHAR" if cell_polars.scan_dtype(column.cell) == pl.String() else "JSON"
            for name, column in self.columns.items()
        }
        table = call_table("read_json", paths, options(
            format="newline_delimited", auto_detect=False, maximum_object_size=_LONGEST_OBJECT, columns=raw,
        ))  # fmt: skip
        return exp.select(*(
            cell_sql.typed(
                exp.Cast(this=each, to=exp.DataType.build("VARCHAR")) if raw[name] == "JSON" else each, column.cell
            ).as_(name, quoted=True)
            for each, (name, column) in zip(columns, self.columns.items(), strict=True)
        )).from_(table)  # fmt: skip

    @property
    def fallible(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items()
                     if column.is_declared and not isinstance(column.cell.kind, Json))  # fmt: skip

    def widened(self, names: Collection[str]) -> JsonScan:
        """Also without names another scan: one that converts each value, as a declared type asks for."""
        text = JsonColumn(cell=Cell(kind=String()), is_native=False, is_declared=False, is_widened=True)
        return replace(self, columns={name: text if name in names else each for name, each in self.columns.items()},
                       native=False)  # fmt: skip

    def read_carefully(self, file: SourceFile, scratch: Path) -> Iterator[pl.DataFrame]:
        with open_unpacked(file) as stream:
            numbered = enumerate(self._values(stream, file.shown), 1)
            while rows := [self._careful(number, item, file.shown)
                           for number, item in itertools.islice(numbered, BATCH_ROWS)]:  # fmt: skip
                yield careful_frame(rows, self.schema)

    def _careful(self, number: int, item: Any, shown: str) -> dict[str, Any]:
        if isinstance(item, BrokenLine):
            return {"row": number, "rule": "json", "reason": f"no JSON: {item.reason}", "original": item.text}
        if not isinstance(item, dict):
            written = json.dumps(plain(item), ensure_ascii=False)
            return {"row": number, "rule": "object", "reason": f"no object but {written[:60]}", "original": written}
        if not item.keys() <= self.columns.keys():
            self._refuse_unknown(item, f"{shown}, item {number}")
        row: dict[str, Any] = {"row": number}
        for index, (name, column) in enumerate(self.columns.items()):
            value = item.get(name)
            row[f"t{index}"] = text_of(value)
            try:
                row[f"v{index}"] = column.convert(value, self.null_values)
                fits = not self.native or column.is_declared or column.fits(value)
            except ValueError:
                fits = False
            if not fits:
                row |= {f"v{index}": None, f"m{index}": True, "original": json.dumps(plain(item), ensure_ascii=False)}
        return row


def _no_object(item: Any, number: int, shown: str) -> ConnectorProblem:
    if isinstance(item, BrokenLine):
        return item.problem(shown)
    text = json.dumps(item, ensure_ascii=False, default=str)[:60]
    return ConnectorProblem("IR534", f"{shown}: item {number} is no object but {text}", key=("location",),
                            hint="a row is an object: {column: value}")  # fmt: skip


def _has_mark(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(3) == b"\xef\xbb\xbf"


def read_json(request: ReadRequest, *, lines: bool = False) -> JsonScan:
    """Look at the first objects of a few files and pin every column's type."""
    encoding = read_dialect(request).encoding or "utf-8"
    scan = JsonScan(columns={}, native=False, lines=lines, encoding=encoding,
                    null_values=frozenset(request.null_values[1:]), policy=request.policy)  # fmt: skip
    files = request.files
    sampled = {index: files[index] for index in (0, len(files) // 2, len(files) - 1)}
    samples: dict[str, list[dict[str, Any]]] = {}
    broken: list[ConnectorProblem] = []
    for file in sampled.values():
        samples[file.shown] = list(itertools.islice(scan.items(file, broken), _SAMPLED_ROWS))
    items = list(itertools.chain.from_iterable(samples.values()))
    rule = BadRowRule.of(request.options.get("on_bad_row"), request.options.get("max_bad"))
    is_whole = len(files) == len(sampled) and all(len(each) < _SAMPLED_ROWS for each in samples.values())
    if broken and (rule.action == "error" or (is_whole and not rule.allows(len(broken), len(items) + len(broken)))):
        raise broken[0]
    names = dict.fromkeys(name for item in items for name in item) | dict.fromkeys(request.declared)
    same_names(request, tuple(names))
    if not names:
        raise ConnectorProblem("IR525", f"{files[0].shown} holds no object with a key", key=("location",),
                               hint="declare its columns: schema: {column: type}")  # fmt: skip
    form = request.options.get("date_format")
    columns = pin_json(request, items, tuple(names), parse_date_format(form) if form else None)
    native = lines and encoding == "utf-8" and not scan.null_values
    native = native and all(column.is_native for column in columns.values())
    return JsonScan(columns=columns, native=native, lines=lines, encoding=encoding, null_values=scan.null_values,
                    policy=request.policy)  # fmt: skip


def read_ndjson(request: ReadRequest) -> JsonScan:
    """One object a line."""
    return read_json(request, lines=True)
