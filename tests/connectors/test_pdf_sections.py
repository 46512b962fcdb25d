"""PDF files of reports with sections, groups and totals, read back by pypdf."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pypdf
import pytest
from PIL import Image

from connectors.files.pdf_objects import PdfObjects
from connectors.files.report import ROWS, Chart, Facts, Margins, Page, Part, Provenance, Report, Rule
from connectors.files.writing import open_writer
from ir import types as t
from ir.column_format import ColumnFormat
from tests.connectors.pdf_reading import NOON, page_texts, tags, written

SALES = t.Schema({"product": t.String(), "amount": t.Integer()})
BY_REGION = t.Schema({"region": t.String()})


def report(*parts: Part, **about: Any) -> Report:
    return Report(columns=parts[0].columns, parts=parts, **{"title": "Sales", "generated_at": NOON, **about})


def grouped(groups: Mapping[str, int], **about: Any) -> tuple[Part, Facts, pl.DataFrame]:
    """Regions with so many rows each, each row of amount 1, and their sums."""
    rows = pl.DataFrame({
        "region": [region for region, count in groups.items() for _ in range(count)],
        "product": [f"{region} {number}" for region, count in groups.items() for number in range(count)],
        "amount": [1] * sum(groups.values()),
    })  # fmt: skip
    part = Part(columns=SALES, group_by=BY_REGION, totals={"amount": "sum"},
                total_types=t.Schema({"amount": t.Integer()}), **about)  # fmt: skip
    counts = list(groups.values())
    subtotals = pl.DataFrame({"region": list(groups), "amount": counts, ROWS: counts})
    facts = Facts(rows=rows.height, totals=pl.DataFrame({"amount": [rows.height]}), subtotals=(subtotals,))
    return part, facts, rows


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_a_section_reads_from_heading_to_caption(tmp_path: Path) -> None:
    part = Part(columns=SALES, heading="Units", text="What was sold.\nNet of returns.", caption="Source: orders",
                totals={"amount": "sum"}, total_types=t.Schema({"amount": t.Integer()}))  # fmt: skip
    rows = pl.DataFrame({"product": ["ink", "pen"], "amount": [2, 3]})
    written(
        tmp_path / "a.pdf",
        report(part, subtitle="January"),
        [(Facts(rows=2, totals=pl.DataFrame({"amount": [5]})), rows)],
    )
    (page,) = page_texts(tmp_path / "a.pdf")
    words = re.sub(r"\s+", " ", page)
    assert words.startswith(
        "Sales January Units What was sold. Net of returns. product amount ink 2 pen 3 Total 5 Source: orders Sales"
    )


def test_rows_of_groups_stand_between_their_heading_and_their_subtotal(tmp_path: Path) -> None:
    part, facts, rows = grouped({"North": 2, "South": 1})
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    (page,) = page_texts(tmp_path / "a.pdf")
    words = re.sub(r"\s+", " ", page)
    assert "region: North North 0 1 North 1 1 Total North 2 region: South South 0 1 Total South 1 Total 3" in words


def test_groups_in_groups_close_from_the_inside(tmp_path: Path) -> None:
    rows = pl.DataFrame({"region": ["N", "N", "S"], "year": [1, 2, 1], "product": ["a", "b", "c"], "amount": [1, 2, 4]})
    keys = t.Schema({"region": t.String(), "year": t.Integer()})
    part = Part(columns=SALES, group_by=keys, totals={"amount": "sum"}, total_types=t.Schema({"amount": t.Integer()}))
    outer = pl.DataFrame({"region": ["N", "S"], "amount": [3, 4], ROWS: [2, 1]})
    inner = pl.DataFrame({"region": ["N", "N", "S"], "year": [1, 2, 1], "amount": [1, 2, 4], ROWS: [1, 1, 1]})
    facts = Facts(rows=3, totals=pl.DataFrame({"amount": [7]}), subtotals=(outer, inner))
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    words = re.sub(r"\s+", " ", page_texts(tmp_path / "a.pdf")[0])
    assert (
        "region: N year: 1 a 1 Total 1 1 year: 2 b 2 Total 2 2 Total N 3 "
        "region: S year: 1 c 4 Total 1 4 Total S 4 Total 7"
    ) in words


def test_a_group_that_goes_on_says_so_and_no_heading_or_subtotal_is_left_alone(tmp_path: Path) -> None:
    groups = {f"R{number:02}": 3 + number % 11 for number in range(40)}
    part, facts, rows = grouped(groups)
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    pages = page_texts(tmp_path / "a.pdf")
    assert len(pages) > 3
    open_group = None
    for number, page in enumerate(pages):
        found = [line for line in lines(page) if re.match(r"region:|R\d\d \d|Total R", line)]
        if open_group is not None and number:
            assert found[0].split("  ")[0].startswith(f"region: {open_group}")
            assert "continued" in found[0]
        assert not found[-1].startswith("region:")
        first = next(line for line in found if not line.startswith("region:"))
        assert not first.startswith("Total")
        open_group = None if found[-1].startswith("Total") else found[-1].split()[0]
    everything = "\n".join(pages)
    for region, count in groups.items():
        assert len(re.findall(rf"^ *{region} \d+", everything, re.MULTILINE)) == count
        assert re.search(rf"Total {region}\s+{count}\b", everything)


def test_a_label_has_its_own_line_where_every_column_has_a_total(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.Integer(), "b": t.Integer()})
    part = Part(columns=columns, totals={"a": "sum", "b": "max"}, total_types=columns)
    facts = Facts(rows=2, totals=pl.DataFrame({"a": [3], "b": [9]}))
    written(tmp_path / "a.pdf", report(part), [(facts, pl.DataFrame({"a": [1, 2], "b": [9, 8]}))])
    words = re.sub(r"\s+", " ", page_texts(tmp_path / "a.pdf")[0])
    assert "1 9 2 8 Total 3 maximum 9" in words


def test_a_long_text_is_shown_whole_over_as_many_lines_and_pages_as_it_takes(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(6_000)]
    columns = t.Schema({"id": t.Integer(), "note": t.String()})
    rows = pl.DataFrame({"id": [11111, 22222, 33333], "note": ["short", " ".join(words), "last"]})
    written(tmp_path / "a.pdf", report(Part(columns=columns)), [(Facts(), rows)])
    pages = page_texts(tmp_path / "a.pdf")
    assert len(pages) > 3
    everything = " ".join(pages)
    assert re.findall(r"\bword\d+\b", everything) == words
    assert [everything.count(each) for each in ("11111", "22222", "33333")] == [1, 1, 1]
    assert all("note" in page for page in pages)
    tags(tmp_path / "a.pdf")


def test_line_breaks_in_a_cell_stay(tmp_path: Path) -> None:
    columns = t.Schema({"address": t.String(), "n": t.Integer()})
    rows = pl.DataFrame({"address": ["Main Street 1\r\nSpringfield"], "n": [5]})
    writer = written(tmp_path / "a.pdf", report(Part(columns=columns)), [(Facts(), rows)])
    found = lines(page_texts(tmp_path / "a.pdf")[0])
    assert any(line.startswith("Main Street 1") and "Springfield" not in line for line in found)
    assert any(line.startswith("Springfield") for line in found)
    assert writer.warnings == ()


def test_a_column_wider_than_a_page_is_broken_and_complete(tmp_path: Path) -> None:
    text = "".join(chr(ord("a") + number % 26) for number in range(3_000))
    part = Part(columns=t.Schema({"only": t.String()}))
    written(tmp_path / "a.pdf", report(part), [(Facts(), pl.DataFrame({"only": [text]}))])
    assert text in "".join(page_texts(tmp_path / "a.pdf")[0].split())


def test_a_number_too_long_for_its_column_is_never_cut(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Decimal(38, 0), "m": t.Integer()})
    part = Part(columns=columns, formats={"n": ColumnFormat(width=6)})
    written(tmp_path / "a.pdf", report(part), [(Facts(), pl.DataFrame({"n": ["12345678901234567890"], "m": [1]},
            schema={"n": pl.String, "m": pl.Int64}).with_columns(pl.col("n").cast(pl.Decimal(38, 0))))])  # fmt: skip
    assert "12345678901234567890" in "".join(page_texts(tmp_path / "a.pdf")[0].split())


def test_two_hundred_columns_stand_side_by_side_over_pages(tmp_path: Path) -> None:
    names = ["key", *(f"column_{number:03}" for number in range(199))]
    columns = t.Schema({name: t.Integer() for name in names})
    rows = pl.DataFrame({name: [100_000 + place, 200_000 + place] for place, name in enumerate(names)})
    written(tmp_path / "a.pdf", report(Part(columns=columns, heading="Many")), [(Facts(), rows)])
    pages = page_texts(tmp_path / "a.pdf")
    flat = "".join("".join(page.split()) for page in pages)
    assert all(name in flat for name in names)
    assert all(str(100_000 + place) in flat and str(200_000 + place) in flat for place in range(200))
    assert all("100000" in page for page in pages)  # the key leads every page
    assert "columns 2 of" in pages[1]
    document = tags(tmp_path / "a.pdf")
    assert len(document.all("Table")) == len(pages)


def test_a_report_without_columns_or_rows_still_is_a_page(tmp_path: Path) -> None:
    nothing = Part(columns=t.Schema(()), heading="Empty")
    written(tmp_path / "a.pdf", report(nothing), [(Facts(rows=0), pl.DataFrame())])
    (page,) = page_texts(tmp_path / "a.pdf")
    assert "Empty" in page
    tags(tmp_path / "a.pdf")


def test_a_section_without_rows_shows_the_message_and_the_next_one_follows(tmp_path: Path) -> None:
    first, second = Part(columns=SALES, heading="One"), Part(columns=SALES, heading="Two")
    rows = pl.DataFrame({"product": ["ink"], "amount": [7]})
    empty = pl.DataFrame(schema={"product": pl.String, "amount": pl.Int64})
    written(
        tmp_path / "a.pdf",
        report(first, second, empty_message="Nothing sold"),
        [(Facts(rows=0), empty), (Facts(rows=1), rows)],
    )
    words = re.sub(r"\s+", " ", page_texts(tmp_path / "a.pdf")[0])
    assert "One product amount Nothing sold Two product amount ink 7" in words


def test_bookmarks_lead_to_sections_and_their_groups(tmp_path: Path) -> None:
    part, facts, rows = grouped({"North": 60, "South": 5}, heading="By region")
    written(tmp_path / "a.pdf", report(part, Part(columns=SALES, heading="All")), [(facts, rows), (Facts(), rows)])
    reader = pypdf.PdfReader(tmp_path / "a.pdf", strict=True)
    outline: Any = reader.outline
    (north, south) = outline[1]
    assert [each.title for each in (outline[0], north, south, outline[2])] == ["By region", "North", "South", "All"]
    assert [reader.get_destination_page_number(each) for each in (outline[0], north)] == [0, 0]
    assert "South 0" in reader.pages[reader.get_destination_page_number(south) or 0].extract_text()


def test_a_single_table_without_headings_has_no_bookmarks(tmp_path: Path) -> None:
    written(
        tmp_path / "a.pdf", report(Part(columns=SALES)), [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))]
    )
    assert pypdf.PdfReader(tmp_path / "a.pdf").outline == []


def test_links_lead_where_their_column_says_and_nowhere_that_runs(tmp_path: Path) -> None:
    part = Part(columns=SALES, links={"product": "address"})
    addresses = ["https://example.com/ä?a=(1)", None, "javascript:alert(1)", "file:///etc/passwd"]
    rows = pl.DataFrame({"product": ["a", "b", "c", "d"], "amount": [1, 2, 3, 4], "address": addresses})
    written(tmp_path / "a.pdf", report(part), [(Facts(), rows)])
    (page,) = pypdf.PdfReader(tmp_path / "a.pdf", strict=True).pages
    (link,) = [each.get_object() for each in page["/Annots"]]  # type: ignore[attr-defined]
    assert link["/A"]["/URI"] == "https://example.com/%C3%A4?a=(1)"
    left, bottom, right, top = (float(each) for each in link["/Rect"])
    assert left < right
    assert 10 < top - bottom < 20
    (element,) = tags(tmp_path / "a.pdf").all("Link")
    assert len(element.marks) == 1


def test_metadata_names_title_subject_language_and_where_it_comes_from(tmp_path: Path) -> None:
    source = "workflow sales, sha256 1f3a <&>"
    about = report(Part(columns=SALES), title="Größe <&>", subtitle="Januar", locale="de_CH.UTF-8",
                   provenance=Provenance(lines=(source,)))  # fmt: skip
    written(tmp_path / "a.pdf", about, [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))])
    reader = pypdf.PdfReader(tmp_path / "a.pdf", strict=True)
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.subject) == ("Größe <&>", "Januar")
    assert reader.metadata["/Keywords"] == source
    assert reader.root_object["/Lang"] == "de-CH"
    xmp = reader.xmp_metadata
    assert xmp is not None
    assert xmp.dc_title == {"x-default": "Größe <&>"}
    assert xmp.dc_description == {"x-default": "Januar"}
    assert xmp.dc_source == source
    assert source in reader.pages[0].extract_text()


def test_the_footer_margins_and_orientation_are_those_of_the_page(tmp_path: Path) -> None:
    page = Page(size="A5", orientation="landscape", margins=Margins(top=25.4, right=12.7, bottom=12.7, left=50.8),
                footer="Confidential")  # fmt: skip
    written(
        tmp_path / "a.pdf",
        report(Part(columns=SALES), page=page),
        [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))],
    )
    found = pypdf.PdfReader(tmp_path / "a.pdf").pages[0]
    assert (round(float(found.mediabox.width)), round(float(found.mediabox.height))) == (595, 420)
    places: dict[str, tuple[float, float]] = {}

    def visit(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if text.strip():
            places[text.strip()] = (cm[4] + tm[4] * cm[0], cm[5] + tm[5] * cm[3])

    found.extract_text(visitor_text=visit)
    assert places["Confidential"] == pytest.approx((144, 36))
    assert places["Sales"][0] == pytest.approx(144)
    assert places["Sales"][1] < 420 - 72


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_a_logo_stands_in_the_title_block(tmp_path: Path, form: str, mode: str) -> None:
    picture = io.BytesIO()
    Image.new(mode, (30, 10)).save(picture, form)
    writer = written(tmp_path / "a.pdf", report(Part(columns=SALES), logo=picture.getvalue()),
                     [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))])  # fmt: skip
    (image,) = pypdf.PdfReader(tmp_path / "a.pdf", strict=True).pages[0].images
    assert image.image is not None
    assert image.image.size == (30, 10)
    (figure,) = tags(tmp_path / "a.pdf").all("Figure")
    assert figure.entries["/Alt"] == "Logo of Sales"
    assert writer.warnings == ()


def test_a_logo_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    writer = written(tmp_path / "a.pdf", report(Part(columns=SALES), logo=b"\x89PNG\r\n\x1a\nrubbish"),
                     [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))])  # fmt: skip
    assert writer.warnings == ("the logo is no PNG or JPEG that can be read, and is left out of the PDF",)


def test_cells_are_shaded_by_value_and_by_rules(tmp_path: Path) -> None:
    columns = t.Schema({"bar": t.Integer(), "scale": t.Integer(), "rule": t.Integer()})
    formats = {"bar": ColumnFormat(highlight="data_bar"), "scale": ColumnFormat(highlight="color_scale")}
    part = Part(columns=columns, formats=formats, rules={"rule": (Rule(where="high", color="#ffff00"),)})
    rows = pl.DataFrame({"bar": [-5, 0, 10], "scale": [0, 5, 10], "rule": [1, 2, 3], "high": [None, True, False]})
    facts = Facts(rows=3, extremes={"bar": (-5.0, 10.0), "scale": (0.0, 10.0)})
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    contents = pypdf.PdfReader(tmp_path / "a.pdf").pages[0].get_contents()
    assert contents is not None
    drawn = contents.get_data().decode("latin-1")
    (below,) = re.findall(r"0.945 0.804 0.776 rg (\d+) -?\d+ (\d+) \d+ re f", drawn)
    (above,) = [
        each for each in re.findall(r"0.788 0.859 0.925 rg (\d+) -?\d+ (\d+) \d+ re f", drawn) if each[1] != "0"
    ]
    assert int(above[1]) == pytest.approx(2 * int(below[1]), abs=2)
    assert int(above[0]) == int(below[0]) + int(below[1])  # both begin at zero
    assert drawn.count("0.561 0.706 0.839 rg") == 1  # the highest of the scale
    assert drawn.count("1 1 0 rg") == 1


def test_a_chart_is_drawn_with_words_for_who_cannot_see_it(tmp_path: Path) -> None:
    chart = Chart(type="bar", x="product", y=("amount",), title="Sold")
    part = Part(columns=SALES, heading="Chart", chart=chart, chart_types=SALES)
    rows = pl.DataFrame({"product": ["ink", "pen"], "amount": [2, 3]})
    written(tmp_path / "a.pdf", report(part), [(Facts(rows=2, points=rows), rows)])
    (figure,) = tags(tmp_path / "a.pdf").all("Figure")
    assert figure.entries["/Alt"].startswith("Sold. Bar chart of amount by product")
    words = re.sub(r"\s+", " ", page_texts(tmp_path / "a.pdf")[0])
    assert words.index("Sold") < words.index("product amount ink 2 pen 3")


def test_the_tags_tell_headings_paragraphs_tables_and_captions(tmp_path: Path) -> None:
    part, facts, rows = grouped({"North": 2}, heading="Units", text="Text", caption="Caption")
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    document = tags(tmp_path / "a.pdf")
    assert document.outline == (
        "Document(H1 P Sect(H2 P Table(THead(TR(TH TH))"
        " TBody(TR(TH) TR(TD TD) TR(TD TD) TR(TH TD) TR(TH TD)) Caption)))"
    )
    root: Any = pypdf.PdfReader(tmp_path / "a.pdf").root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]


def test_tags_hold_over_many_pages_wrapped_rows_and_links(tmp_path: Path) -> None:
    part, facts, rows = grouped({f"R{number}": 17 for number in range(15)}, links={"product": "address"})
    number = pl.int_range(rows.height)
    rows = rows.with_columns(
        product=pl.when(number % 5 == 0).then(pl.lit("a long text " * 30)).otherwise("product"),
        address=pl.when(number % 3 == 0).then(pl.lit("https://example.com")),
    )
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    document = tags(tmp_path / "a.pdf")
    assert len(document.all("Link")) == 85
    assert len(document.all("TD")) == 255 * 2 + 15 + 1


def test_rows_beyond_the_tagged_ones_are_text_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.files.pdf_tags.TAGGED_ROWS", 70)
    rows = pl.DataFrame({"product": [f"p{number}" for number in range(200)], "amount": list(range(200))})
    written(tmp_path / "a.pdf", report(Part(columns=SALES)), [(Facts(), rows)])
    document = tags(tmp_path / "a.pdf")
    assert len(document.all("TD")) == 140
    everything = " ".join(page_texts(tmp_path / "a.pdf"))
    assert re.findall(r"\bp\d+\b", everything) == [f"p{number}" for number in range(200)]


def test_equal_reports_are_equal_files_however_their_rows_come(tmp_path: Path) -> None:
    part, facts, rows = grouped({f"R{number}": 40 for number in range(1_200)}, heading="Ä")
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    with open_writer("pdf", tmp_path / "b.pdf", report=report(part)) as writer:
        writer.begin(facts)
        for batch in rows.iter_slices(7_777):
            writer.write(batch)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


HOSTILE = [
    "\\) Tj ET Q (",
    "EMC",
    "/P <</MCID 0>> BDC",
    "\x00\x07\x1b",
    "<</Type/Catalog>>",
    "endstream endobj",
    "‮evil‬",
    "\ud7ff\ue000",
    "😀",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_everywhere(tmp_path: Path, text: str) -> None:
    columns = t.Schema({text: t.String()})
    part = Part(columns=columns, heading=text, text=text, caption=text, group_by=t.Schema({"g": t.String()}))
    rows = pl.DataFrame({text: [text], "g": [text]})
    facts = Facts(rows=1, subtotals=(pl.DataFrame({"g": [text], ROWS: [1]}),))
    about = report(part, title=text, subtitle=text, provenance=Provenance(lines=(text,)), page=Page(footer=text))
    written(tmp_path / "a.pdf", about, [(facts, rows)])
    reader = pypdf.PdfReader(tmp_path / "a.pdf", strict=True)
    assert len(reader.pages) == 1
    section, (group,) = reader.outline
    assert (section.title, group.title) == (text, " ".join(text.split()))  # type: ignore[union-attr]
    if text.isascii() and text.isprintable():
        assert reader.pages[0].extract_text().count(text) >= 6


def test_a_heading_stays_with_the_beginning_of_its_table(tmp_path: Path) -> None:
    parts = [Part(columns=SALES, heading=f"Heading {number}") for number in range(30)]
    rows = pl.DataFrame({"product": ["first", "second", "third"], "amount": [1, 2, 3]})
    written(tmp_path / "a.pdf", report(*parts), [(Facts(rows=3), rows)] * 30)
    for page in page_texts(tmp_path / "a.pdf"):
        assert len(re.findall(r"Heading \d+", page)) == page.count("first") == page.count("third")


def test_a_long_key_of_a_group_is_shown_whole(tmp_path: Path) -> None:
    key = " ".join(f"key{number}" for number in range(60))
    part, facts, rows = grouped({key: 2})
    part, rows = replace(part, columns=t.Schema({"amount": t.Integer()})), rows.with_columns(product=pl.lit("x"))
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    words = re.sub(r"\s+", " ", page_texts(tmp_path / "a.pdf")[0])
    assert f"region: {key} 1 1 Total {key} 2" in words


def test_a_footer_too_long_for_its_place_is_told(tmp_path: Path) -> None:
    page = Page(footer="Confidential " * 40)
    writer = written(tmp_path / "a.pdf", report(Part(columns=SALES), page=page),
                     [(Facts(), pl.DataFrame({"product": ["a"], "amount": [1]}))])  # fmt: skip
    assert writer.warnings == ("the footer is too long for its place in the PDF and is cut",)


def test_margins_that_leave_hardly_any_page_still_end(tmp_path: Path) -> None:
    part, facts, rows = grouped({"North": 5, "South": 5}, heading="Heading", text="text " * 100, caption="Caption")
    page = Page(size="A5", margins=Margins(top=100, right=70, bottom=100, left=70))
    written(tmp_path / "a.pdf", report(part, page=page), [(facts, rows)])
    everything = " ".join(page_texts(tmp_path / "a.pdf"))
    assert "Caption" in everything
    assert everything.count("text") == 100
    assert [everything.count(f"{region} {number}") for region in ("North", "South") for number in range(5)] == [1] * 10
    tags(tmp_path / "a.pdf")


def test_a_row_over_several_pages_keeps_its_link_and_its_subtotal(tmp_path: Path) -> None:
    part, facts, rows = grouped({"North": 2, "South": 1}, links={"product": "address"})
    rows = rows.with_columns(
        product=pl.when(pl.int_range(rows.height) == 1).then(pl.lit("word " * 4_000)).otherwise("product"),
        address=pl.lit("https://example.com"),
    )
    written(tmp_path / "a.pdf", report(part), [(facts, rows)])
    pages = pypdf.PdfReader(tmp_path / "a.pdf", strict=True).pages
    assert len(pages) > 3
    assert all(len(page["/Annots"]) >= 1 for page in pages[:-1])  # type: ignore[arg-type]
    words = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
    assert words.count("word") == 4_000
    assert "Total North 2 region: South" in words
    tags(tmp_path / "a.pdf")


def test_a_section_without_rows_may_have_columns_of_any_type(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Number(), "d": t.Decimal(10, 2), "on": t.Date(), "at": t.Datetime(), "yes": t.Boolean(),
                        "all": t.ListOf(t.Integer()), "none": t.Null()})  # fmt: skip
    written(tmp_path / "a.pdf", report(Part(columns=columns)), [(Facts(rows=0), pl.DataFrame())])
    assert "No rows" in page_texts(tmp_path / "a.pdf")[0]


def test_objects_are_found_in_whatever_order_they_were_packed(tmp_path: Path) -> None:
    objects = PdfObjects(tmp_path / "a.pdf")
    catalog, pages, one, two, three = (objects.reserve() for _ in range(5))
    objects.pack(catalog, f"<</Type/Catalog/Pages {pages} 0 R>>")
    for number, text in ((three, "(three)"), (one, "(one)"), (two, "(two)"), (pages, "<</Type/Pages/Count 0/Kids[]>>")):
        objects.pack(number, text)
    objects.finish(root=catalog, about=catalog, identity="00")
    reader = pypdf.PdfReader(tmp_path / "a.pdf", strict=True)
    assert [reader.get_object(number) for number in (one, two, three)] == ["one", "two", "three"]
