"""The limits of a manifest hold for all runs of a journal, whatever of a workflow calls."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.engine.plugin_operations.shop import MANIFEST, Shop, document, with_shop
from tests.workflows import inline, workflow

ROWS = [{"who": "ada"}, {"who": "bo"}, {"who": "cy"}]
ORDERS = document(ROWS, {"operation_type": "create_order", "config": {"customer": "{{who}}"}})
MESSAGES = workflow([inline("main", ROWS)], delivery_rules={"per_item_delivery": {
    "plugin_key": "shop", "recipient_source": "who", "body_template": "late"}})  # fmt: skip
PAGES = workflow(
    [{"type": "api", "alias": "main", "plugin_key": "shop", "operation_type": "list_orders", "config": {}}],
    delivery_rules={"file_delivery": {"format": "csv", "filename_template": "made.csv"}},
)  # three pages


@pytest.mark.parametrize("made", [ORDERS, MESSAGES, PAGES], ids=["operation", "messages", "source"])
def test_what_two_runs_ask_is_counted_in_one_place(
    made: dict[str, Any], tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["limits"] = [{"name": "all", "rate": 10, "per_s": 600}]
    manifest["actions"]["create_order"]["message"] = {"recipient": "customer", "text": "note"}
    with_shop(tmp_path, shop, monkeypatch, manifest)
    plan = wf.compile(made, base=tmp_path)
    for out in ("first", "second"):
        plan.run(out=tmp_path / out)
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        [[state]] = journal.execute("select state from weirflow_limits where bucket <> 'key'")
    [counted] = [each for key, each in json.loads(state).items() if key.startswith("sliding_window")]
    # three requests a run, in thousandths; of a share that was taken ahead some may be left
    assert 6_000 <= sum(number for _, number in counted) <= 10_000


def test_a_preview_counts_nothing_in_the_journal(tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_JOURNAL", f"sqlite:///{tmp_path / 'journal.db'}")
    manifest = {**MANIFEST, "limits": [{"name": "all", "rate": 10, "per_s": 600}]}
    with_shop(tmp_path, shop, monkeypatch, manifest)
    wf.compile(PAGES, base=tmp_path).preview(rows=2)
    assert not (tmp_path / "journal.db").exists()
