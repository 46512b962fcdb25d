"""The report to the board: its sections, totals and words agree with a loop over orders.csv, in each document."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import openpyxl
import pypdf
import pytest

from tests.examples.documents import csv_rows, html_rows, pdf_text, run_example, sheet_rows

ORDERS = csv_rows("management/orders.csv")
SEPTEMBER = [row for row in ORDERS if row["ordered_on"].startswith("2026-09")]
BUDGET = {row["region"]: Decimal(row["budget"]) for row in csv_rows("management/budget.csv")
          if row["month"] == "2026-09-01"}  # fmt: skip
REGIONS = ["East", "North", "South", "West"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]


def revenue(row: dict[str, str]) -> Decimal:
    return int(row["quantity"]) * Decimal(row["unit_price"])


def margin(row: dict[str, str]) -> Decimal:
    return int(row["quantity"]) * (Decimal(row["unit_price"]) - Decimal(row["unit_cost"]))


def added(rows: list[dict[str, str]], *keys: str) -> dict[tuple[str, ...], tuple[int, Decimal, Decimal]]:
    """{values of the keys: (quantity, revenue, margin)}."""
    found: dict[tuple[str, ...], tuple[int, Decimal, Decimal]] = {}
    for row in rows:
        key = tuple(row[each] for each in keys)
        before = found.get(key, (0, Decimal(0), Decimal(0)))
        found[key] = (before[0] + int(row["quantity"]), before[1] + revenue(row), before[2] + margin(row))
    return found


def euros(value: Decimal) -> str:
    """As the board reads it: whole euros, half a euro away from zero."""
    whole = abs(value).quantize(Decimal(1), rounding="ROUND_HALF_UP")
    return f"{'-' if value < 0 else ''}€{whole:,}"


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_example("management/management", tmp_path_factory.mktemp("management"), engine=request.param)


def test_the_words_hold_the_months_figures(files: Path) -> None:
    _, sold, earned = added(SEPTEMBER)[()]
    count = len(SEPTEMBER)
    words = f"In September 2026, {count} orders brought a revenue of {euros(sold)} and a margin of {euros(earned)}."
    assert words in pdf_text(files / "management-report.pdf")
    assert words in (files / "management-report.html").read_text(encoding="utf-8")
    assert (words,) in sheet_rows(openpyxl.load_workbook(files / "management-report.xlsx").worksheets[0])


def test_the_pages_show_each_section_with_its_total(files: Path) -> None:
    text = pdf_text(files / "management-report.pdf")
    by_month = added([row | {"month": row["ordered_on"][:7]} for row in ORDERS], "month")
    place = text.index("The year so far")
    for name, (_, sold, earned) in zip(MONTHS, by_month.values(), strict=True):
        place = text.index(f"{name} 2026 {euros(sold)} {euros(earned)}", place)
    _, sold, earned = added(ORDERS)[()]
    place = text.index(f"Total {euros(sold)} {euros(earned)}", place)
    place = text.index("Regions against the budget", place)
    for name in REGIONS:
        _, sold, _ = added(SEPTEMBER, "region")[(name,)]
        share = (sold / BUDGET[name] * 100).quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")
        left = sold - BUDGET[name]
        place = text.index(f"{name} {euros(BUDGET[name])} {euros(sold)} {euros(left)} {share}%", place)
    for heading in ("Products", "Share of the categories"):
        place = text.index(heading, place)


def test_the_pages_have_bookmarks_of_their_sections_and_no_heading_stands_alone(files: Path) -> None:
    reader = pypdf.PdfReader(files / "management-report.pdf")
    names = [str(each.title) for each in reader.outline if not isinstance(each, list)]
    assert [name for name in names if name in ("The year so far", "Products")] == ["The year so far", "Products"]
    for page in reader.pages:
        lines = [line.strip() for line in page.extract_text().splitlines()]
        for heading in ("Regions against the budget", "Products", "Share of the categories"):
            if heading in lines:
                assert len(lines) - lines.index(heading) > 4


def test_each_section_is_a_sheet_with_native_numbers_formulas_and_its_chart(files: Path) -> None:
    book = openpyxl.load_workbook(files / "management-report.xlsx")
    assert book.sheetnames == ["The year so far", "Regions against the budget", "Products", "Share of the categories"]
    assert [len(sheet._charts) for sheet in book.worksheets] == [1, 1, 0, 1]
    rows = {row[0]: row[1:] for row in sheet_rows(book["Regions against the budget"]) if len(row) >= 4}
    sold = added(SEPTEMBER, "region")
    for name in REGIONS:
        expected = (BUDGET[name], sold[(name,)][1], sold[(name,)][1] - BUDGET[name])
        assert rows[name][:3] == tuple(pytest.approx(float(each)) for each in expected)
        assert rows[name][3] == pytest.approx(float(sold[(name,)][1] / BUDGET[name]))
    assert all(str(each).startswith("=SUBTOTAL(9,") for each in rows["Total"])


def test_cached_totals_are_what_the_formulas_add_up_to(files: Path) -> None:
    book = openpyxl.load_workbook(files / "management-report.xlsx", data_only=True)
    rows = sheet_rows(book["Products"])
    by_category = added(SEPTEMBER, "category")
    for (category,), (quantity, sold, earned) in by_category.items():
        assert (f"Total {category}", quantity, pytest.approx(float(sold)), pytest.approx(float(earned))) in rows
    quantity, sold, earned = added(SEPTEMBER)[()]
    assert rows[-1] == ("Total", quantity, pytest.approx(float(sold)), pytest.approx(float(earned)))


def test_the_web_page_lists_products_under_their_category(files: Path) -> None:
    rows = html_rows(files / "management-report.html")
    products = added(SEPTEMBER, "category", "product")
    category = ""
    shown = []
    for row in rows:
        if row[0].startswith("Category: "):
            category = row[0].removeprefix("Category: ")
        elif category and not row[0].startswith("Total") and len(row) == 4:
            shown.append((category, *row))
    assert [row[:2] for row in shown[: len(products)]] == sorted(products)
    for name, product, *figures in shown[: len(products)]:
        quantity, sold, earned = products[(name, product)]
        assert figures == [str(quantity), f"€{sold:,}", f"€{earned:,}"]


def test_the_web_page_draws_its_charts_and_runs_no_script(files: Path) -> None:
    text = (files / "management-report.html").read_text(encoding="utf-8")
    assert text.count("<svg") >= 3
    assert "<script" not in text


def test_the_largest_category_leads_the_shares(files: Path) -> None:
    sold = Counter({row[0]: figures[1] for row, figures in added(SEPTEMBER, "category").items()})
    text = pdf_text(files / "management-report.pdf")
    place = text.index("Share of the categories")
    for category, amount in sold.most_common():
        place = text.index(f"{category} {euros(amount)}", place)
