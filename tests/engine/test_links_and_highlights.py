"""Links and highlight rules: computed beside the rows of documents, and seen nowhere else."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import weirflow as wf
from tests.engine.recorded_reports import recorded
from tests.workflows import ENGINES, inline, workflow

ROWS = [
    {"id": "a b/ü&1", "site": "https://example.org/x", "n": 5},
    {"id": "plain-1_~.", "site": "javascript:alert(1)", "n": -2},
    {"id": None, "site": 'https://e.org/" onclick="', "n": None},
]


def document(columns: dict[str, Any], *, formats: tuple[str, ...] = ("html",), sections: Any = None, **more: Any):
    shown = {"type": "format", "config": {"columns": columns}}
    files = [{"format": each, "id": each} for each in formats]
    steps = [shown, *more.pop("steps", [])]
    if sections is not None:
        more["rendering"] = {"sections": sections}
    return workflow([inline("rows", ROWS)], transforms=steps, delivery_rules={"file_delivery": files}, **more)


def errors(columns: dict[str, Any], **more: Any) -> list[tuple[str, str, str]]:
    found = wf.validate(document(columns, **more))
    return [(each.code, "/".join(map(str, each.pointer)), each.message) for each in found]


@pytest.mark.parametrize("engine", ENGINES)
def test_values_in_an_address_are_percent_encoded(engine, monkeypatch, tmp_path):
    plan = document({"n": {"url": "https://shop.example/{{id}}?n={{n}}"}})
    [found] = recorded(plan, monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert table.part.links == {"n": "__link"}
    assert [row["__link"] for row in table.hidden] == [
        "https://shop.example/a%20b%2F%C3%BC%261?n=5",
        "https://shop.example/plain-1_~.?n=-2",
        None,
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cell_is_its_own_address_only_where_a_reader_may_follow_it(engine, monkeypatch, tmp_path):
    [found] = recorded(document({"site": {"style": "link"}}), monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert [row[table.part.links["site"]] for row in table.hidden] == ["https://example.org/x", None, None]


@pytest.mark.parametrize("engine", ENGINES)
def test_rules_are_a_boolean_for_each_condition_with_their_colours(engine, monkeypatch, tmp_path):
    rules = [{"where": "n < 0", "color": "Red"}, {"where": "id is null", "color": "#ABC"}]
    plan = document({"n": {"highlight": rules}, "id": {"highlight": rules[:1]}})
    [found] = recorded(plan, monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert {name: [(rule.where, rule.color) for rule in each] for name, each in table.part.rules.items()} == {
        "n": [("__rule", "#ff0000"), ("__rule_2", "#aabbcc")],
        "id": [("__rule", "#ff0000")],
    }
    assert [tuple(row.values()) for row in table.hidden] == [(False, False), (True, False), (None, True)]


@pytest.mark.parametrize("engine", ENGINES)
def test_sections_have_links_and_rules_of_columns_they_do_not_show(engine, monkeypatch, tmp_path):
    columns = {"n": {"url": "https://e.org/{{id}}", "highlight": [{"where": "site like 'java%'", "color": "red"}]}}
    sections = [{"columns": ["n"], "totals": {"n": "sum"}}, {"columns": ["id"]}]
    [found] = recorded(document(columns, sections=sections), monkeypatch, tmp_path, engine=engine)
    first, second = found.tables
    assert first.part.columns.names == ("n",)
    assert [row[first.part.links["n"]] for row in first.hidden][1:] == ["https://e.org/plain-1_~.", None]
    assert [row[first.part.rules["n"][0].where] for row in first.hidden] == [False, True, False]
    assert (second.part.links, second.part.rules) == ({}, {})


@pytest.mark.parametrize("engine", ENGINES)
def test_tables_without_cells_to_colour_have_none_of_these_columns(engine, tmp_path):
    columns = {"n": {"url": "https://e.org/{{id}}", "highlight": [{"where": "n < 0", "color": "red"}]}}
    plan = wf.compile(document(columns, formats=("csv", "parquet", "json", "txt", "pdf")), engine=engine)
    assert [list(step.columns_out or ()) for step in plan.steps if step.type == "delivery"] == [["id", "site", "n"]] * 5
    assert "__" not in plan.explain()
    plan.run(out=tmp_path)
    assert (tmp_path / "workflow.csv").read_text().splitlines()[0] == "id,site,n"
    assert pl.read_parquet(tmp_path / "workflow.parquet").columns == ["id", "site", "n"]
    assert "__" not in (tmp_path / "workflow.txt").read_text() + (tmp_path / "workflow.json").read_text()


def test_a_column_may_have_the_name_of_a_hidden_one(monkeypatch, tmp_path):
    plan = workflow(
        [inline("rows", [{"__link": "https://e.org"}])],
        transforms=[{"type": "format", "config": {"columns": {"__link": {"style": "link"}}}}],
        delivery_rules={"file_delivery": {"format": "html"}},
    )
    [found] = recorded(plan, monkeypatch, tmp_path)
    assert found.tables[0].part.links == {"__link": "__link_2"}
    assert found.tables[0].rows == [{"__link": "https://e.org"}]


@pytest.mark.parametrize(
    ("column", "how", "code", "at"),
    [
        ("n", {"url": "https://e.org/{{idd}}"}, "IR401", "url"),
        ("n", {"url": "javascript:{{id}}"}, "IR205", "url"),
        ("n", {"url": "https://e.org/{{id"}, "IR111", "url"),
        ("n", {"url": "https://e.org/{{id[0]}}"}, "IR303", "url"),
        ("n", {"style": "link"}, "IR408", "style"),
        ("id", {"highlight": "data_bar"}, "IR408", "highlight"),
        ("n", {"highlight": [{"where": "m < 0", "color": "red"}]}, "IR401", "highlight/0/where"),
        ("n", {"highlight": [{"where": "n + 1", "color": "red"}]}, "IR411", "highlight/0/where"),
        ("n", {"highlight": [{"where": "n < 0", "color": "rde"}]}, "IR205", "highlight/0/color"),
        ("n", {"highlight": [{"where": "n < 0", "color": "#12345"}]}, "IR205", "highlight/0/color"),
    ],
)
def test_what_is_wrong_with_a_format_is_told_at_its_place(column, how, code, at):
    [(found, place, _)] = errors({column: how})
    assert (found, place) == (code, f"transforms/0/config/columns/{column}/{at}")


def test_a_column_that_is_gone_when_it_is_delivered_is_told_there():
    drop = {"type": "map", "config": {"drop": ["id"]}}
    [(code, at, message)] = errors({"n": {"url": "https://e.org/{{id}}"}}, steps=[drop])
    assert (code, at) == ("IR401", "delivery_rules/file_delivery/0")
    assert message == 'a link cannot be computed from the columns here: there is no column "id" here'


def test_a_later_format_replaces_the_rules_of_an_earlier_one(monkeypatch, tmp_path):
    later = {"type": "format", "config": {"columns": {"n": {"highlight": [{"where": "n > 4", "color": "blue"}]}}}}
    plan = document({"n": {"highlight": [{"where": "n < 0", "color": "red"}]}}, steps=[later])
    [found] = recorded(plan, monkeypatch, tmp_path)
    assert [rule.color for rule in found.tables[0].part.rules["n"]] == ["#0000ff"]


def test_a_script_of_a_workflow_with_links_prints_the_rows_of_its_documents():
    assert "print(" in wf.compile(document({"n": {"url": "https://e.org/{{id}}"}})).to_polars_code()
