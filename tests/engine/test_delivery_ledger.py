"""The journal's ledger of deliveries to tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.databases.writing import Outcome
from connectors.problem import ConnectorProblem
from engine.journal.deliveries import deliveries_of
from engine.journal.journal import Journal
from engine.table_delivering import TableDelivering


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def delivered(rows: Sequence[Mapping[str, Any]], base: Path, **more: Any) -> wf.RunResult:
    document = {
        "ir_version": "3.1", "name": "shop", "goal": "Keep orders",
        "data_sources": [{"type": "tabular", "source": "inline", "config": {"rows": rows}}],
        "delivery_rules": {"database_delivery": {"id": "orders", "plugin_key": "sqlite", "path": "shop.db",
                                                 "table": "orders", **more}},
    }  # fmt: skip
    return wf.run(document, base=base)


def noted(run_id: str) -> list[tuple[str, str, str, int | None]]:
    with Journal() as journal:
        return [(each.delivery, each.kind, each.status, each.rows) for each in deliveries_of(journal, [run_id])[run_id]]


def test_the_journal_says_what_a_run_delivered_to_a_table(tmp_path: Path) -> None:
    result = delivered([{"id": 1}, {"id": 2}], tmp_path, create_table=True)
    assert noted(result.run_id) == [("orders", "table", "delivered", 2)]


def test_the_journal_says_that_a_delivery_failed(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("create table orders (id integer primary key check (id < 2))")
    result = delivered([{"id": 1}, {"id": 2}], tmp_path)
    assert result.status == "failed"
    assert noted(result.run_id) == [("orders", "table", "failed", None)]


def test_a_connection_that_breaks_as_the_transaction_ends_leaves_the_delivery_uncertain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking:
        """What is left of a writer whose server is gone when it is asked to commit."""

        def apply(self, entry: object) -> Outcome:
            return Outcome()

        def commit(self) -> None:
            raise ConnectorProblem("IR568", "the connection broke")

        def abort(self) -> None:
            """Nothing is there any more."""

    def applied(delivering: TableDelivering, writer: object) -> Outcome:
        writer.abort()  # type: ignore[attr-defined]
        return before(delivering, Breaking())  # type: ignore[arg-type]

    before = TableDelivering._applied
    monkeypatch.setattr(TableDelivering, "_applied", applied)
    result = delivered([{"id": 1}], tmp_path, create_table=True)
    assert result.status == "failed"
    assert noted(result.run_id) == [("orders", "table", "uncertain", None)]


def test_a_preview_notes_nothing(tmp_path: Path, home: Path) -> None:
    plan = wf.compile(
        {
            "ir_version": "3.1", "name": "shop", "goal": "Keep orders",
            "data_sources": [{"type": "tabular", "source": "inline", "config": {"rows": [{"id": 1}]}}],
            "delivery_rules": {"database_delivery": {"plugin_key": "sqlite", "path": "shop.db", "table": "orders",
                                                     "create_table": True}},
        },
        base=tmp_path,
    )  # fmt: skip
    plan.run(preview=1)
    assert not (home / "journal.db").exists()
