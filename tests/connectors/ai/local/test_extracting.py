"""Values found in texts by how they are written and by the labels beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ai.fitting import fitted
from connectors.ai.local.extracting.amounts import find_amounts
from connectors.ai.local.extracting.answering import extracted
from connectors.ai.local.extracting.dates import find_dates, month_comes_first
from connectors.ai.local.extracting.labelled import places
from connectors.ai.local.extracting.page import Page
from connectors.ai.shape import Field, Shape
from ir import types as t


def of(text: str, **fields: str) -> dict[str, Any]:
    """What is found of fields given as name and type."""
    shape = Shape(fields=tuple(Field(name=name, type=t.parse_type(kind)) for name, kind in fields.items()))
    found: dict[str, Any] = extracted(text, shape)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02", "2026-03-02"), ("2.3.2026", "2026-03-02"), ("02.03.26", "2026-03-02"),
        ("2 March 2026", "2026-03-02"), ("March 2nd, 2026", "2026-03-02"), ("02-Mar-2026", "2026-03-02"),
        ("2. März 2026", "2026-03-02"), ("le 1er mars 2026", "2026-03-01"), ("2 de marzo de 2026", "2026-03-02"),
        ("2 maart 2026", "2026-03-02"), ("2 marca 2026 r.", "2026-03-02"), ("6. 3. 2026", "2026-03-06"),
        ("2026. március 2.", "2026-03-02"), ("5 марта 2026 г.", "2026-03-05"), ("2026年3月2日", "2026-03-02"),
        ("13/04/2026", "2026-04-13"), ("04/13/2026", "2026-04-13"), ("3 Mart 2026", "2026-03-03"),
    ],
)  # fmt: skip
def test_a_date_is_read_as_its_country_writes_it(text: str, expected: str) -> None:
    [found] = find_dates(f"written on {text} in town")
    assert found.value.isoformat() == expected


@pytest.mark.parametrize("text", ["31.02.2026", "1.234.56", "10.0.0.1", "2026-09-C-1002", "call 555-1234-99"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert find_dates(text) == []


def test_which_number_is_the_month_is_told_by_the_other_dates_or_the_currency() -> None:
    assert of("Date: 03/04/2026\nDue date: 03/25/2026", date="date") == {"date": "2026-03-04"}
    assert of("Date: 03/04/2026\nTotal $5.00", date="date") == {"date": "2026-03-04"}
    assert of("Date: 03/04/2026\nTotal £5.00", date="date") == {"date": "2026-04-03"}
    assert month_comes_first("Date: 03/04/2026") is None


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1,234.50", "1234.50", None), ("1.234,50 €", "1234.50", "EUR"), ("1 234,50 €", "1234.50", "EUR"),
        ("CHF 1'234.50", "1234.50", "CHF"), ("₹ 12,34,567.00", "1234567.00", "INR"), ("EUR 12,-", "12", "EUR"),
        ("¥132,000", "132000", "JPY"), ("(1,234.50)", "-1234.50", None), ("-$50.00", "-50.00", "USD"),
        ("12.50-", "-12.50", None), ("1.200.000", "1200000", None), ("18 500,00 Kč", "18500.00", "CZK"),
        ("0.125", "0.125", None), ("1.234", "1234", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_its_country_writes_it(text: str, value: str, currency: str | None) -> None:
    [found] = find_amounts(text)
    assert (found.value, found.currency) == (Decimal(value), currency)


@pytest.mark.parametrize("text", ["A-17", "INV2024", "10.0.0.1", "12:30", "2026-09-C-1002"])
def test_numbers_that_are_part_of_something_else_are_no_amounts(text: str) -> None:
    assert find_amounts(text) == []


def test_an_account_number_counts_only_where_its_check_digits_are_right() -> None:
    assert of("IBAN DE89 3704 0044 0532 0130 00", iban="string") == {"iban": "DE89370400440532013000"}
    assert of("IBAN DE88 3704 0044 0532 0130 00", iban="string") == {"iban": None}


def test_addresses_and_numbers_that_tell_themselves_need_no_label() -> None:
    text = "Write to ada@example.com or call +44 20 7946 0018, see www.example.com/help. GB 123 4567 89"
    assert of(text, email="string", phone="string", website="string", vat_id="string") == {
        "email": "ada@example.com", "phone": "+44 20 7946 0018", "website": "www.example.com/help",
        "vat_id": "GB123456789",
    }  # fmt: skip


def test_a_field_of_an_unknown_name_is_found_by_its_own_words() -> None:
    text = "Member since: 4 May 2021\nSeats: 12\nProject code: X-9/b\nNewsletter: yes\nCancelled: no"
    fields = {"member_since": "date", "seats": "integer", "projectCode": "string", "newsletter": "boolean",
              "cancelled": "boolean", "shoe_size": "integer"}  # fmt: skip
    assert of(text, **fields) == {
        "member_since": "2021-05-04", "seats": "12", "projectCode": "X-9/b", "newsletter": True, "cancelled": False,
        "shoe_size": None,
    }  # fmt: skip


def test_words_in_quotes_in_a_description_are_labels_too() -> None:
    policy = Field(name="policy", type=t.String(), description='the number beside "Versicherungsschein"')
    assert extracted("Versicherungsschein: LV 8812-4", Shape(fields=(policy,))) == {"policy": "LV 8812-4"}


def test_a_choice_is_the_one_that_the_text_names() -> None:
    status = Field(name="status", type=t.String(), choices=("paid", "unpaid", "partially_paid"))
    assert extracted("Status: partially paid", Shape(fields=(status,))) == {"status": "partially_paid"}
    assert extracted("We have not heard of you", Shape(fields=(status,))) == {"status": None}


def test_rows_of_a_table_become_a_list_of_objects() -> None:
    text = """
    Invoice 12

    Description               Qty    Unit price     Amount
    Oak table, oiled            2      1.250,00    2.500,00
    with extension leaf
    Chair                       4        180,50      722,00

    Total                                          3.222,00 €
    """
    items = Shape(is_list=True, fields=(
        Field(name="description", type=t.String()), Field(name="quantity", type=t.Integer()),
        Field(name="unit_price", type=t.Decimal(10, 2)), Field(name="amount", type=t.Decimal(10, 2)),
    ))  # fmt: skip
    assert extracted(text, items) == [
        {
            "description": "Oak table, oiled with extension leaf",
            "quantity": "2",
            "unit_price": "1250",
            "amount": "2500",
        },
        {"description": "Chair", "quantity": "4", "unit_price": "180.50", "amount": "722"},
    ]


def test_a_list_of_values_is_all_there_are() -> None:
    emails = Shape(is_list=True, value=Field(name="emails", type=t.String()))
    assert extracted("a@x.com, b@y.org and again a@x.com", emails) == ["a@x.com", "b@y.org"]


def test_the_total_is_not_the_net_total_and_the_date_not_the_due_date() -> None:
    text = "Due date: 1 May 2026\nDate: 1 April 2026\nNet total 100.00\nVAT total 20.00\nTotal 120.00"
    assert of(text, date="date", total="decimal(9,2)", net="number", tax="number") == {
        "date": "2026-04-01", "total": "120", "net": "100", "tax": "20",
    }  # fmt: skip


def test_the_vendor_is_not_the_one_that_is_billed() -> None:
    text = "INVOICE\n\nBill to:\nBig Customer Inc.\n1 High Street\n\nSmall Shop Ltd\nTotal 5.00"
    assert of(text, vendor="string", customer="string") == {"vendor": "Small Shop Ltd", "customer": "Big Customer Inc."}


def test_confidence_is_that_of_the_least_sure_field() -> None:
    sure = of("Total: 5.00\nIBAN DE89 3704 0044 0532 0130 00", total="number", confidence="number")
    guessed = of("It costs 5.00 in all, they say", total="number", confidence="number")
    assert sure["confidence"] > 0.7 > guessed["confidence"] > 0


def test_a_text_without_anything_gives_nulls() -> None:
    assert of("", total="number", date="date", vendor="string") == {"total": None, "date": None, "vendor": None}
    assert extracted("", Shape(is_list=True, fields=(Field(name="total", type=t.Number()),))) == []


PIECES = (
    "Total", "Total  Amount", "Invoice no", "Date:", "Qty", "Description", "Bill to", "From:", "[x.pdf]", "\t", "\n",
    "  ", "12", "1.234,50", "1.234,5012", "€", "03/04/2026", "31.12.9999", "2 Mar 0000", "9" * 40, "٣٤", "½", "Ⅷ", "ß",
    "İ", "a@b.co", "DE89 3704 0044 0532 0130 00", "VAT 20%", "Ltd", "-", "(", ")", "\x00", "\u202e", "yes", "paid",
)  # fmt: skip
ALL_KINDS = tuple(
    Field(name=name, type=t.parse_type(kind))
    for name, kind in {
        "vendor": "string", "invoice_number": "string", "date": "date", "when": "datetime", "total": "decimal(10,2)",
        "tax": "decimal(6,0)", "qty": "integer", "rate": "number", "is_paid": "boolean", "emails": "list(string)",
        "amounts": "list(number)", "phone": "string", "currency": "string", "address": "string", "meta": "json",
    }.items()
)  # fmt: skip
STATUS = Field(name="total_status", type=t.String(), choices=("paid", "open"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_whatever_a_text_says_the_answer_has_its_shape(text: str, is_list: bool) -> None:
    shape = Shape(fields=(*ALL_KINDS, STATUS), is_list=is_list)
    fitted(extracted(text, shape), shape)


def test_of_a_label_that_a_hostile_text_repeats_the_first_ones_are_looked_at() -> None:
    found = list(places(Page("Total: 1.50 EUR\n" * 5000), ["total"], role="total"))
    assert len(found) == 500
    assert found[0].text == "1.50 EUR"
