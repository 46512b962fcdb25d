"""The invoices: a PDF for each customer, with the customer's lines and sums and nobody else's."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pypdf
import pytest

from tests.examples.documents import csv_rows, pdf_text, run_example

CUSTOMERS = {row["customer_id"]: row for row in csv_rows("invoices/customers.csv")}
LINES = [row for row in csv_rows("invoices/lines.csv") if row["delivered_on"].startswith("2026-09")]
MONTH = "Sep 2026"


@pytest.fixture(scope="module", params=["polars", "duckdb"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_example("invoices/invoices", tmp_path_factory.mktemp("invoices"), engine=request.param) / "invoices"


def amounts(line: dict[str, str]) -> tuple[Decimal, Decimal, Decimal]:
    """Net, VAT at 20 % and gross of a line."""
    net = int(line["quantity"]) * Decimal(line["unit_price"])
    vat = (net * 20 / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return net, vat, net + vat


def euros(value: Decimal) -> str:
    return f"{'-' if value < 0 else ''}€{abs(value):,.2f}"


def test_each_customer_with_deliveries_gets_one_invoice(files: Path) -> None:
    customers = sorted({line["customer_id"] for line in LINES})
    assert sorted(path.name for path in files.iterdir()) == [f"invoice-2026-09-{each}.pdf" for each in customers]
    assert len(customers) == 6


@pytest.mark.parametrize("customer", sorted(CUSTOMERS))
def test_an_invoice_has_its_customers_lines_and_sums(files: Path, customer: str) -> None:
    text = pdf_text(files / f"invoice-2026-09-{customer}.pdf")
    who = CUSTOMERS[customer]
    assert text.startswith(f"Invoice 2026-09-{customer} {who['name']} · {who['address']}")
    own = sorted((line for line in LINES if line["customer_id"] == customer),
                 key=lambda line: (line["delivered_on"], line["product"]))  # fmt: skip
    place = text.index("Deliveries")
    sums = [Decimal(0), Decimal(0), Decimal(0)]
    for line in own:
        figures = amounts(line)
        sums = [before + now for before, now in zip(sums, figures, strict=True)]
        day = f"{line['delivered_on'][8:]} {MONTH}"
        words = [day, line["product"], line["quantity"], euros(Decimal(line["unit_price"])), *map(euros, figures)]
        place = text.index(" ".join(words), place) + 1
    assert " ".join(["Total", *map(euros, sums)]) in text[place:]
    assert text.count(MONTH) == len(own)


def test_no_invoice_names_another_customer(files: Path) -> None:
    for customer in CUSTOMERS:
        text = pdf_text(files / f"invoice-2026-09-{customer}.pdf")
        assert [each["name"] for key, each in CUSTOMERS.items() if key != customer and each["name"] in text] == []


def test_an_invoice_tells_readers_software_its_title(files: Path) -> None:
    information = pypdf.PdfReader(files / "invoice-2026-09-C-1001.pdf").metadata
    assert information is not None
    assert information.title == "Invoice 2026-09-C-1001"
