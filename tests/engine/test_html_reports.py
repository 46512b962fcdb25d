"""HTML reports from the workflow to the page, on both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from tests.connectors.pages import Page
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"region": "South", "product": "b", "amount": 30.0, "page": "https://shop.example/b"},
    {"region": "North", "product": "a", "amount": 10.5, "page": "https://shop.example/a"},
    {"region": "North", "product": "c", "amount": -4.5, "page": "javascript:alert(1)"},
]
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def run(folder: Path, engine: str, *, columns: dict[str, Any], events: list[Any] | None = None,
        **rendering: Any) -> str:  # fmt: skip
    document = workflow(
        [inline("sales", ROWS)], name="sales", rendering=rendering,
        transforms=[{"type": "format", "config": {"columns": columns}}],
        delivery_rules={"file_delivery": {"format": "html", "options": {"overwrite": True}}},
    )  # fmt: skip
    plan = wf.compile(document, engine=engine, now=NOON)
    result = plan.run(out=folder, progress=(events if events is not None else []).append)
    assert result.status == "succeeded"
    return (folder / "sales.html").read_text("utf-8")


@pytest.mark.parametrize("engine", ENGINES)
def test_sections_groups_totals_links_and_colours_reach_the_page(engine: str, tmp_path: Path) -> None:
    columns = {
        "product": {"url": "{{page}}"},
        "amount": {"decimals": 1, "highlight": [{"where": "amount < 0", "color": "#f3f6fa"}]},
    }
    page = Page(run(tmp_path, engine, columns=columns, title="Sales", sections=[
        {"heading": "All", "columns": ["region", "product", "amount"], "totals": {"amount": "sum"}},
        {"heading": "Groups", "columns": ["product", "amount"], "group_by": "region", "totals": {"amount": "sum"}},
    ]))  # fmt: skip
    assert page.words(0) == [["region", "product", "amount"], ["South", "b", "30.0"], ["North", "a", "10.5"],
                             ["North", "c", "-4.5"], ["Total", "", "36.0"]]  # fmt: skip
    assert page.words(1) == [["product", "amount"], ["region: North"], ["a", "10.5"], ["c", "-4.5"],
                             ["Total North", "6.0"], ["region: South"], ["b", "30.0"], ["Total South", "30.0"],
                             ["Total", "36.0"]]  # fmt: skip
    assert [each["href"] for each in page.attributes("a")] == [
        "#section-1", "#section-2", "https://shop.example/b", "https://shop.example/a", "https://shop.example/a",
        "https://shop.example/b"]  # fmt: skip
    assert [row[2].attributes.get("style") for row in page.tables[0][1:4]] == [None, None, "background-color:#f3f6fa"]


@pytest.mark.parametrize("engine", ENGINES)
def test_bars_and_charts_are_drawn_from_the_rows_that_are_shown(engine: str, tmp_path: Path) -> None:
    page = Page(run(tmp_path, engine, columns={"amount": {"highlight": "data_bar"}}, sections=[
        {"columns": ["product", "amount"], "limit": 2, "chart": {"type": "bar", "x": "product", "y": "amount"}},
    ]))  # fmt: skip
    assert page.texts["desc"] == ["Bar chart of amount by product: 2 values from 10.50 to 30.00."] * 2
    # 10.5 of 30 is 35 %
    assert [row[1].attributes.get("style") for row in page.tables[0][1:]] == ["--of:100%", "--of:35%"]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_chart_cannot_show_is_a_warning_of_the_run(engine: str, tmp_path: Path) -> None:
    events: list[Any] = []
    run(tmp_path, engine, columns={"amount": {"decimals": 1}}, events=events, sections=[
        {"chart": {"type": "pie", "x": "product", "y": "amount", "title": "Shares"}},
    ])  # fmt: skip
    warnings = [each.text for each in events if each.kind == "warning"]
    assert warnings == ['chart "Shares": A pie cannot show values below zero']


@pytest.mark.parametrize("engine", ENGINES)
def test_equal_rows_and_an_equal_now_give_equal_bytes(engine: str, tmp_path: Path) -> None:
    sections = [
        {"group_by": "region", "totals": {"amount": "sum"}, "chart": {"type": "line", "x": "product", "y": "amount"}}
    ]
    first, second = (
        run(tmp_path / name, engine, columns={"amount": {"decimals": 1}}, sections=sections) for name in ("one", "two")
    )
    assert first == second
