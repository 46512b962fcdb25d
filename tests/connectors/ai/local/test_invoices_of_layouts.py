"""Invoices as PDF, DOCX, XLSX, HTML and mail, laid out in many ways: from the file to the values of its fields."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

import weirflow as wf
from connectors.ai.answering import DocumentText, Item, Task
from connectors.ai.local.answerer import LocalAnswerer
from connectors.ai.shape import Field, Shape
from connectors.documents.reader import DocumentReader
from ir import types as t
from tests.connectors.documents.files import docx, mail, paragraph, pdf, table, xlsx
from tests.workflows import inline, workflow

INVOICE = Shape(fields=(
    Field(name="vendor", type=t.String()), Field(name="invoice_number", type=t.String()),
    Field(name="date", type=t.Date()), Field(name="due_date", type=t.Date()),
    Field(name="total", type=t.Decimal(10, 2)), Field(name="currency", type=t.String()),
))  # fmt: skip
LINES = Shape(is_list=True, fields=(
    Field(name="description", type=t.String()), Field(name="quantity", type=t.Integer()),
    Field(name="amount", type=t.Decimal(10, 2)),
))  # fmt: skip
EXPECTED = ("Fenwick Timber Ltd", "FT-3091", "2026-03-05", "2026-04-04", "1530.00", "GBP")
EXPECTED_LINES = [("Oak boards, planed", 12, "1080.00"), ("Delivery", 1, "195.00")]


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with DocumentReader() as opened:
        yield opened


def asked(reader: DocumentReader, content: bytes, name: str, shape: Shape) -> Any:
    found = reader.read(content, name=name)
    item = Item(documents=(DocumentText(name=name, text=found.whole_text),))
    [answer] = LocalAnswerer().answer(Task(type="extract", shape=shape, document_type="invoice"), [item])
    assert answer.problem is None
    return answer.value


def check(reader: DocumentReader, content: bytes, name: str, *, has_lines: bool = True) -> None:
    assert tuple(str(each) for each in asked(reader, content, name, INVOICE).values()) == EXPECTED
    if has_lines:
        rows = [(each["description"], each["quantity"], str(each["amount"]))
                for each in asked(reader, content, name, LINES)]  # fmt: skip
        assert rows == EXPECTED_LINES


def test_a_pdf_with_labels_before_values(reader: DocumentReader) -> None:
    check(reader, pdf([[
        (50, 50, "Fenwick Timber Ltd"), (50, 64, "Dock Road 2, Hull HU1 3DZ"), (480, 50, "INVOICE"),
        (50, 110, "Invoice number:"), (150, 110, "FT-3091"), (50, 124, "Invoice date:"), (150, 124, "5 March 2026"),
        (50, 138, "Payment due:"), (150, 138, "4 April 2026"),
        (330, 110, "Bill to:"), (380, 110, "Marsh Boatyard Ltd"), (380, 124, "Quay 7"),
        (50, 190, "Description"), (300, 190, "Qty"), (370, 190, "Unit price"), (480, 190, "Amount"),
        (50, 206, "Oak boards, planed"), (300, 206, "12"), (370, 206, "90.00"), (480, 206, "1,080.00"),
        (50, 220, "Delivery"), (300, 220, "1"), (370, 220, "195.00"), (480, 220, "195.00"),
        (400, 250, "Subtotal"), (480, 250, "1,275.00"), (400, 264, "VAT 20%"), (480, 264, "255.00"),
        (400, 278, "Total due"), (480, 278, "£1,530.00"),
    ]]), "a.pdf")  # fmt: skip


def test_a_pdf_with_values_below_labels(reader: DocumentReader) -> None:
    check(reader, pdf([[
        (50, 40, "TAX INVOICE"), (50, 70, "Fenwick Timber Ltd"), (300, 70, "Marsh Boatyard Ltd"), (300, 58, "Customer"),
        (50, 120, "Invoice No."), (160, 120, "Date"), (270, 120, "Due date"), (400, 120, "Amount due"),
        (50, 134, "FT-3091"), (160, 134, "05/03/2026"), (270, 134, "04/04/2026"), (400, 134, "GBP 1,530.00"),
        (50, 180, "Item"), (300, 180, "Quantity"), (460, 180, "Line total (GBP)"),
        (50, 196, "Oak boards, planed"), (300, 196, "12"), (460, 196, "1,080.00"),
        (50, 210, "Delivery"), (300, 210, "1"), (460, 210, "195.00"),
        (300, 240, "Net 1,275.00"), (300, 254, "VAT 255.00"), (300, 268, "Total 1,530.00"),
    ]]), "a.pdf")  # fmt: skip


def test_a_report_of_weirflow_s_own(reader: DocumentReader, tmp_path: Path) -> None:
    rows = [{"Description": "Oak boards, planed", "Qty": 12, "Amount": "1080.00"},
            {"Description": "Delivery", "Qty": 1, "Amount": "195.00"}]  # fmt: skip
    made = workflow(
        [inline("lines", rows, {"Description": "string", "Qty": "integer", "Amount": "decimal(10,2)"})],
        rendering={
            "type": "report", "title": "Invoice FT-3091", "subtitle": "Fenwick Timber Ltd · Dock Road 2, Hull",
            "provenance": False,
            "sections": [{
                "heading": "Invoice date: 5 March 2026", "columns": ["Description", "Qty", "Amount"],
                "totals": {"Amount": "sum"},
                "caption": "With VAT the total due is £1,530.00, please pay by 4 April 2026.",
            }],
        },
        delivery_rules={"file_delivery": {"format": "pdf", "filename_template": "invoice.pdf"}},
    )  # fmt: skip
    wf.run(made, out=tmp_path)
    check(reader, (tmp_path / "invoice.pdf").read_bytes(), "invoice.pdf")


def test_a_docx_with_tables(reader: DocumentReader) -> None:
    check(reader, docx(
        paragraph("INVOICE")
        + table([["Invoice number", "FT-3091"], ["Date", "5 March 2026"], ["Due date", "4 April 2026"]])
        + paragraph("Invoice to: Marsh Boatyard Ltd")
        + table([["Description", "Quantity", "Amount"], ["Oak boards, planed", "12", "£1,080.00"],
                 ["Delivery", "1", "£195.00"], ["Subtotal", "", "£1,275.00"], ["VAT 20%", "", "£255.00"],
                 ["Total", "", "£1,530.00"]]),
        header1=paragraph("Fenwick Timber Ltd\tDock Road 2, Hull"),
    ), "a.docx")  # fmt: skip


def test_a_letter_in_a_docx(reader: DocumentReader) -> None:
    check(reader, docx("".join(map(paragraph, (
        "Fenwick Timber Ltd, Dock Road 2, Hull", "", "Marsh Boatyard", "Hull, 5 March 2026", "Invoice no. FT-3091", "",
        "Dear Sir or Madam,",
        "For twelve oak boards and their delivery the total amount due is £1,530.00, VAT included.",
        "Payment is due by 4 April 2026.", "Kind regards", "Jo Fenwick",
    )))), "a.docx", has_lines=False)  # fmt: skip


def test_a_workbook_filled_in_as_a_form(reader: DocumentReader) -> None:
    check(reader, xlsx({"Invoice": [
        ["Fenwick Timber Ltd", None, None, "INVOICE"], [],
        ["Invoice #", "FT-3091", None, "Bill to"], ["Date", dt.date(2026, 3, 5), None, "Marsh Boatyard Ltd"],
        ["Due date", dt.date(2026, 4, 4), None, "Quay 7"], ["Currency", "GBP"], [],
        ["Description", "Qty", "Unit price", "Amount"],
        ["Oak boards, planed", 12, 90, 1080], ["Delivery", 1, 195, 195],
        [None, None, "Subtotal", 1275], [None, None, "VAT 20%", 255], [None, None, "Total", 1530],
    ]}), "a.xlsx")  # fmt: skip


def test_a_page_of_html_with_tables_in_tables(reader: DocumentReader) -> None:
    page = """<html><body><table width="600"><tr><td>
      <table><tr><td><img src="logo.png"></td><td><b>Fenwick Timber Ltd</b></td></tr></table></td></tr>
      <tr><td><h1>Your invoice</h1></td></tr></table>
      <p>Invoice number: <b>FT-3091</b><br>Invoice date: <b>5 March 2026</b><br>Due date: <b>4 April 2026</b></p>
      <p>Billed to: Marsh Boatyard Ltd</p>
      <table><thead><tr><th>Item</th><th>Qty</th><th>Amount</th></tr></thead>
      <tr><td>Oak boards, planed</td><td>12</td><td>&pound;1,080.00</td></tr>
      <tr><td>Delivery</td><td>1</td><td>&pound;195.00</td></tr>
      <tr><td colspan="2">VAT (20%)</td><td>&pound;255.00</td></tr>
      <tr><td colspan="2"><b>Total</b></td><td><b>&pound;1,530.00</b></td></tr></table></body></html>"""
    check(reader, page.encode(), "a.html")


def test_a_mail_with_the_invoice_attached(reader: DocumentReader) -> None:
    attached = pdf([[
        (50, 50, "Fenwick Timber Ltd"), (50, 100, "Invoice FT-3091"), (300, 100, "Date: 5 March 2026"),
        (50, 130, "Description"), (300, 130, "Qty"), (460, 130, "Amount"),
        (50, 146, "Oak boards, planed"), (300, 146, "12"), (460, 146, "1,080.00"),
        (50, 160, "Delivery"), (300, 160, "1"), (460, 160, "195.00"),
        (300, 190, "Total incl. VAT"), (460, 190, "£1,530.00"), (50, 220, "Please pay by 4 April 2026."),
    ]])  # fmt: skip
    content = mail("Dear all,\nplease find our invoice attached.\nJo", ("FT-3091.pdf", "application/pdf", attached))
    found = asked(reader, content, "m.eml", INVOICE)
    assert (found["vendor"], found["invoice_number"], str(found["total"])) == (EXPECTED[0], EXPECTED[1], EXPECTED[4])
    check(reader, attached, "FT-3091.pdf")


def test_a_table_over_several_pages_is_read_to_its_end(reader: DocumentReader, tmp_path: Path) -> None:
    rows = [{"Description": f"Crate {number}", "Qty": number, "Amount": f"{number}.50"} for number in range(1, 151)]
    made = workflow(
        [inline("lines", rows, {"Description": "string", "Qty": "integer", "Amount": "decimal(10,2)"})],
        rendering={"type": "report", "title": "Delivery note", "sections": [
            {"columns": ["Description", "Qty", "Amount"], "totals": {"Amount": "sum"}},
        ]},
        delivery_rules={"file_delivery": {"format": "pdf", "filename_template": "note.pdf"}},
    )  # fmt: skip
    wf.run(made, out=tmp_path)
    content = (tmp_path / "note.pdf").read_bytes()
    assert reader.read(content, name="note.pdf").pages > 2
    found = asked(reader, content, "note.pdf", LINES)
    assert [(each["description"], each["quantity"], str(each["amount"])) for each in found] == [
        (row["Description"], row["Qty"], row["Amount"]) for row in rows
    ]


def test_pages_that_another_program_lays_out(reader: DocumentReader) -> None:
    style = getSampleStyleSheet()["Normal"]
    seller = Paragraph("Fenwick Timber Ltd<br/>Dock Road 2<br/>VAT GB123456789", style)
    made = io.BytesIO()
    SimpleDocTemplate(made).build([
        Table([[Paragraph("<b>INVOICE</b>", style), seller]]),
        Paragraph("<b>Bill to</b><br/>Marsh Boatyard Ltd", style), Spacer(1, 20),
        Table([["Invoice number", "Customer no.", "Invoice date", "Due on"],
               ["FT-3091", "C-7", "05/03/2026", "04/04/2026"]]),
        Spacer(1, 20),
        Table([["Pos.", "Description", "Qty", "Unit price", "Amount"],
               ["1", "Oak boards, planed", "12", "90.00", "1,080.00"], ["2", "Delivery", "1", "195.00", "195.00"]]),
        Table([["Net", "1,275.00"], ["plus 20 % VAT", "255.00"], ["Amount due", "£1,530.00"]], hAlign="RIGHT"),
    ])  # fmt: skip
    check(reader, made.getvalue(), "a.pdf")
