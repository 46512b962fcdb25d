"""Rows that Polars reads, scanned by DuckDB as if they were a table of its own.

Text files come this way: DuckDB's reader takes 5.5 for an integer and `1_000` for a number without a word, so that it
has to be asked for texts, each checked and cast. Polars' reader is as strict as the grammar of cells, and faster:
8 columns of a million rows cost 0.43 CPU seconds with the way over Arrow, 0.59 in DuckDB's own lax reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

from engine.whole_reading import looking_at

try:
    from duckdb._sources import ArrowScanSource
except ImportError:  # a DuckDB that asks for all columns reads the same rows, only slower
    ArrowScanSource = object  # type: ignore[misc, assignment]

_ROWS = 100_000
_LAYOUT = pl.CompatLevel.newest()
"""Texts as views, which DuckDB takes as they are."""


class Feed(ArrowScanSource):
    """A stream of the frame's rows for each scan, in order, of only the columns that DuckDB asks for.

    Columns to be `looked_at` are read in every row, asked for or not. By `estimated_rows` DuckDB knows which
    side of a join is the smaller; without, a feed counts as one row, and 20 million go into the join's hash table.
    """

    def __init__(
        self, rows: pl.LazyFrame, looked_at: Collection[str] = (), *, estimated_rows: int | None = None
    ) -> None:
        self._frame = rows
        self._looked_at = looked_at
        self._estimated_rows = estimated_rows
        self.counted: int | None = None
        """How many rows a scan gave that went to the end; None as long as none did."""
        schema = pl.DataFrame(schema=rows.collect_schema()).to_arrow(compat_level=_LAYOUT).schema
        for place, column in enumerate(schema):
            if pa.types.is_time64(column.type):
                # nanoseconds would come in as TIME_NS, which DuckDB does not compare with TIME
                schema = schema.set(place, column.with_type(pa.time64("us")))
        self._schema: pa.Schema = schema

    def rows(self) -> int | None:
        """About how many rows a scan gives: DuckDB plans by it and does not rely on it."""
        return self._estimated_rows

    def __arrow_c_schema__(self) -> Any:
        return self._schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self._stream(self._schema.names)

    def stream(self, columns: Sequence[int] | None, filters: Sequence[Any] = (), *_: object) -> tuple[Any, bool]:
        """The stream of these columns, by their position, and whether there are no others in it.

        There are no filters: by its base's `accepts` DuckDB keeps them to itself.
        """
        names = self._schema.names
        if not columns:  # count(*) wants rows, and a frame without columns has none
            return self._stream(names), False
        return self._stream([names[place] for place in columns]), True

    def _stream(self, names: Sequence[str], filters: Sequence[pl.Expr] = ()) -> Any:
        schema = pa.schema([self._schema.field(name) for name in names])
        return pa.RecordBatchReader.from_batches(schema, self._batches(names, schema, filters)).__arrow_c_stream__()

    def _batches(self, names: Sequence[str], schema: pa.Schema, filters: Sequence[pl.Expr]) -> Iterator[pa.RecordBatch]:
        rest = [name for name in self._looked_at if name not in names]
        count = 0
        rows = looking_at(self._frame, rest)
        for each in filters:
            rows = rows.filter(each)
        for frame in rows.select(names).collect_batches(chunk_size=_ROWS, maintain_order=True):
            count += frame.height
            table = frame.to_arrow(compat_level=_LAYOUT)
            if table.schema != schema:  # the cast's first use costs 0.1 s of imports
                table = table.cast(schema, safe=False)
            yield from table.to_batches()
        if not filters:
            self.counted = count


class FilteredFeed(Feed):
    """A feed that takes DuckDB's filters, so that Polars fetches only the row groups which may hold such rows."""

    def accepts(self, predicate: Any) -> bool:
        """Whether Polars says the same of every row; what it may not say DuckDB filters itself."""
        try:
            from duckdb._sources.nodes import Untranslatable
            from duckdb._sources.to_arrow import nan_may_satisfy
            from duckdb._sources.to_polars import to_polars
        except ImportError:  # a DuckDB without them is given all rows
            return False
        try:
            to_polars(predicate, self._dtypes)
        except Untranslatable:
            return False
        # row groups are left out by statistics that know nothing of NaN
        return not nan_may_satisfy(predicate, self._schema)

    def stream(self, columns: Sequence[int] | None, filters: Sequence[Any] = (), *_: object) -> tuple[Any, bool]:
        from duckdb._sources.to_polars import to_polars

        names = self._schema.names
        asked = [names[place] for place in columns] if columns else names
        return self._stream(asked, [to_polars(each, self._dtypes) for each in filters]), bool(columns)

    @cached_property
    def _dtypes(self) -> pl.Schema:
        return self._frame.collect_schema()
