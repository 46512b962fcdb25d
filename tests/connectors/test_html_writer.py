"""HTML pages read back: parts, groups, totals, links, highlights, and text that tries to be more than text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.files.report import ROWS, Chart, Facts, Part, Provenance, Report, Rule
from connectors.files.report import Page as Paper
from connectors.files.writing import WriteOptions, open_writer
from ir import types as t
from ir.column_format import ColumnFormat
from tests.connectors.pages import Page

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NAME, WHOLE, NUMBER = t.String(), t.Integer(), t.Number()
PNG = b"\x89PNG\r\n\x1a\n\x00"


def how(**said: Any) -> ColumnFormat:
    return ColumnFormat.model_validate(said)


def page(folder: Path, *parts: tuple[Part, Facts, list[pl.DataFrame]], warned: list[str] | None = None,
         options: WriteOptions | None = None, **about: Any) -> Page:  # fmt: skip
    file = folder / "page.html"
    report = Report(columns=parts[0][0].columns, parts=tuple(part for part, _, _ in parts), generated_at=NOON, **about)
    with open_writer("html", file, report=report, options=options) as writer:
        for _, facts, batches in parts:
            writer.begin(facts)
            for batch in batches:
                writer.write(batch)
    assert list(writer.warnings) == (warned or [])
    return Page(file.read_text("utf-8"))


SALES = Part(
    columns=t.Schema({"product": NAME, "amount": WHOLE}), group_by=t.Schema({"region": NAME}), heading="Sales",
    totals={"amount": "sum"}, total_types=t.Schema({"amount": WHOLE}), caption="In euros.",
)  # fmt: skip
ROWS_OF_SALES = pl.DataFrame({"region": ["North", "North", "South", None], "product": ["a", "b", "a", "c"],
                              "amount": [1, 2, 30, 400]})  # fmt: skip
FACTS_OF_SALES = Facts(
    rows=4, totals=pl.DataFrame({"amount": [433]}),
    subtotals=(pl.DataFrame({"region": ["North", "South", None], "amount": [3, 30, 400], ROWS: [2, 1, 1]}),),
)  # fmt: skip
LINES_OF_SALES = [["product", "amount"], ["region: North"], ["a", "1"], ["b", "2"], ["Total North", "3"],
                  ["region: South"], ["a", "30"], ["Total South", "30"], ["region: –"], ["c", "400"],
                  ["Total –", "400"], ["Total", "433"]]  # fmt: skip


@pytest.mark.parametrize("sizes", [(4,), (1, 1, 1, 1), (3, 1), (2, 2)])
def test_groups_have_their_heading_and_subtotals_wherever_batches_are_cut(
    tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    batches, at = [], 0
    for size in sizes:
        batches.append(ROWS_OF_SALES[at : at + size])
        at += size
    found = page(tmp_path, (SALES, FACTS_OF_SALES, batches))
    assert found.words() == LINES_OF_SALES
    assert found.tables[0][1][0].attributes["colspan"] == "2"
    assert found.row_classes[0] == ["", "g g0", "", "", "s s0", "g g0", "", "s s0", "g g0", "", "s s0", "t"]


def test_inner_groups_close_before_outer_ones_and_open_after_them(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"n": WHOLE}), group_by=t.Schema({"a": NAME, "b": NAME}), totals={"n": "sum"},
                total_types=t.Schema({"n": WHOLE}))  # fmt: skip
    rows = pl.DataFrame({"a": ["x", "x", "y"], "b": ["1", "2", "2"], "n": [1, 2, 4]})
    facts = Facts(rows=3, totals=pl.DataFrame({"n": [7]}), subtotals=(
        pl.DataFrame({"a": ["x", "y"], "n": [3, 4], ROWS: [2, 1]}),
        pl.DataFrame({"a": ["x", "x", "y"], "b": ["1", "2", "2"], "n": [1, 2, 4], ROWS: [1, 1, 1]})))  # fmt: skip
    found = page(tmp_path, (part, facts, [rows[:2], rows[2:]]))
    # the only column has a total, so that the words have a line of their own
    assert [row[0] for row in found.words()] == [
        "n", "a: x", "b: 1", "1", "Total 1", "1", "b: 2", "2", "Total 2", "2", "Total x", "3",
        "a: y", "b: 2", "4", "Total 2", "4", "Total y", "4", "Total", "7"]  # fmt: skip


def test_a_group_without_totals_has_only_its_heading(tmp_path: Path) -> None:
    part = Part(
        columns=t.Schema({"n": WHOLE}), group_by=t.Schema({"a": t.Date()}), formats={"a": how(pattern="%d.%m.%Y")}
    )
    rows = pl.DataFrame({"a": [date(2026, 1, 31)], "n": [1]})
    facts = Facts(rows=1, subtotals=(pl.DataFrame({"a": [date(2026, 1, 31)], ROWS: [1]}),))
    assert page(tmp_path, (part, facts, [rows])).words() == [["n"], ["a: 31.01.2026"], ["1"]]


def test_totals_of_other_functions_say_which_where_functions_are_mixed(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"name": NAME, "n": WHOLE, "m": NUMBER, "k": NAME}),
                totals={"n": "sum", "m": "mean", "k": "count"},
                total_types=t.Schema({"n": WHOLE, "m": NUMBER, "k": WHOLE}),
                formats={"m": how(decimals=1), "k": how(style="link")})  # fmt: skip
    rows = pl.DataFrame({"name": ["a", "b"], "n": [1, 2], "m": [1.0, 2.0], "k": ["x", "y"]})
    facts = Facts(rows=2, totals=pl.DataFrame({"n": [3], "m": [1.5], "k": [2]}))
    assert page(tmp_path, (part, facts, [rows])).words()[-1] == ["Total", "3", "mean 1.5", "count 2"]
    alone = Part(columns=part.columns, totals={"m": "mean"}, total_types=t.Schema({"m": NUMBER}), formats=part.formats)
    facts = Facts(rows=2, totals=pl.DataFrame({"m": [1.5]}))
    assert page(tmp_path, (alone, facts, [rows])).words()[-1] == ["Mean", "", "1.5", ""]


def test_sections_follow_each_other_and_are_listed_before(tmp_path: Path) -> None:
    second = Part(columns=t.Schema({"x": NAME}), heading="Second <b>", text="One.\n\nTwo,\nthree.")
    found = page(tmp_path, (SALES, FACTS_OF_SALES, [ROWS_OF_SALES]),
                 (second, Facts(rows=1), [pl.DataFrame({"x": ["only"]})]), title="Report")  # fmt: skip
    assert found.texts["h1"] == ["Report"]
    assert found.texts["h2"] == ["Sales", "Second <b>"]
    assert found.texts["li"] == ["Sales", "Second <b>"]
    assert [each["href"] for each in found.attributes("a")] == ["#section-1", "#section-2"]
    assert [each["id"] for each in found.attributes("section")] == ["section-1", "section-2"]
    assert {"In euros.", "One.", "Two,\nthree."} <= set(found.texts["p"])
    assert found.words(1) == [["x"], ["only"]]
    assert "5 rows in 2 tables · 2026-01-31 12:00 UTC" in found.texts["p"]


def test_a_part_without_rows_says_so_and_keeps_its_header(tmp_path: Path) -> None:
    groups = pl.DataFrame(schema={"region": pl.String, "amount": pl.Int64, ROWS: pl.UInt32})
    found = page(tmp_path, (SALES, Facts(rows=0, subtotals=(groups,)), []), empty_message="None & nothing")
    assert found.words() == [["product", "amount"], ["None & nothing"]]


def test_links_lead_only_to_addresses_a_reader_may_follow(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"site": NAME}), links={"site": "to"})
    addresses = ["https://a.example/?x=1&y=\"'<", "mailto:a@b.example", "tel:+49123", "javascript:alert(1)",
                 "data:text/html,x", "ftp://a.example", "//a.example", " https://a.example", "https://a b",
                 None]  # fmt: skip
    rows = pl.DataFrame({"site": [f"s{each}" for each in range(10)], "to": addresses})
    warning = '6 links of "site" are shown as text, since their address is none of http, https, mailto and tel'
    found = page(tmp_path, (part, Facts(), [rows]), warned=[warning])
    assert [each["href"] for each in found.attributes("a")] == addresses[:3]
    assert [row[0] for row in found.words()[1:]] == rows["site"].to_list()


def test_bars_reach_from_zero_to_the_value(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"n": WHOLE}), formats={"n": how(highlight="data_bar")})
    rows = pl.DataFrame({"n": [150, -50, 0, 50, None]})
    found = page(tmp_path, (part, Facts(rows=5, extremes={"n": (-50.0, 150.0)}), [rows]))
    # zero stands at a quarter; a background's place is its share of the room that it leaves
    assert [row[0].attributes.get("style") for row in found.tables[0][1:]] == [
        "--of:75%;--at:100%", "--of:25%;--bar:var(--bar-below)", None, "--of:25%;--at:33%", None]  # fmt: skip
    assert found.tables[0][1][0].attributes["class"] == "r b"


def test_a_scale_goes_from_white_to_blue_and_rules_colour_their_rows(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"n": WHOLE, "m": WHOLE}), formats={"n": how(highlight="color_scale")},
                rules={"m": (Rule(where="r", color="#ff0000"), Rule(where="s", color="#f3f6fa"))})  # fmt: skip
    rows = pl.DataFrame({"n": [0, 10, None], "m": [1, 2, 3], "r": [True, False, None], "s": [True, True, None]})
    found = page(tmp_path, (part, Facts(rows=3, extremes={"n": (0.0, 10.0)}), [rows]))
    styles = [[cell.attributes.get("style") for cell in row] for row in found.tables[0][1:]]
    assert [row[0] for row in styles] == ["background-color:#ffffff", "background-color:#8fb4d6", None]
    # pure red is as dark as 0.3; white is mixed in until it is 0.8: 1 - 0.2 / 0.7 = 5/7 white
    assert [row[1] for row in styles] == ["background-color:#ffb6b6", "background-color:#f3f6fa", None]


def test_a_chart_is_an_image_with_words_for_wide_and_narrow_screens(tmp_path: Path) -> None:
    columns = t.Schema({"who": NAME, "n": WHOLE})
    part = Part(
        columns=columns, chart=Chart(type="bar", x="who", y=("n",), title="Who </svg><script>"), chart_types=columns
    )
    rows = pl.DataFrame({"who": ["a", "b"], "n": [1, 2]})
    found = page(tmp_path, (part, Facts(rows=2, points=rows), [rows]))
    wide, narrow = found.attributes("svg")
    assert (wide["class"], narrow["class"]) == ("wide", "narrow")
    assert wide["role"] == "img"
    assert found.texts["desc"] == ["Bar chart of n by who: 2 values from 1 to 2."] * 2
    assert not found.attributes("script")


def test_what_a_chart_leaves_out_is_a_warning(tmp_path: Path) -> None:
    columns = t.Schema({"who": NAME, "n": WHOLE})
    part = Part(columns=columns, chart=Chart(type="pie", x="who", y=("n",)), chart_types=columns)
    rows = pl.DataFrame({"who": ["a", "b"], "n": [1, -2]})
    page(tmp_path, (part, Facts(rows=2, points=rows), [rows]),
         warned=['chart "n by who": A pie cannot show values below zero'])  # fmt: skip


EVIL = "</td><script>alert(1)</script>\u202egnp.exe\x00\x1b&amp;"


def test_text_is_never_markup_and_its_direction_stays_within_it(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({EVIL: NAME}), heading=EVIL, text=EVIL, caption=EVIL, group_by=t.Schema({"g": NAME}))
    other = Part(columns=t.Schema({"x": NAME}), heading="other")
    facts = Facts(rows=1, subtotals=(pl.DataFrame({"g": [EVIL], ROWS: [1]}),))
    found = page(tmp_path, (part, facts, [pl.DataFrame({"g": [EVIL], EVIL: [EVIL]})]), (other, Facts(rows=0), []),
                 title=EVIL, subtitle=EVIL, provenance=Provenance(lines=(EVIL,)), empty_message=EVIL,
                 page=Paper(footer=EVIL + '"}</style>'))  # fmt: skip
    shown = EVIL.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert not found.attributes("script")
    assert found.words() == [[shown], [f"g: {shown}"], [shown]]
    # title, subtitle, the list of both headings, and the headings with a group's key between them
    assert found.texts["bdi"] == [shown, shown, shown, "other", shown, shown, "other"]
    assert found.texts["h2"][0] == shown
    (policy,) = [each["content"] for each in found.attributes("meta") if "http-equiv" in each]
    assert policy.startswith("default-src 'none'")
    (style,) = found.texts["style"]
    assert "alert(1)" not in style
    assert style.count("{") == style.count("}")
    assert "unicode-bidi: plaintext" in style


@pytest.mark.parametrize(("locale", "lang", "direction"), [("de_DE.UTF-8", "de-DE", "ltr"), ("ar-EG", "ar-EG", "rtl"),
                                                           ("he", "he", "rtl"), ("fa_IR", "fa-IR", "rtl")])  # fmt: skip
def test_the_page_says_its_language_and_direction(tmp_path: Path, locale: str, lang: str, direction: str) -> None:
    found = page(tmp_path, (Part(columns=t.Schema({"a": NAME})), Facts(), []), locale=locale)
    assert found.attributes("html") == [{"lang": lang, "dir": direction}]


def test_logo_and_provenance_stand_in_the_page_itself(tmp_path: Path) -> None:
    part = Part(columns=t.Schema({"a": NAME}))
    found = page(tmp_path, (part, Facts(), []), logo=PNG, provenance=Provenance(lines=("workflow x, sha256 1f", "y")))
    assert found.attributes("img")[0]["src"] == "data:image/png;base64,iVBORw0KGgoA"
    assert found.texts["p"][-3:] == ["0 rows · 2026-01-31 12:00 UTC", "workflow x, sha256 1f", "y"]
    warning = "the logo is no PNG, JPEG, GIF, WebP or SVG picture, and is left out"
    assert not page(tmp_path, (part, Facts(), []), logo=b"nothing", warned=[warning]).attributes("img")


def test_the_page_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    found = page(tmp_path, (SALES, FACTS_OF_SALES, [ROWS_OF_SALES]), logo=PNG)
    outside = re.findall(r'(?:src|href)="(?!#|data:)|url\(|@import|@font-face', found.source)
    assert outside == []


def test_pages_repeat_headers_keep_rows_whole_and_are_numbered_in_print(tmp_path: Path) -> None:
    found = page(tmp_path, (SALES, FACTS_OF_SALES, [ROWS_OF_SALES]),
                 page=Paper(size="A5", orientation="landscape", footer="Caf\u00e9"))  # fmt: skip
    (style,) = found.texts["style"]
    for rule in ("table-header-group", "break-inside: avoid", "counter(page)", "size: A5 landscape", '"Caf\\e9 "'):
        assert rule in style


def test_equal_rows_give_equal_pages(tmp_path: Path) -> None:
    first = page(tmp_path, (SALES, FACTS_OF_SALES, [ROWS_OF_SALES])).source
    assert page(tmp_path, (SALES, FACTS_OF_SALES, [ROWS_OF_SALES])).source == first


def test_a_column_without_a_header_row_still_shows_its_values(tmp_path: Path) -> None:
    found = page(tmp_path, (Part(columns=t.Schema({"a": NAME})), Facts(), [pl.DataFrame({"a": ["x"]})]),
                 options=WriteOptions(header=False))  # fmt: skip
    assert found.words() == [["x"]]
