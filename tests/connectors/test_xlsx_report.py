"""Sections in a workbook: groups, totals as formulas, charts, colours, links and pages, through a whole run."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image

import weirflow as wf
from connectors.files import xlsx_links, xlsx_table
from connectors.files.report import Part, Provenance, Report
from connectors.files.writing import WriteOptions, open_writer
from ir.types import Schema, String
from tests.tools.office import calculated

SALES = [
    {"region": "North", "product": "nuts", "units": 2, "amount": 10.5, "web": "https://example.org/1"},
    {"region": "North", "product": "bolts", "units": 4, "amount": 20.25, "web": None},
    {"region": "North", "product": "nuts", "units": 9, "amount": None, "web": "javascript:alert(1)"},
    {"region": "South", "product": "bolts", "units": 1, "amount": -3.0, "web": "https://example.org/4"},
]
NOW = "2026-01-31T12:00:00Z"


def delivered(out: Path, *sections: Mapping[str, Any], formats: Mapping[str, Any] | None = None,
              rows: list[dict[str, Any]] = SALES, options: Mapping[str, Any] | None = None,
              engine: str = "polars", **rendering: Any) -> Path:  # fmt: skip
    """The file that a run makes of the sections."""
    source = {
        "type": "tabular",
        "source": "inline",
        "alias": "sales",
        "config": {"rows": rows, "schema": {"web": "string"}},
    }
    document = {
        "ir_version": "3.1", "goal": "sell", "settings": {"engine": engine}, "data_sources": [source],
        "transforms": [{"type": "format", "config": {"columns": formats}}] if formats else [],
        "rendering": {"title": "Sales", "sections": [dict(each) for each in sections], **rendering},
        "delivery_rules": {"file_delivery": {"format": "xlsx", "filename_template": "sales.xlsx",
                                             "options": {"overwrite": True, **(options or {})}}},
    }  # fmt: skip
    wf.run(document, out=out, now=datetime.fromisoformat(NOW))
    return out / "sales.xlsx"


def lines(sheet: Worksheet, first: int = 6, columns: int | None = None) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=first, max_col=columns, values_only=True))


GROUPED = {"heading": "By region", "group_by": "region", "columns": ["product", "units", "amount"],
           "totals": {"units": "sum", "amount": "sum"}}  # fmt: skip


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_groups_have_headings_rows_and_subtotals_whose_formulas_have_their_values(tmp_path: Path, engine: str) -> None:
    path = delivered(tmp_path, GROUPED, engine=engine)
    formulas, found = (
        openpyxl.load_workbook(path).worksheets[0],
        openpyxl.load_workbook(path, data_only=True).worksheets[0],
    )
    assert lines(found) == [
        ("product", "units", "amount"),
        ("region: North", None, None), ("nuts", 2, 10.5), ("bolts", 4, 20.25), ("nuts", 9, None),
        ("Total North", 15, 30.75),
        ("region: South", None, None), ("bolts", 1, -3), ("Total South", 1, -3),
        ("Total", 16, 27.75),
    ]  # fmt: skip
    assert [formulas.cell(row, 2).value for row in (11, 14, 15)] == [
        "=SUBTOTAL(9,B8:B10)", "=SUBTOTAL(9,B13:B13)", "=SUBTOTAL(9,B8:B13)",
    ]  # fmt: skip
    assert [formulas.row_dimensions[row].outlineLevel for row in (7, 8, 10, 11, 13, 15)] == [0, 1, 1, 0, 1, 0]
    assert formulas.sheet_format.outlineLevelRow == 1
    assert formulas.auto_filter.ref == "A6:C13"
    assert formulas.freeze_panes == "A7"


def test_a_spreadsheet_program_calculates_every_total_to_the_value_it_was_written_with(tmp_path: Path) -> None:
    functions = ["sum", "mean", "avg", "min", "max", "count", "median"]
    sections = [{"heading": f"{function} {keys}", "group_by": keys, "columns": ["web", "units", "amount"],
                 "totals": {"units": function, "amount": function}}
                for function in functions for keys in (["region"], ["region", "product"])]  # fmt: skip
    sections += [{"heading": f"{function} plain", "columns": ["product", "units", "amount"],
                  "totals": {"units": function, "amount": function}} for function in functions]  # fmt: skip
    path = delivered(tmp_path, *sections)
    ours, theirs = openpyxl.load_workbook(path, data_only=True), calculated(path, tmp_path / "office")
    formulas = openpyxl.load_workbook(path)
    compared = 0
    for sheet in formulas:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            written = ours[sheet.title][cell.coordinate].value
            assert theirs[sheet.title][cell.coordinate].value == pytest.approx(written), (sheet.title, cell.value)
            compared += 1
    assert compared > 100


def test_totals_over_several_sheets_count_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_table, "SHEET_ROWS", 12)
    rows = [{"key": "a" if n < 9 else "b", "product": "x", "n": n, "web": None} for n in range(14)]
    functions = {"sum": 91, "mean": 6.5, "min": 0, "max": 13, "count": 14, "median": 6.5}
    sections = [{"heading": function, "group_by": "key", "columns": ["product", "n"], "totals": {"n": function}}
                for function in functions]  # fmt: skip
    path = delivered(tmp_path, *sections, rows=rows)
    made, theirs = openpyxl.load_workbook(path, data_only=True), calculated(path, tmp_path / "office")
    for function, value in functions.items():
        own = [sheet for sheet in made if sheet.title.split(" (")[0] == function]
        assert len(own) > 2
        assert own[-1].cell(own[-1].max_row, 2).value == value
        assert theirs[own[-1].title].cell(own[-1].max_row, 2).value == pytest.approx(value)
        numbers = [row[1] for sheet in own for row in lines(sheet) if row[0] == "x"]
        assert numbers == list(range(14))


def test_a_total_that_no_formula_gives_is_its_value(tmp_path: Path) -> None:
    rows = [{"name": "a", "n": 9_007_199_254_740_993, "web": None}, {"name": "b", "n": 1, "web": None}]
    path = delivered(tmp_path, {"columns": ["web", "name", "n"], "totals": {"n": "sum", "name": "max"}}, rows=rows)
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert lines(sheet, 4)[-1] == ("Total", "b", "9007199254740994")


def test_a_table_whose_first_column_is_added_up_has_a_column_for_the_words(tmp_path: Path) -> None:
    path = delivered(tmp_path, {"columns": ["units"], "group_by": "region", "totals": {"units": "mean"}})
    (sheet,) = openpyxl.load_workbook(path, data_only=True).worksheets
    assert [row[0] for row in lines(sheet, 4)] == [None, "region: North", None, None, None, "Mean North",
                                                   "region: South", None, "Mean South", "Mean"]  # fmt: skip
    assert [row[1] for row in lines(sheet, 4)] == ["units", None, 2, 4, 9, 5, None, 1, 1, 4]


def test_sheets_are_called_as_their_sections_and_each_name_is_one_that_excel_takes(tmp_path: Path) -> None:
    headings = ["Q1/Q2", "q1 q2", "History", "'quoted'", "x" * 40, "X" * 40, "\u202ereversed", "😀" * 20, "???"]
    path = delivered(tmp_path, *({"heading": each, "columns": ["product"]} for each in headings))
    names = openpyxl.load_workbook(path).sheetnames
    assert names == ["Q1 Q2", "q1 q2 (2)", "History 1", "quoted", "x" * 31, "X" * 27 + " (2)", "reversed", "😀" * 15,
                     "Sheet1"]  # fmt: skip
    assert openpyxl.load_workbook(path)["History 1"]["A4"].value == "History"


def test_heading_text_and_caption_stand_around_the_table(tmp_path: Path) -> None:
    path = delivered(tmp_path, {"heading": "Sold", "text": "=1+1 is <no> formula\nhere", "caption": "In euro",
                                "columns": ["product"], "limit": 1})  # fmt: skip
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert [row[0] for row in lines(sheet, 1)] == [
        "Sales", "2026-01-31 12:00 UTC", None, "Sold", "=1+1 is <no> formula\nhere", None, "product", "nuts", None,
        "In euro",
    ]  # fmt: skip
    assert sheet["A5"].data_type == "s"


def test_a_chart_of_the_tables_own_rows_refers_to_them(tmp_path: Path) -> None:
    chart = {"type": "bar", "x": "product", "y": ["units", "amount"], "title": "Sold"}
    path = delivered(tmp_path, {"heading": "All", "columns": ["product", "units", "amount"], "chart": chart})
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["All"]
    (drawn,) = book["All"]._charts
    assert [each.val.numRef.f for each in drawn.series] == ["All!$B$7:$B$10", "All!$C$7:$C$10"]
    assert drawn.series[0].cat.strRef.f == "All!$A$7:$A$10"
    assert [point.v for point in drawn.series[0].val.numRef.numCache.pt] == [2, 4, 9, 1]
    assert drawn.anchor._from.col >= 4  # right of the table, which it does not cover


def test_a_chart_with_a_series_column_reads_a_hidden_sheet(tmp_path: Path) -> None:
    chart = {"type": "line", "x": "product", "y": "units", "series": "region"}
    path = delivered(tmp_path, {"heading": "All", "columns": ["product", "units"], "chart": chart})
    book = openpyxl.load_workbook(path)
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [("All", "visible"), ("Chart data", "hidden")]
    assert lines(book["Chart data"], 1) == [
        ("product", "North", "South"), ("nuts", 2, None), ("bolts", 4, 1), ("nuts", 9, None),
    ]  # fmt: skip
    assert len(book["All"]._charts[0].series) == 2


@pytest.mark.parametrize("kind", ["bar", "line", "area", "pie", "scatter"])
def test_each_type_of_chart_opens(tmp_path: Path, kind: str) -> None:
    path = delivered(tmp_path, {**GROUPED, "chart": {"type": kind, "x": "units", "y": "amount"}})
    assert len(openpyxl.load_workbook(path).worksheets[0]._charts) == 1


def test_bars_scales_and_rules_colour_the_cells_of_the_rows_alone(tmp_path: Path) -> None:
    formats = {"units": {"highlight": "data_bar"}, "amount": {"highlight": "color_scale"},
               "product": {"highlight": [{"where": "amount < 0", "color": "red"}]}}  # fmt: skip
    path = delivered(tmp_path, GROUPED, formats=formats)
    (sheet,) = openpyxl.load_workbook(path).worksheets
    found = {str(each.sqref): each.rules[0].type for each in sheet.conditional_formatting}
    assert found == {"B8:B10 B13": "dataBar", "C8:C10 C13": "colorScale"}
    fills = {sheet.cell(row, 1).value: sheet.cell(row, 1).fill.fgColor.rgb for row in (8, 13)}
    assert fills == {"nuts": "00000000", "bolts": "FFFFB6B6"}


def test_links_lead_to_addresses_that_may_be_followed(tmp_path: Path) -> None:
    path = delivered(tmp_path, {"columns": ["product", "web"]}, formats={"web": {"style": "link"}})
    (sheet,) = openpyxl.load_workbook(path).worksheets
    targets = {cell.value: cell.hyperlink.target if cell.hyperlink else None for (cell,) in sheet["B5:B8"]}
    assert targets == {"https://example.org/1": "https://example.org/1", None: None, "javascript:alert(1)": None,
                       "https://example.org/4": "https://example.org/4"}  # fmt: skip


def test_every_kind_of_address_that_may_be_followed_is_a_link(tmp_path: Path) -> None:
    addresses = ["tel:+4930123", "MAILTO:ada@example.org", "HTTPS://example.org/a#b", "ftp://example.org/x",
                 'https://example.org/?a=1&b="']  # fmt: skip
    report = Report(columns=Schema({"a": String()}), parts=(Part(columns=Schema({"a": String()}), links={"a": "a"}),))
    with open_writer("xlsx", tmp_path / "file.xlsx", report=report, options=WriteOptions()) as writer:
        writer.write(pl.DataFrame({"a": addresses}))
    (sheet,) = openpyxl.load_workbook(tmp_path / "file.xlsx").worksheets
    found = [(cell.hyperlink.target, cell.hyperlink.location) for (cell,) in sheet["A5:A9"]]
    assert found == [(addresses[0], None), (addresses[1], None), ("HTTPS://example.org/a", "b"), (addresses[3], None),
                     ("https://example.org/?a=1&b=%22", None)]  # fmt: skip


def test_links_beyond_what_excel_takes_are_text_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_links, "MOST_LINKS", 1)
    rows = [{"web": "https://example.org/" + tail} for tail in ("a", "b", "x" * 2_100)]
    told: list[str] = []
    monkeypatch.setattr("engine.file_delivering.FileDelivering.finish", _watched(told))
    path = delivered(tmp_path, {"columns": ["web"]}, rows=rows, formats={"web": {"style": "link"}})
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert [bool(cell.hyperlink) for (cell,) in sheet["A5:A7"]] == [True, False, False]
    assert told == ["1 links were longer than the 2,079 characters Excel takes, and are plain text",
                    "a sheet holds 1 links: 1 more are plain text"]  # fmt: skip


def _watched(told: list[str]) -> Any:
    from engine.file_delivering import FileDelivering

    finish = FileDelivering.finish

    def watched(output: FileDelivering) -> Any:
        result = finish(output)
        told.extend(output.problems)
        return result

    return watched


def test_pages_are_set_up_as_the_report_says(tmp_path: Path) -> None:
    page = {"size": "letter", "orientation": "landscape", "margins": {"left": 25.4}, "footer": "A & B"}
    (sheet,) = openpyxl.load_workbook(delivered(tmp_path, GROUPED, page=page)).worksheets
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (1, "landscape")
    assert sheet.page_margins.left == 1
    assert sheet.print_title_rows == "$6:$6"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    with zipfile.ZipFile(tmp_path / "sales.xlsx") as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    assert "<oddFooter>&amp;L&amp;8A &amp;&amp; B&amp;R&amp;8Page &amp;P of &amp;N</oddFooter>" in xml


def test_a_footer_is_cut_to_what_excel_takes(tmp_path: Path) -> None:
    path = delivered(tmp_path, GROUPED, page={"footer": "1&" * 200})
    with zipfile.ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet1.xml").decode()
    footer = xml.partition("<oddFooter>")[2].partition("</oddFooter>")[0].replace("&amp;", "&")
    assert footer == "&L&8 " + "1&&" * 60 + "&R&8Page &P of &N"


def test_equal_rows_and_an_equal_now_make_equal_bytes(tmp_path: Path) -> None:
    sections = [
        {**GROUPED, "chart": {"type": "bar", "x": "product", "y": "units", "series": "region"}},
        {"heading": "B"},
    ]
    first = delivered(tmp_path / "a", *sections).read_bytes()
    assert delivered(tmp_path / "b", *sections).read_bytes() == first


def test_a_section_without_rows_says_so(tmp_path: Path) -> None:
    nothing = {**GROUPED, "limit": 0, "chart": {"type": "bar", "x": "product", "y": "units"}}
    path = delivered(tmp_path, nothing, empty_message="Nothing sold")
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert lines(sheet) == [("product", "units", "amount"), ("Nothing sold", None, None)]
    assert not sheet._charts


def test_an_excel_table_has_the_totals_as_its_last_row(tmp_path: Path) -> None:
    section = {"columns": ["product", "units", "amount"], "totals": {"units": "mean", "amount": "sum"}}
    path = delivered(tmp_path, section, options={"excel_table": True})
    (sheet,) = openpyxl.load_workbook(path).worksheets
    (table,) = sheet.tables.values()
    assert (table.ref, table.totalsRowCount) == ("A1:C6", 1)
    assert [each.totalsRowFunction for each in table.tableColumns] == [None, "average", "sum"]
    assert [cell.value for cell in sheet[6]] == [
        "Total",
        "=SUBTOTAL(101,Table1[units])",
        "=SUBTOTAL(109,Table1[amount])",
    ]
    assert [cell.value for cell in calculated(path, tmp_path / "office").worksheets[0][6]] == ["Total", 4, 27.75]


def test_an_excel_table_stands_above_a_total_that_it_cannot_have(tmp_path: Path) -> None:
    section = {"columns": ["product", "units"], "totals": {"units": "median"}}
    path = delivered(tmp_path, section, options={"excel_table": True})
    (sheet,) = openpyxl.load_workbook(path).worksheets
    assert [each.ref for each in sheet.tables.values()] == ["A1:B5"]
    assert [cell.value for cell in sheet[6]] == ["Median", "=MEDIAN(B2:B5)"]


def test_a_rule_on_a_boolean_column_that_is_shown_is_one_that_excel_follows(tmp_path: Path) -> None:
    rows = [{"name": "a", "late": True, "web": None}, {"name": "b", "late": False, "web": None}]
    formats = {"name": {"highlight": [{"where": "late", "color": "#ffcccc"}]}}
    path = delivered(tmp_path, {"columns": ["name", "late"]}, rows=rows, formats=formats)
    (sheet,) = openpyxl.load_workbook(path).worksheets
    ((areas, rules),) = [(str(each.sqref), each.rules) for each in sheet.conditional_formatting]
    assert (areas, rules[0].formula) == ("A5:A6", ["$B5=TRUE"])
    assert sheet["A5"].fill.fgColor.rgb == "00000000"


def test_a_logo_stands_right_of_the_title(tmp_path: Path) -> None:
    Image.new("RGB", (80, 40), "#1F4E79").save(picture := BytesIO(), "PNG")
    columns = Schema({"a": String()})
    report = Report(columns=columns, logo=picture.getvalue(), generated_at=datetime(2026, 1, 31, tzinfo=UTC))
    with open_writer("xlsx", tmp_path / "file.xlsx", report=report, options=WriteOptions()) as writer:
        writer.write(pl.DataFrame({"a": ["x"]}))
    (sheet,) = openpyxl.load_workbook(tmp_path / "file.xlsx").worksheets
    (image,) = sheet._images
    assert image.anchor._from.row == 0
    assert image.anchor._from.col > 0


def test_where_a_report_comes_from_stands_in_the_documents_properties(tmp_path: Path) -> None:
    provenance = Provenance(lines=("workflow sales, sha256 1f3a", "orders.csv: 3 rows"))
    report = Report(columns=Schema({"a": String()}), title="Sales", provenance=provenance)
    with open_writer("xlsx", tmp_path / "file.xlsx", report=report, options=WriteOptions()):
        pass
    about = openpyxl.load_workbook(tmp_path / "file.xlsx").properties
    assert about.title == "Sales"
    assert about.description == "Made by weirflow\nworkflow sales, sha256 1f3a\norders.csv: 3 rows"
    assert about.created == about.modified == datetime(2000, 1, 1)
