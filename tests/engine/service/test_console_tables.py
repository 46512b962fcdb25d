"""Delivered files and numbers, as the console shows them."""

from __future__ import annotations

import io

import pytest

from engine.service.web.console.tables import MOST_ROWS, Table, can_be_shown, table_of
from engine.service.web.console.throttle import FAILURES, WITHIN_S, Throttle
from engine.service.web.console.words import count, seconds, size


def texts(table: Table) -> list[list[str | None]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_csv_file_is_a_table_whatever_parts_its_cells() -> None:
    table = table_of("a.csv", io.BytesIO(b'\xef\xbb\xbfname;amount\n"Meier; Co";1,5\n\xff;2\n'))
    assert list(table.columns) == ["name", "amount"]
    assert texts(table) == [["Meier; Co", "1,5"], ["�", "2"]]
    assert [cell.is_number for cell in table.rows[0]] == [False, True]


def test_json_rows_have_the_columns_of_all_and_null_is_no_text() -> None:
    expected = [["1", "null", ""], ["2", None, '[1,"ä"]'.replace(",", ", ")]]
    rows = b'{"id":1,"name":"null"}\n{"id":2,"name":null,"more":[1,"\xc3\xa4"]}\n'
    for name, content in (("a.ndjson", rows), ("a.json", b"[" + b",".join(rows.split(b"\n")[:2]) + b"]")):
        table = table_of(name, io.BytesIO(content))
        assert list(table.columns) == ["id", "name", "more"]
        assert texts(table) == expected


def test_of_a_long_file_the_beginning_is_shown() -> None:
    table = table_of("a.csv", io.BytesIO(b"id\n" + b"1\n" * (MOST_ROWS + 1)))
    assert (len(table.rows), table.has_more) == (MOST_ROWS, True)


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"{", b'["a"]', b"[" * 100_000])
def test_json_that_is_no_list_of_rows_is_shown_as_text(content: bytes) -> None:
    assert table_of("a.json", io.BytesIO(content)).text == content.decode()


def test_an_empty_csv_file_is_an_empty_table() -> None:
    assert table_of("a.csv", io.BytesIO(b"")) == Table(columns=[], rows=[], has_more=False)


def test_files_that_are_no_text_are_downloaded_only() -> None:
    names = ("a.csv", "a.JSON", "a.txt", "a.pdf", "a.xlsx", "a.html", "a.csv.gz", "csv")
    assert [can_be_shown(each) for each in names] == [True, True, True, False, False, False, False, False]


def test_a_column_is_one_of_numbers_where_all_of_its_values_are() -> None:
    assert table_of("a.csv", io.BytesIO(b"id,name,note,nothing\n1,7,,\n-2.5,x,3,\n")).numbers == [
        True,
        False,
        True,
        False,
    ]


def test_numbers_are_told_as_people_say_them() -> None:
    assert [count(1, "row"), count(1234, "row"), count(None)] == ["1 row", "1,234 rows", "–"]
    assert [size(1), size(999), size(1234), size(999_600), size(None)] == [
        "1 byte",
        "999 bytes",
        "1.23 kB",
        "1 MB",
        "–",
    ]
    told = [seconds(0.0123), seconds(0.43), seconds(9.96), seconds(59.7), seconds(200), seconds(7500), seconds(3600)]
    assert told == ["12 ms", "0.43 s", "10 s", "1 min", "3 min 20 s", "2 h 5 min", "1 h"]


def test_whoever_failed_often_waits_until_the_first_failure_is_a_minute_old() -> None:
    now = [100.0]
    throttle = Throttle(lambda: now[0])
    for number in range(FAILURES):
        assert throttle.waits_s("2001:db8::1") == 0
        throttle.note_failure(f"2001:db8::{number}")
        now[0] += 1
    assert throttle.waits_s("2001:db8::ffff") == WITHIN_S - FAILURES
    assert throttle.waits_s("2001:db8:0:1::1") == throttle.waits_s("192.0.2.1") == 0
    now[0] += WITHIN_S - FAILURES
    assert throttle.waits_s("2001:db8::1") == 0
