"""Random expressions over every function of the table, over random frames: both engines give the same values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ir import types as t
from tests.conformance.engines import NOW, ZONE, Refusal, checked, compiled, difference, halves, outcomes
from tests.conformance.expression_texts import bound, expressions
from tests.conformance.frames import frames
from transforms.expressions import Bound, to_polars
from transforms.expressions.failures import can_fail
from transforms.expressions.tree import Apply, Node, children, is_constant
from transforms.expressions.window import Clock

BATCH = 40


def document(steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ir_version": "3.1",
        "goal": "test",
        "settings": {"timezone": ZONE},
        "data_sources": [{"type": "file", "alias": "main", "location": "main.parquet"}],
        "transforms": list(steps),
    }


def mapped(texts: Sequence[str]) -> dict[str, Any]:
    columns = {f"r{index}": text for index, text in enumerate(texts)}
    return document([{"type": "map", "input_source": "main", "output_variable": "found",
                      "config": {"columns": columns, "select": ["nr", *columns]}}])  # fmt: skip


def disagreements(texts: Sequence[str], base: Path) -> list[str]:
    """What the engines do not agree on: all at once where none is refused, else in ever smaller parts."""
    plan = compiled(mapped(texts), base)
    found = outcomes(plan, "found")
    # Polars multiplies where there is but one exponent: by a constant in the test of differences found, here of one row
    close = [f"r{index}" for index, text in enumerate(texts) if "power(" in text]
    close = [name for name in close if isinstance(plan.schema("found")[name], t.Number)]
    told = difference(plan, "found", found, close=close)
    if len(texts) > 1 and (told or any(isinstance(each, Refusal) for each in found)):
        return [each for part in halves(texts) for each in disagreements(part, base)]
    if told is None or _may_differ(texts[0], found, base):
        return []
    return [f"{texts[0]}\n{told}"]


def _may_differ(text: str, found: tuple[Any, Any], base: Path) -> bool:
    """Where neither engine is wrong.

    A constant that cannot be is refused when somebody computes it: Polars does so also where nothing asks for it.
    Beside a null, and beside a side of a condition that decides it alone, DuckDB may compute nothing, since nothing can
    come of it; Polars computes no condition between equal values. After 2099 only DuckDB knows summer time.
    """
    whole = bound(text)
    if not any(isinstance(each, Refusal) for each in found):
        return whole is not None and _is_after_2099(whole.root, pl.read_parquet(base / "main.parquet"))
    if not pl.read_parquet(base / "main.parquet").height or whole is None:
        return True
    if any(_value(each) is REFUSED for each in _constants(whole.root)):
        return True
    if isinstance(found[1], Refusal):
        return _decides_nothing(whole.root)
    return _skips(whole.root, pl.read_parquet(base / "main.parquet"))


REFUSED = object()


def _constants(node: Node) -> Iterator[Node]:
    """The largest parts of the expression that read no column."""
    if is_constant(node):
        yield node
    else:
        for each in children(node):
            yield from _constants(each)


def _skips(node: Node, rows: pl.DataFrame) -> bool:
    """Whether somewhere an argument is null in a row, or decides a condition, and another could stop the run."""
    args = children(node)
    if any(can_fail(each) for each in args):
        if isinstance(node, Apply) and node.function.name in {"and", "or", "between"}:
            return True
        if len(args) > 1 and any(_has_nulls(each, rows) for each in args):
            return True
        if isinstance(node, Apply) and node.function.name in {"/", "//", "%"} and _has_zeros(args[1], rows):
            return True
    return any(_skips(each, rows) for each in args)


def _decides_nothing(node: Node) -> bool:
    """Whether somewhere a condition stands between values that are all the same."""
    args = children(node)
    if isinstance(node, Apply) and node.function.name in {"case", "if"} and len({*args[1::2], args[-1]}) == 1:
        return True
    return any(_decides_nothing(each) for each in args)


def _is_after_2099(node: Node, rows: pl.DataFrame) -> bool:
    """Whether a moment somewhere stands where Polars knows no summer time any more."""
    if isinstance(node.type, t.Datetime) and isinstance(found := _value(node, rows), pl.Series):
        return bool((found.dt.year() > 2099).any()) or any(_is_after_2099(each, rows) for each in children(node))
    return any(_is_after_2099(each, rows) for each in children(node))


def _has_nulls(node: Node, rows: pl.DataFrame) -> bool:
    found = _value(node, rows)
    return isinstance(found, pl.Series) and found.null_count() > 0


def _has_zeros(node: Node, rows: pl.DataFrame) -> bool:
    found = _value(node, rows)
    return isinstance(found, pl.Series) and bool((found == 0).any())


def _value(node: Node, rows: pl.DataFrame | None = None) -> object:
    """What Polars computes of the part, REFUSED where it cannot."""
    part = Bound(root=node, text="", columns=frozenset(), is_aggregate=False)
    computed = to_polars(part, clock=Clock(now=NOW, timezone=ZONE)).alias("found")
    try:
        return (pl.DataFrame() if rows is None else rows).select(computed)["found"]
    except pl.exceptions.PolarsError:
        return REFUSED


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("expressions")


@checked(BATCH, share=400)
@given(rows=frames(), texts=st.lists(expressions(), min_size=BATCH, max_size=BATCH, unique=True))
def test_both_engines_give_each_row_the_same_value(base: Path, rows: pl.DataFrame, texts: list[str]) -> None:
    rows.write_parquet(base / "main.parquet")
    found = disagreements(texts, base)
    assert not found, "\n\n".join(found)
