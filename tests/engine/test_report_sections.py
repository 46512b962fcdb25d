"""The sections of a report: checked when compiled, and every figure computed from the rows that are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import openpyxl
import pytest

import weirflow as wf
from tests.engine.recorded_reports import recorded
from tests.workflows import ENGINES, inline, workflow

SALES = [
    {"region": "north", "product": "a", "amount": "10.50", "n": 1},
    {"region": "south", "product": "b", "amount": "20.25", "n": 2},
    {"region": None, "product": "c", "amount": "0.10", "n": 4},
    {"region": "north", "product": "d", "amount": "0.20", "n": None},
]
SOURCE = inline("sales", SALES, {"region": "string", "product": "string", "amount": "decimal(10,2)", "n": "integer"})


def document(*sections: dict[str, Any], formats: tuple[str, ...] = ("html",), **more: Any) -> dict[str, Any]:
    files = [{"format": each, "id": each} for each in formats]
    return workflow([SOURCE], rendering={"sections": list(sections)}, delivery_rules={"file_delivery": files}, **more)


def errors(*sections: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = wf.validate(document(*sections))
    return [(each.code, "/".join(map(str, each.pointer[2:])), each.message) for each in found]


@pytest.mark.parametrize(
    ("section", "code", "at", "message"),
    [
        ({"columns": ["region", "amuont"]}, "IR401", "0/columns/1", 'there is no column "amuont" here'),
        ({"columns": ["region", "region"]}, "IR403", "0/columns/1", 'the column "region" stands twice'),
        ({"group_by": "regoin"}, "IR401", "0/group_by/0", 'there is no column "regoin" here'),
        ({"input_source": "slaes"}, "IR301", "0/input_source", 'there is no frame "slaes" here'),
        ({"totals": {"amuont": "sum"}}, "IR401", "0/totals/amuont", 'there is no column "amuont" here'),
        ({"totals": {"region": "sum"}}, "IR408", "0/totals/region", '"region" is string, which has no sum'),
        ({"columns": ["n"], "totals": {"amount": "sum"}}, "IR206", "0/totals/amount",
         'the total of "amount" has no column to stand in'),
        ({"chart": {"type": "bar", "x": "region", "y": "product"}}, "IR408", "0/chart/y",
         '"product" is string, no number that a chart could draw'),
        ({"chart": {"type": "bar", "x": "where", "y": "n"}}, "IR401", "0/chart/x", 'there is no column "where" here'),
        ({"chart": {"type": "line", "x": "region", "y": ["n", "amount"], "series": "product"}}, "IR206",
         "0/chart/series", "a chart with series has one y, here are more"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_section_is_told_at_its_place(section, code, at, message):
    assert errors(section) == [(code, at, message)]


def test_a_limit_needs_rows_in_an_order():
    grouped = {"type": "aggregate", "output_variable": "some", "config": {"group_by": ["region"]}}
    unordered = {"type": "sql", "input_source": "some", "output_variable": "any",
                 "config": {"query": "select region from some"}}  # fmt: skip
    plan = document({"input_source": "any", "limit": 2}, transforms=[grouped, unordered])
    assert [(each.code, each.pointer) for each in wf.validate(plan)] == [
        ("IR420", ("rendering", "sections", 0, "limit"))
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_totals_are_of_the_rows_shown_so_that_a_limit_comes_first(engine, monkeypatch, tmp_path):
    section = {"limit": 2, "totals": {"amount": "sum", "n": "mean", "product": "count"}}
    [found] = recorded(document(section), monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert [row["product"] for row in table.rows] == ["a", "b"]
    assert table.facts.rows == 2
    assert table.facts.totals is not None
    assert table.facts.totals.rows(named=True) == [{"amount": Decimal("30.75"), "n": 1.5, "product": 2}]


@pytest.mark.parametrize("engine", ENGINES)
def test_decimals_add_up_exactly_where_floats_would_not(engine, monkeypatch, tmp_path):
    [found] = recorded(document({"totals": {"amount": "sum"}}), monkeypatch, tmp_path, engine=engine)
    assert found.tables[0].facts.totals is not None
    assert found.tables[0].facts.totals.item() == Decimal("31.05")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_group_without_a_value_is_a_group_and_comes_last(engine, monkeypatch, tmp_path):
    section = {"group_by": "region", "totals": {"amount": "sum", "n": "sum"}}
    [found] = recorded(document(section), monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert table.part.columns.names == ("product", "amount", "n")
    assert [row["product"] for row in table.rows] == ["a", "d", "b", "c"]
    assert [row["region"] for row in table.hidden] == ["north", "north", "south", None]
    [subtotals] = table.facts.subtotals
    assert subtotals.select("region", "amount", "n", "__rows").rows() == [
        ("north", Decimal("10.70"), 1, 2),
        ("south", Decimal("20.25"), 2, 1),
        (None, Decimal("0.10"), 4, 1),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_level_of_groups_has_its_subtotals(engine, monkeypatch, tmp_path):
    section = {"group_by": ["region", "product"], "totals": {"amount": "max"}}
    [found] = recorded(document(section), monkeypatch, tmp_path, engine=engine)
    outer, inner = found.tables[0].facts.subtotals
    assert outer.get_column("amount").to_list() == [Decimal("10.50"), Decimal("20.25"), Decimal("0.10")]
    assert inner.select("region", "product").rows() == [("north", "a"), ("north", "d"), ("south", "b"), (None, "c")]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_rows_have_totals_all_the_same(engine, monkeypatch, tmp_path):
    nothing = {"type": "filter", "config": {"where": "n > 9"}}
    section = {"group_by": "region", "totals": {"amount": "sum", "n": "count"},
               "chart": {"type": "bar", "x": "product", "y": "n"}}  # fmt: skip
    plan = document(section, transforms=[nothing])
    [found] = recorded(plan, monkeypatch, tmp_path, engine=engine)
    facts = found.tables[0].facts
    assert (facts.rows, facts.totals is not None and facts.totals.rows()) == (0, [(None, 0)])
    assert facts.subtotals[0].height == 0
    assert facts.points is not None
    assert facts.points.columns == ["product", "n"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chart_draws_the_rows_that_are_shown(engine, monkeypatch, tmp_path):
    section = {"columns": ["product"], "limit": 2, "chart": {"type": "pie", "x": "region", "y": "amount"}}
    [found] = recorded(document(section), monkeypatch, tmp_path, engine=engine)
    [table] = found.tables
    assert table.facts.points is not None
    assert table.facts.points.rows() == [("north", Decimal("10.50")), ("south", Decimal("20.25"))]
    assert table.part.columns.names == ("product",)


@pytest.mark.parametrize("engine", ENGINES)
def test_formats_share_the_rows_of_a_section_and_a_plain_table_beside_them_streams(engine, monkeypatch, tmp_path):
    plan = document({"totals": {"n": "sum"}}, {"columns": ["region"]}, formats=("html", "pdf", "csv"))
    found = recorded(plan, monkeypatch, tmp_path, engine=engine)
    assert [[len(table.rows) for table in each.tables] for each in found] == [[4, 4], [4, 4], [4]]
    compiled = wf.compile(plan, engine=engine).compiled
    frames = [[frame.name for frame in each.frames] for each in compiled.outputs]
    assert frames[0] == frames[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_section_that_fails_fails_only_the_documents_it_stands_in(engine, tmp_path):
    broken = {"type": "map", "input_source": "sales", "output_variable": "broken",
              "config": {"columns": {"bad": "cast(product as integer)"}}}  # fmt: skip
    plan = document({"input_source": "sales"}, {"input_source": "broken"}, formats=("html", "csv"), transforms=[broken])
    result = wf.run(plan, engine=engine, out=tmp_path)
    assert {each.id: each.status for each in result.deliveries} == {"html": "failed", "csv": "delivered"}
    assert result.exit_code == 1
    assert [each.name for each in tmp_path.iterdir()] == ["workflow.csv"]


@pytest.mark.parametrize("engine", ENGINES)
def test_sections_may_show_columns_that_only_a_first_pass_tells(engine, monkeypatch, tmp_path):
    pivoted = {"type": "pivot", "output_variable": "wide",
               "config": {"index": ["product"], "columns": "region", "values": "n", "function": "sum"}}  # fmt: skip
    plan = document({"input_source": "wide", "totals": {"north": "sum"}}, {"input_source": "sales"},
                    transforms=[pivoted])  # fmt: skip
    [found] = recorded(plan, monkeypatch, tmp_path, engine=engine)
    assert "north" in found.tables[0].part.columns
    assert found.tables[0].facts.totals is not None
    assert found.tables[0].facts.totals.item() == 1


def test_a_plan_shows_the_sections_and_why_the_document_is_composed():
    chart = {"type": "bar", "x": "product", "y": "amount"}
    plan = wf.compile(document(
        {"heading": "All", "columns": ["product", "amount"], "totals": {"amount": "sum"}, "chart": chart},
        {"group_by": "region", "columns": ["n"]}, formats=("html", "csv"),
    ))  # fmt: skip
    html, csv = plan.steps[-2:]
    assert html.sections == (
        {"heading": "All", "from": ["sales"], "columns": ["product", "amount"], "totals": {"amount": "sum"},
         "chart": {"type": "bar", "x": "product", "y": ["amount"]}},
        {"from": ["sales"], "columns": ["n"], "group_by": ["region"]},
    )  # fmt: skip
    assert html.writing == "composed, once all rows are there: 2 sections, groups with subtotals, totals, a chart"
    assert (csv.writing, csv.sections) == ("streamed: one plain table, written as its rows come", None)
    text = " ".join(plan.explain().split())
    assert ('section "All": product, amount from sales; totals sum of amount; a bar chart of amount by product'
            in text)  # fmt: skip
    assert "section 2: n from sales; grouped by region" in text
    sections = plan.to_dict()["steps"][-2]["sections"]
    assert 'SELECT "product", "amount"' in sections[0]["sql"]


def test_a_difference_of_plans_names_what_changed_in_the_sections():
    old = wf.compile(document({"columns": ["n"]}))
    new = wf.compile(document({"columns": ["n"], "totals": {"n": "sum"}}))
    assert "totals" in str(new.diff(old))
    assert {part.what for change in new.diff(old).steps for part in change.parts} >= {"writing", "sections"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", ["html", "pdf", "xlsx"])
def test_a_section_without_rows_is_delivered_whatever_its_columns_are(engine, format, tmp_path):
    types = {"region": "string", "amount": "decimal(10,2)", "real": "number", "whole": "integer", "day": "date",
             "at": "datetime", "instant": "datetime with time zone", "clock": "time", "lasts": "duration",
             "is": "boolean", "doc": "json", "list": "list(date)", "place": "struct(n: number, day: date)"}  # fmt: skip
    sales = inline("sales", [dict.fromkeys(types)], types)
    none = {"type": "filter", "config": {"where": "whole > 0"}}
    styles = {
        "type": "format",
        "config": {"columns": {"real": {"highlight": "data_bar"}, "day": {"pattern": "%d.%m."}}},
    }
    sections = [{"group_by": "region", "totals": {"amount": "sum", "real": "mean"}}, {}]
    plan = workflow([sales], transforms=[none, styles], rendering={"sections": sections},
                    delivery_rules={"file_delivery": {"format": format}})  # fmt: skip
    [delivery] = wf.compile(plan, engine=engine).run(out=tmp_path).deliveries
    assert (delivery.status, delivery.error) == ("delivered", None)


def test_means_have_two_decimals_or_those_of_their_column(tmp_path):
    rows = [{"n": n, "d": d} for n, d in ((1, "0.001"), (1, "0.001"), (2, "0.003"))]
    source = inline("rows", rows, {"n": "integer", "d": "decimal(8,3)"})
    files = {"format": "html", "filename_template": "report.html"}
    plan = workflow([source], rendering={"sections": [{"totals": {"n": "mean", "d": "mean"}}]},
                    settings={"locale": "de"}, delivery_rules={"file_delivery": files})  # fmt: skip
    wf.compile(plan).run(out=tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "1,33</td>" in page  # 4 / 3
    assert "0,002</td>" in page  # 0.005 / 3 = 0.00166…


@pytest.mark.parametrize("format", ["html", "pdf", "xlsx", "csv"])
def test_a_delivery_without_columns_is_an_error(format):
    plan = workflow([SOURCE], delivery_rules={"file_delivery": {"format": format, "columns": []}})
    [found] = wf.validate(plan)
    assert (found.code, found.pointer) == ("IR407", ("delivery_rules", "file_delivery", "columns"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("format", ["html", "pdf", "xlsx"])
def test_a_total_beyond_the_integers_is_told_in_plain_words(engine, format, tmp_path):
    source = inline("sales", [{"n": 2**63 - 1}, {"n": 2}], {"n": "integer"})
    plan = workflow([source], rendering={"sections": [{"totals": {"n": "sum"}}]},
                    delivery_rules={"file_delivery": {"format": format}})  # fmt: skip
    [delivery] = wf.compile(plan, engine=engine).run(out=tmp_path).deliveries
    assert (delivery.status, delivery.error) == ("failed", "9223372036854775809 does not fit an integer of 64 bits")
    assert delivery.finding is not None
    assert delivery.finding.code == "IR490"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("totals", "labels"),
    [
        ({"n": "mean"}, ["Mean north", "Mean south", "Mean –", "Mean"]),
        ({"n": "sum"}, ["Total north", "Total south", "Total –", "Total"]),
        ({"n": "mean", "amount": "sum"}, ["Total north", "Total south", "Total –", "Total"]),
    ],
)
def test_a_workbooks_totals_are_called_after_their_only_function(totals, labels, tmp_path):
    plan = document({"group_by": "region", "totals": totals}, formats=("xlsx",))
    [delivery] = wf.compile(plan).run(out=tmp_path).deliveries
    sheet = openpyxl.load_workbook(tmp_path / delivery.target.rsplit("/")[-1]).worksheets[0]
    named = [str(cell.value) for cell in sheet["A"] if str(cell.value).startswith(("Mean", "Total"))]
    assert named == labels
