"""Random frames through random chains of operations: both engines give the same rows, types and column order."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import weirflow as wf
from tests.workflows import both_engines, inline, workflow

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "150"))
SCHEMA = {"k": "string", "n": "integer", "x": "number", "d": "date", "b": "boolean", "m": "decimal(12,2)",
          "t": "datetime"}  # fmt: skip

texts = st.one_of(st.none(), st.sampled_from(["a", "b", "B", "é", "e\u0301", "😀", "\uffee", " ", "x y", "0", "a,b"]))
# halves and their sums are exact, so that the order of adding does not show
numbers = st.one_of(st.none(), st.integers(-40, 40).map(lambda half: half / 2))
rows = st.lists(
    st.fixed_dictionaries({
        "k": texts,
        "n": st.one_of(st.none(), st.integers(-5, 5), st.sampled_from([2**40, -(2**40)])),
        "x": numbers,
        "d": st.one_of(st.none(), st.sampled_from(["2024-02-29", "2026-01-31", "1969-12-31", "2026-03-29"])),
        "b": st.one_of(st.none(), st.booleans()),
        "m": st.one_of(st.none(), st.sampled_from(["0.01", "-3.50", "99999.99", "3.50"])),
        "t": st.one_of(st.none(), st.sampled_from(["2026-03-29T02:30:00", "1970-01-01T00:00:00.000001"])),
    }),
    max_size=12,
)  # fmt: skip
names = st.sampled_from(list(SCHEMA))
some_names = st.lists(names, min_size=1, max_size=3, unique=True)
sort_by = st.lists(
    st.fixed_dictionaries({"field": names, "direction": st.sampled_from(["asc", "desc"]),
                           "nulls": st.sampled_from(["first", "last"])}),
    min_size=1, max_size=3, unique_by=lambda key: key["field"],
)  # fmt: skip
aggregates = st.dictionaries(
    st.sampled_from(["p", "q", "r"]),
    st.sampled_from(["count(*)", "count(k)", "count(distinct n)", "sum(n)", "sum(x)", "sum(m)", "avg(n)", "min(d)",
                     "max(k)", "min(x)", "max(b)", "sum(n) filter (where b)", "bool_or(b)", "min(t)", "avg(b)",
                     "sum(n) + count(*)"]),
    min_size=1, max_size=3,
)  # fmt: skip
windowed = st.dictionaries(
    st.sampled_from(["w1", "w2"]),
    st.sampled_from(["row_number()", "rank()", "dense_rank()", "lag(n, 1)", "lead(k, 2)", "first(x)", "last(d)",
                     "sum(n)", "avg(n)", "avg(x)", "count(*)", "max(m)", "n - min(n)", "ntile(3)"]),
    min_size=1, max_size=2,
)  # fmt: skip


def step(kind: str, **config: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind), "config": st.fixed_dictionaries(config)})


operations = st.one_of(
    step("map", columns=st.dictionaries(
        st.sampled_from(["n", "x", "new"]),
        st.sampled_from(["n + 1", "x * 2", "coalesce(n, 0)", "case when b then n else x end", "n // 2", "n % 3",
                         "n / 2", "upper(k)", "length(k)", "d + interval '1' month", "x is null", "round(x)", "m * 2"]),
        min_size=1, max_size=2)),
    step("map", select=some_names),
    step("map", drop=some_names),
    step("map", rename=st.sampled_from([{"k": "n", "n": "k"}, {"x": "X y"}, {"d": "😀"}])),
    step("filter", where=st.sampled_from(["n > 0", "b", "not b", "k = 'a'", "x <= 2.5 or n is null",
                                          "d > date '2000-01-01'", "k in ('a', 'b')", "n between -2 and 2",
                                          "k like '%b%'"])),
    step("filter", conditions=st.lists(st.sampled_from([
        {"field": "k", "operator": "not_equals", "value": "a"}, {"field": "n", "operator": "in", "value": [1, 2]},
        {"field": "x", "operator": "greater_than", "value": 0}, {"field": "k", "operator": "contains", "value": "B"},
        {"field": "k", "operator": "is_empty"}, {"field": "n", "operator": "not_in", "value": "1,2"},
    ]), min_size=1, max_size=2)),
    step("sort", by=sort_by),
    st.fixed_dictionaries({"type": st.just("sort"), "config": st.fixed_dictionaries(
        {"by": sort_by, "limit": st.integers(0, 5)})}),
    step("limit", rows=st.integers(0, 6), offset=st.integers(0, 3)),
    step("deduplicate", keys=some_names, keep=st.sampled_from(["first", "last", "none"])),
    step("deduplicate", keys=some_names, keep=st.sampled_from(["first", "last"]), order_by=sort_by),
    step("deduplicate"),
    step("aggregate", group_by=some_names, aggregates=aggregates),
    step("aggregate", group_by=some_names),
    step("reduce", aggregates=aggregates),
    step("window", columns=windowed, partition_by=some_names, order_by=sort_by),
    step("window", columns=windowed, order_by=sort_by),
    step("join", source=st.just("other"), on=st.sampled_from([["k"], ["n"], ["k", "n"], ["d"], ["m"]]),
         how=st.sampled_from(["inner", "left", "right", "full", "semi", "anti"])),
    step("enrich", source=st.just("other"), on=st.just(["k"]), multiple=st.sampled_from(["first", "last", "all"]),
         columns=st.just([{"other_x": "x"}, {"other_k": "k"}])),
    step("union", sources=st.just(["other"])),
    step("pivot", index=st.just(["b"]), columns=st.sampled_from(["k", "n", "d"]),
         values=st.sampled_from(["n", "x", "m"]), function=st.sampled_from(["sum", "count", "min", "max", "mean"])),
    step("unpivot", index=st.just(["k"]), columns=st.just(["n", "x"]), name_to=st.just("what"), value_to=st.just("v")),
    step("sample", rows=st.integers(0, 5), seed=st.integers(0, 3)),
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, print_blob=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])  # fmt: skip
@given(rows=rows, other=rows, chain=st.lists(operations, min_size=1, max_size=4))
def test_both_engines_agree_on_random_chains(rows, other, chain):
    document = workflow([inline("main", rows, SCHEMA), inline("other", other, SCHEMA)], transforms=chain)
    note(str(chain))
    refusals = [_refusal(document, engine) for engine in ("polars", "duckdb")]
    # a chain that lost a column or an order is refused, by every engine in the same words
    assert refusals[0] == refusals[1]
    assert "IR490" not in str(refusals[0])
    if refusals[0] is None:
        both_engines(document)


def _refusal(document: dict[str, Any], engine: str) -> list[str] | None:
    """What is wrong with the chain, also what only a pivot's first pass shows; None when it runs."""
    try:
        wf.compile(document, engine=engine).preview(rows=1)
    except wf.WorkflowError as refused:
        return [str(each) for each in refused.diagnostics]
    return None
