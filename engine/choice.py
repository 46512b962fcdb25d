"""Which engine `auto` takes, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

SMALL_BYTES = 64_000_000
SMALL_RANKED_BYTES = 16_000_000
SMALL_PIVOTED_BYTES = 256_000_000
TOP_ROWS = 10_000
_RANKED = frozenset({"deduplicate", "window"})
_SORTED = frozenset({"sort"}) | _RANKED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanShape:
    """What the choice depends on: the kinds of operations, the estimated size of the sources, the memory there is."""

    kinds: Set[str]
    source_bytes: int
    memory_bytes: int
    has_memory_limit: bool = False


def choose_engine(shape: PlanShape) -> tuple[str, str]:
    """The engine's name and the reason, one sentence; docs/performance.md has the measurements behind it.

    Small inputs go to Polars, which starts faster; up to 16 MB where rows are ranked within groups, which takes
    Polars 1.2 to 1.35 times as long as DuckDB from a million rows on. Large ones go to DuckDB where the plan has a
    full sort (not the first few rows of one), a deduplication by order or a window, where it spills to disk, or from
    256 MB on a pivot, which takes Polars 1.7 to 5 times as long at 20 million rows; and wherever the input is large
    against the memory or a memory limit is set, since DuckDB keeps a hard bound. The rest, scans that filter, compute,
    join and group, goes to Polars. Joining 20 million rows with a million takes DuckDB 1.4 times Polars' CPU seconds,
    though Polars takes more memory for it.
    """
    size = _size(shape.source_bytes)
    if shape.has_memory_limit:
        return "duckdb", "a memory limit is set, which DuckDB keeps by spilling to disk"
    if shape.source_bytes > shape.memory_bytes // 4:
        return "duckdb", f"the sources are about {size}, more than a quarter of the memory"
    if shape.source_bytes <= (SMALL_RANKED_BYTES if shape.kinds & _RANKED else SMALL_BYTES):
        return "polars", f"the sources are small (about {size})"
    if "pivot" in shape.kinds and shape.source_bytes > SMALL_PIVOTED_BYTES:
        return "duckdb", f"pivot over about {size} is faster there"
    heavy = sorted(shape.kinds & _SORTED, key=lambda kind: (kind not in _RANKED, kind))
    if heavy:
        return "duckdb", f"{heavy[0]} over about {size} is faster there"
    return "polars", f"scanning, joining and grouping about {size} is faster there"


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
