"""The runs whose memory is bounded, and the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.child import Taken

ENGINES = ("auto", "polars", "duckdb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A workflow of a set over orders of one format, and the most memory its process may hold on the way."""

    set: str
    query: str
    format: str
    rows: int
    max_mb: int | None = None
    memory_limit: str | None = None
    """What `settings.memory_limit` says; `auto` takes DuckDB then, and no other engine is asked."""

    @property
    def engines(self) -> Sequence[str]:
        return ("auto",) if self.memory_limit else ENGINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a case on an engine: what it took, or in words why it did not finish."""

    case: Case
    asked: str
    taken: Taken | None = None
    failure: str | None = None

    @property
    def verdict(self) -> str:
        """kept, or what was not."""
        if self.taken is None:
            return self.failure or "failed"
        if self.case.max_mb is not None and self.taken.peak_mb > self.case.max_mb:
            return f"over {self.case.max_mb} MB"
        return "kept"


def cases(rows: int, most_rows: int) -> list[Case]:
    """The cases over `rows` orders as CSV and over `most_rows` as Parquet."""
    streamed = [
        Case(set="large", query="filter_map_group", format="csv", rows=rows, max_mb=1000),
        Case(set="queries", query="filter_map", format="csv", rows=rows, max_mb=1000),
    ]
    spilled = [
        Case(set="queries", query=query, format="csv", rows=rows, memory_limit="4GB")
        for query in ("sort", "join", "dedupe")
    ]
    return [
        *streamed,
        *spilled,
        Case(set="large", query="filter_group", format="parquet", rows=most_rows, max_mb=1500),
    ]
