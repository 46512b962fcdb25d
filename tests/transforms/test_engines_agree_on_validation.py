"""Random rows under random rules: both engines keep, reject and count the same, and no row is lost on the way."""

from __future__ import annotations

import json
import os
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import weirflow as wf
from engine.collecting import collect
from tests.workflows import ENGINES, inline, workflow

EXAMPLES = int(os.environ.get("WEIRFLOW_EXAMPLES", "90"))
SCHEMA = {"k": "string", "n": "integer", "x": "number", "d": "date", "b": "boolean", "m": "decimal(12,2)"}

texts = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "a", "b", "é", "e\u0301", "😀", "a@b.c", "a@b", "@", "http://a.b/ü", "//a",
                     "+47 22334455", "2026-01-31", "2026-02-30", "1", "1.5", "-3", "1e3", "inf", "nan", " 7 ",
                     "x\ny", "\u00a0"]),
    st.text(max_size=6),
)  # fmt: skip
rows = st.lists(
    st.fixed_dictionaries({
        "k": texts.filter(lambda text: text is None or "\x00" not in text),
        "n": st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([2**53 + 1, -(2**63)])),
        "x": st.one_of(st.none(), st.sampled_from([0.0, -0.0, 1.5, -2.0, 1e300, float("inf")])),
        "d": st.one_of(st.none(), st.sampled_from(["2024-02-29", "2026-01-31", "1969-12-31"])),
        "b": st.one_of(st.none(), st.booleans()),
        "m": st.one_of(st.none(), st.sampled_from(["0.01", "-3.50", "3.00"])),
    }),
    max_size=12,
)  # fmt: skip
TESTS: list[dict[str, Any]] = [
    *({"field": "k", "type": kind} for kind in ("email", "url", "phone", "date", "number", "integer", "not_null")),
    {"field": "k", "type": "integer", "min": 0, "max": 100},
    {"field": "k", "type": "number", "max": 2},
    {"field": "k", "type": "date", "min": "2026-01-01"},
    {"field": "k", "type": "regex", "pattern": "^[a-z@. ]*$"},
    {"field": "k", "type": "enum", "values": ["a", "b", ""]},
    {"field": "k", "type": "length", "min": 1, "max": 3},
    {"field": "k", "type": "range", "min": 0},
    {"field": "k", "type": "reference", "reference": {"source": "known", "field": "k"}},
    {"field": "n", "type": "reference", "reference": {"source": "known", "field": "n"}},
    {"field": "n", "type": "reference", "reference": {"source": "data", "field": "n"}},
    *({"field": name, "type": "unique"} for name in SCHEMA),
    *({"field": name, "required": True} for name in SCHEMA),
    {"field": "n", "type": "range", "min": -1, "max": 2},
    {"field": "x", "type": "integer"},
    {"field": "m", "type": "integer", "max": 2},
    {"field": "m", "type": "range", "min": "-3.5", "max": 0.01},
    {"field": "d", "type": "range", "min": "2000-01-01"},
    {"field": "b", "type": "enum", "values": [True]},
    {"type": "expression", "expression": "n > 0 or x is null"},
    {"type": "expression", "expression": "b", "required": True},
    {"field": "k", "type": "expression", "expression": "length(k) < 3 and n is not null"},
    {"type": "expression", "expression": "d >= date '2000-01-01'"},
]
DEFAULTS = {"k": "new", "n": 2, "x": 0.5, "d": "2026-01-31", "b": True, "m": "1.00"}


@st.composite
def rule(draw: st.DrawFn) -> dict[str, Any]:
    found = dict(draw(st.sampled_from(TESTS)))
    actions = ["warn", "skip_row", "quarantine"]
    if found.get("type") != "unique" and "field" in found:
        actions.append("use_default")
    found["action"] = draw(st.sampled_from(actions))
    if found["action"] == "use_default":
        found["default_value"] = DEFAULTS[found["field"]]
    if "field" in found and draw(st.booleans()):
        found["required"] = True
    return found


rules = st.lists(rule(), min_size=1, max_size=6)
known = inline("known", [{"k": "a", "n": 1}, {"k": "a", "n": None}, {"k": "a@b.c", "n": 2}, {"k": None, "n": 2}],
               {"k": "string", "n": "integer"})  # fmt: skip


def found(document: dict[str, Any], engine: str, *, ordered: bool) -> dict[str, pl.DataFrame]:
    plan = wf.compile(document, engine=engine)
    frames = {name: plan.collect(name) for name in ("data", *(["bad"] if "bad" in plan.frames else []))}
    validation = plan.compiled.validation
    assert validation is not None
    frames["counts"] = collect(plan, validation.counts.name, checked=False)
    if not ordered:
        frames = {name: rows.sort(rows.columns, nulls_last=True) for name, rows in frames.items()}
    for each in plan.compiled.rejects:
        letters = collect(plan, each.letters.name, checked=False)
        # the same JSON, whether a control character is \u000b or \u000B
        originals = [json.dumps(json.loads(text)) for text in letters["original"]]
        letters = letters.with_columns(pl.Series("original", originals, dtype=pl.String))
        frames["letters"] = letters if ordered else letters.sort(letters.columns, nulls_last=True)
    return frames


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, print_blob=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
@given(rows=rows, others=rows, written=rules, ordered=st.booleans())
def test_both_engines_keep_reject_and_count_the_same(rows, others, written, ordered):
    sources = [inline("main", rows, SCHEMA), known]
    document = workflow(sources, validation_rules=written)
    if not ordered:
        document["data_sources"] = [inline("main", rows, SCHEMA), inline("more", others, SCHEMA), known]
        document["data_merge"] = {"strategy": "union", "sources": [{"alias": "main"}, {"alias": "more"}]}
    rejecting = any(each["action"] in {"skip_row", "quarantine"} for each in written)
    if rejecting:
        document["validation_rejects"] = "bad"
    note(written)
    one, other = (found(document, engine, ordered=ordered) for engine in ENGINES)
    assert one.keys() == other.keys()
    for name, frame in one.items():
        assert_frame_equal(frame, other[name], check_exact=True)
    total = len(rows) + (0 if ordered else len(others))
    assert one["counts"]["rows"].item() == total
    assert one["data"].height + (one["bad"].height if rejecting else 0) == total
    counted = one["counts"].row(0)[1:]
    by_action = {action: sum(count for count, each in zip(counted, written, strict=True) if each["action"] == action)
                 for action in ("skip_row", "quarantine")}  # fmt: skip
    assert (one["bad"].height if rejecting else 0) == sum(by_action.values())
    assert (one["letters"].height if "letters" in one else 0) == by_action["quarantine"]
