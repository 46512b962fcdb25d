"""Which engine `auto` takes, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ir.records import dataclass

SMALL_BYTES = 64_000_000
SMALL_RANKED_BYTES = 16_000_000
SMALL_SORTED_TEXT_BYTES = 256_000_000
SMALL_PIVOTED_BYTES = 40_000_000
SMALL_PIVOTED_TEXT_BYTES = 256_000_000
SMALL_GROUPED_BYTES = 512_000_000
TOP_ROWS = 10_000
COUNT_DISTINCT = "count distinct"
_BETTER_ON_POLARS = frozenset({"join", COUNT_DISTINCT})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShape:
    """What the choice depends on: the kinds of operations, the estimated size of the sources, the memory there is."""

    kinds: Set[str]
    """An aggregate that counts distinct values is a COUNT_DISTINCT beside."""
    source_bytes: int
    memory_bytes: int
    has_memory_limit: bool = False
    is_text: bool = True
    """Whether most bytes are cells to be parsed, as in CSV, and no stored columns as in Parquet."""


def choose_engine(shape: PlanShape) -> tuple[str, str]:
    """The engine's name and the reason, one sentence; docs/performance.md has the measurements behind it.

    DuckDB keeps a hard bound: it is taken where a memory limit is set or the input is large against the memory. Else
    Polars, which starts faster and is the better one for scans that filter, compute, join and group; but for what
    DuckDB does better from a size on, in the table below.
    """
    size = _size(shape.source_bytes)
    if shape.has_memory_limit:
        return "duckdb", "a memory limit is set, which DuckDB keeps by spilling to disk"
    if shape.source_bytes > shape.memory_bytes // 4:
        return "duckdb", f"the sources are about {size}, more than a quarter of the memory"
    for kind, limit in _better_on_duckdb(shape).items():
        if kind in shape.kinds and shape.source_bytes > limit:
            return "duckdb", f"{kind} over about {size} is faster there"
    if shape.source_bytes <= SMALL_BYTES:
        return "polars", f"the sources are small (about {size})"
    if "sort" in shape.kinds:
        return "polars", f"sorting about {size} of text is faster there"
    return "polars", f"scanning, joining and grouping about {size} is faster there"


def _better_on_duckdb(shape: PlanShape) -> Mapping[str, int]:
    """The kinds of steps that DuckDB does better, and from how many bytes on; the first that holds is the reason."""
    limits = {
        # 1.7 to 5 times over Parquet from five million rows on, up to 1.7 times over CSV at 20 million
        "pivot": SMALL_PIVOTED_TEXT_BYTES if shape.is_text else SMALL_PIVOTED_BYTES,
        # rows ranked within groups: 1.2 to 1.35 times from a million rows on, 2 to 2.7 times at 20 million
        "deduplicate": SMALL_RANKED_BYTES,
        "window": SMALL_RANKED_BYTES,
        # 1.5 times over Parquet at 20 million, 1.2 over CSV; but Polars parses text faster, which wins below
        "sort": SMALL_SORTED_TEXT_BYTES if shape.is_text else SMALL_BYTES,
    }
    if not shape.is_text and not shape.kinds & _BETTER_ON_POLARS:
        # up to 1.4 times over Parquet; joins and distinct counts take DuckDB 1.4 times as long as Polars
        limits["aggregate"] = SMALL_GROUPED_BYTES
    return limits


def is_top(limit: int | None) -> bool:
    """Whether a sort keeps so few rows that neither engine sorts the others."""
    return limit is not None and limit <= TOP_ROWS


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit in {"bytes", "kB"} or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError
