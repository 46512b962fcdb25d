"""A report as a message: HTML whose styles stand in its elements, and the same in words."""

from __future__ import annotations

import polars as pl

from connectors.files.mail_body import mail_body
from connectors.files.report import ROWS, Chart, Facts, Part, Provenance, Report, Rule
from ir import types as t
from ir.column_format import ColumnFormat
from tests.connectors.pages import Page

SALES = Part(
    columns=t.Schema({"product": t.String(), "amount": t.Integer()}), group_by=t.Schema({"region": t.String()}),
    totals={"amount": "sum"}, total_types=t.Schema({"amount": t.Integer()}), heading="Sales", text="Net.",
    caption="In euros.",
)  # fmt: skip
ROWS_OF_SALES = pl.DataFrame({"region": ["North", "South"], "product": ["a", "東京"], "amount": [1, 1200]})
FACTS = Facts(rows=2, totals=pl.DataFrame({"amount": [1201]}), subtotals=(
    pl.DataFrame({"region": ["North", "South"], "amount": [1, 1200], ROWS: [1, 1]}),))  # fmt: skip


def test_a_message_has_the_report_s_table_with_styles_of_its_own() -> None:
    report = Report(columns=SALES.columns, parts=(SALES,), title="Report", subtitle="January",
                    provenance=Provenance(lines=("workflow x",)))  # fmt: skip
    page = Page(mail_body(report, [(FACTS, ROWS_OF_SALES)]).html)
    assert page.words() == [["product", "amount"], ["region: North"], ["a", "1"], ["Total North", "1"],
                            ["region: South"], ["東京", "1200"], ["Total South", "1200"],
                            ["Total", "1201"]]  # fmt: skip
    assert {"style", "script", "svg", "link"}.isdisjoint(tag for tag, _ in page.elements)
    assert not any("class" in given for _, given in page.elements)
    assert all(cell.attributes["style"] for row in page.tables[0] for cell in row)
    assert "var(" not in page.source
    assert page.texts["h1"] == ["Report"]
    assert page.texts["p"] == ["January", "Net.", "In euros.", "workflow x"]


def test_the_text_beside_it_says_the_same() -> None:
    report = Report(columns=SALES.columns, parts=(SALES,), title="Report", subtitle="January")
    assert mail_body(report, [(FACTS, ROWS_OF_SALES)]).text == (
        "Report\n"
        "======\n"
        "January\n"
        "\n"
        "Sales\n"
        "-----\n"
        "Net.\n"
        "\n"
        "region  product  amount\n"
        "North   a             1\n"
        "South   東京       1200\n"
        "Total              1201\n"
        "In euros.\n"
    )


def test_rows_beyond_the_most_are_counted() -> None:
    part = Part(columns=t.Schema({"n": t.Integer()}))
    body = mail_body(Report(columns=part.columns, parts=(part,)), [(Facts(rows=1234), pl.DataFrame({"n": [1, 2, 3]}))],
                     most_rows=2)  # fmt: skip
    page = Page(body.html)
    assert page.words() == [["n"], ["1"], ["2"]]
    assert "The first 2 of 1,234 rows" in page.texts["p"]
    assert "the first 2 of 1,234 rows" in body.text


def test_a_chart_stands_in_words_and_its_points_where_the_table_has_others() -> None:
    columns = t.Schema({"who": t.String(), "n": t.Integer()})
    chart = Chart(type="bar", x="who", y=("n",), title="Who")
    points = pl.DataFrame({"who": [f"w{each}" for each in range(14)], "n": list(range(14))})
    alike = Part(columns=columns, chart=chart, chart_types=columns)
    other = Part(columns=t.Schema({"who": t.String()}), chart=chart, chart_types=columns)
    facts = Facts(rows=14, points=points)
    report = Report(columns=columns, parts=(alike, other))
    page = Page(mail_body(report, [(facts, points), (facts, points)]).html)
    assert page.texts["strong"] == ["Who", "Who"]
    assert page.texts["span"] == ["Bar chart of n by who: 14 values from 0 to 13."] * 2
    assert [len(each) - 1 for each in page.tables] == [14, 12, 14]
    assert "and 2 more" in page.texts["p"]


def test_links_rules_and_scales_are_kept_and_bars_left_out() -> None:
    part = Part(columns=t.Schema({"site": t.String(), "n": t.Integer(), "m": t.Integer()}), links={"site": "to"},
                formats={"n": ColumnFormat(highlight="data_bar"), "m": ColumnFormat(highlight="color_scale")},
                rules={"site": (Rule(where="r", color="#f3f6fa"),)})  # fmt: skip
    rows = pl.DataFrame({"site": ["a", "b"], "n": [1, 2], "m": [1, 2], "to": ["https://a.example", "javascript:x"],
                         "r": [True, False]})  # fmt: skip
    facts = Facts(rows=2, extremes={"n": (1.0, 2.0), "m": (1.0, 2.0)})
    page = Page(mail_body(Report(columns=part.columns, parts=(part,)), [(facts, rows)]).html)
    assert [each["href"] for each in page.attributes("a")] == ["https://a.example"]
    first, second = ([cell.attributes["style"] for cell in row] for row in page.tables[0][1:])
    assert first[0].endswith(";background-color:#f3f6fa")
    assert "background" not in second[0] + first[1] + second[1]
    assert second[2].endswith(";background-color:#8fb4d6")


def test_text_is_neither_markup_nor_a_command_to_the_reader() -> None:
    evil = "</td><script>\x1b[2J\u202e"
    part = Part(columns=t.Schema({evil: t.String()}), heading=evil, text=evil, caption=evil)
    report = Report(columns=part.columns, parts=(part,), title=evil, subtitle=evil)
    body = mail_body(report, [(Facts(rows=1), pl.DataFrame({evil: [evil]}))])
    assert "<script" not in body.html
    assert "\x1b" not in body.html + body.text
    assert "\u202e" not in body.text


def test_a_part_without_rows_says_so_in_both() -> None:
    part = Part(columns=t.Schema({"a": t.String()}))
    report = Report(columns=part.columns, parts=(part,), title="T", subtitle="S", empty_message="Nothing")
    body = mail_body(report, [(Facts(rows=0), pl.DataFrame(schema={"a": pl.String}))])
    assert Page(body.html).words() == [["a"], ["Nothing"]]
    assert body.text == "T\n=\nS\n\nNothing\n"
