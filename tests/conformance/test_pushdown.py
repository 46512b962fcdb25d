"""Random steps over random tables: what databases do of them changes no row, on either engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weirflow as wf
from tests.conformance.engines import (
    Refusal,
    checked,
    compiled,
    compiles,
    difference,
    may_stand_either_way,
    outcomes,
    told_rows,
)
from tests.conformance.frames import frames
from tests.conformance.stored import Store, mariadb_store, postgres_store, sqlite_store, steps_over
from tests.conformance.test_chains import close_columns
from tests.servers.running import Database

BATCH = 10


def disagreement(pushed: wf.Plan, plain: wf.Plan, steps: Sequence[dict[str, Any]]) -> str | None:
    """The first step whose rows are others where the database does a part."""
    last = str(steps[-1]["output_variable"])
    if _difference(pushed, plain, last) is None:
        return None
    for index, step in enumerate(steps):
        name = str(step["output_variable"])
        told = _difference(pushed, plain, name)
        if told is None:
            continue
        before, _ = outcomes(plain, str(step["input_source"]))
        # what no later step needs is not computed, there or here
        if isinstance(before, Refusal) or may_stand_either_way(plain, str(step["input_source"]), before):
            return None
        sent = [each.statement(each.wanted) for each in pushed.pushdown([name]).statements.values()]
        return f"{list(steps[: index + 1])}\n{told}\nsent {sent}\nof {told_rows(before)}"
    return None


def _difference(pushed: wf.Plan, plain: wf.Plan, frame: str) -> str | None:
    """What tells the rows of both engines from those that Polars makes of the whole tables."""
    wanted, _ = outcomes(plain, frame)
    for found in outcomes(pushed, frame):
        told = difference(pushed, frame, (wanted, found), close=close_columns(pushed, frame))
        if told is not None:
            return told
    return None


def check(store: Store, data: st.DataObject, base: Path, pushed: set[str]) -> None:
    """Draw tables and steps, and compare; `pushed` learns the kinds of steps that the database did."""
    for table in ("main", "other"):
        rows = data.draw(frames(store.schema, most=8))
        rows.write_parquet(base / f"{table}.parquet")
        store.fill(table, rows)
    chains = [each for number in range(BATCH) if (each := steps_over(data.draw, store.schema, base, number))]
    chains = _sensible(store, chains, base)
    steps = [step for each in chains for step in each]
    done, plain = (compiled(store.document(steps, pushdown=each), base) for each in (True, False))
    assert dict(done.schema("main").items()) == dict(store.schema.items())
    for each in chains:
        pushed |= _kinds(done, str(each[-1]["output_variable"]))
    found = [told for each in chains if (told := disagreement(done, plain, each))]
    assert not found, "\n\n".join(found)


def _sensible(store: Store, chains: list[list[dict[str, Any]]], base: Path) -> list[list[dict[str, Any]]]:
    """Those that compile over tables too, whose rows have no order."""
    while True:
        found = compiles(store.document([step for each in chains for step in each]), base)
        if isinstance(found, wf.Plan):
            return chains
        owners = [number for number, each in enumerate(chains) for _ in each]
        wrong = {owners[int(each.pointer[1])] for each in found if each.pointer[:1] == ("transforms",)}
        assert wrong, found
        chains = [each for number, each in enumerate(chains) if number not in wrong]


def _kinds(plan: wf.Plan, frame: str) -> set[str]:
    graph = plan.compiled.graph
    return {graph[name].kind for name in plan.pushdown([plan.relation(frame)]).inside}


DONE = {"source", "filter", "sort", "aggregate", "join"}


def compare(store: Store, folder: Path, *, share: int) -> None:
    """Random steps over the store's tables, pushed and not; every kind of step is pushed in some of them."""
    pushed: set[str] = set()

    @checked(BATCH, share=share)
    @given(data=st.data())
    def compared(data: st.DataObject) -> None:
        check(store, data, folder, pushed)

    compared()
    assert pushed >= DONE


def test_sqlite_gives_the_same_rows(tmp_path: Path) -> None:
    compare(sqlite_store(tmp_path), tmp_path, share=70)


def test_postgresql_gives_the_same_rows(tmp_path: Path, postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_TEST_STORE", postgres.url)
    compare(postgres_store(postgres), tmp_path, share=40)


def test_mariadb_gives_the_same_rows(tmp_path: Path, mariadb: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_TEST_STORE", mariadb.url)
    compare(mariadb_store(mariadb), tmp_path, share=40)
