"""The CSV profile excel: what a double click in Excel makes of it, byte by byte."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.files.report import Report
from connectors.files.writing import WriteOptions, open_writer
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.dtypes import polars_dtype


def written(folder: Path, columns: t.Schema, *rows: tuple[Any, ...], locale: str = "en", formats: Any = None,
            **options: Any) -> bytes:  # fmt: skip
    file = folder / "file.csv"
    report = Report(columns=columns, locale=locale, timezone="Europe/Berlin", formats=formats or {})
    schema = {name: polars_dtype(kind) for name, kind in columns.items()}
    with open_writer("csv", file, report=report, options=WriteOptions(profile="excel", **options)) as writer:
        writer.write(pl.DataFrame(list(rows), schema=schema, orient="row"))
    return file.read_bytes()


NUMBERS = t.Schema({"n": t.Number(), "d": t.Decimal(10, 2), "i": t.Integer()})


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en-US", b"\xef\xbb\xbfn,d,i\r\n-1.5,-2.50,-3\r\n1000.25,,\r\n"),
        ("de-CH", b"\xef\xbb\xbfn,d,i\r\n-1.5,-2.50,-3\r\n1000.25,,\r\n"),
        ("de-DE", b"\xef\xbb\xbfn;d;i\r\n-1,5;-2,50;-3\r\n1000,25;;\r\n"),
        ("fr_FR", b"\xef\xbb\xbfn;d;i\r\n-1,5;-2,50;-3\r\n1000,25;;\r\n"),
    ],
)
def test_marks_follow_the_locale_and_numbers_stay_numbers(tmp_path: Path, locale: str, expected: bytes) -> None:
    assert written(tmp_path, NUMBERS, (-1.5, Decimal("-2.50"), -3), (1000.25, None, None), locale=locale) == expected


def test_texts_that_excel_would_compute_get_an_apostrophe_and_others_none(tmp_path: Path) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1dcmd", "=cmd|' /C calc'!A0"]
    good = ["a=1", "1-2", "", "'", " x", "0049", None]
    columns = t.Schema({"t": t.String()})
    text = written(tmp_path, columns, *((each,) for each in [*evil, *good])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[0] if row else "" for row in rows] == ["'" + each for each in evil] + [each or "" for each in good]


def test_a_header_is_text_too(tmp_path: Path) -> None:
    columns = t.Schema({"=a": t.Integer(), "'=a": t.Integer(), "b;c": t.Integer()})
    assert written(tmp_path, columns, (1, 2, 3), locale="de") == b"\xef\xbb\xbf'=a;'=a;\"b;c\"\r\n1;2;3\r\n"


def test_dates_are_those_that_excel_reads_in_every_language(tmp_path: Path) -> None:
    columns = t.Schema({"day": t.Date(), "at": t.Datetime(), "instant": t.Datetime(zoned=True), "clock": t.Time(),
                        "lasts": t.Duration()})  # fmt: skip
    row = (date(2026, 1, 31), datetime(2026, 1, 31, 8, 5, 0, 250_000), datetime(2026, 7, 1, 10, tzinfo=UTC),
           time(9, 30), timedelta(days=-1))  # fmt: skip
    line = written(tmp_path, columns, row, locale="de").decode("utf-8-sig").split("\r\n")[1]
    assert line == "2026-01-31;2026-01-31 08:05:00,250;2026-07-01 12:00:00;09:30:00;'-P1D"
    line = written(tmp_path, columns, row, date_format="%d.%m.%Y").decode("utf-8-sig").split("\r\n")[1]
    assert line.startswith("31.01.2026,2026-01-31 08:05:00.250,")


def test_formatted_values_stand_as_they_are_shown(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Number(), "t": t.String()})
    money = {"n": ColumnFormat.model_validate({"style": "number", "decimals": 2})}
    found = written(tmp_path, columns, (-1234.5, "=x"), locale="de-DE", formats=money, formatted=True)
    assert found.decode("utf-8-sig") == "n;t\r\n-1.234,50;'=x\r\n"


def test_a_delimiter_and_an_encoding_of_ones_own_are_kept(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Number(), "t": t.String()})
    assert written(tmp_path, columns, (1.5, "é"), locale="de", delimiter="\t", encoding="latin-1") == (
        b"n\tt\r\n1,5\t\xe9\r\n"
    )


def test_only_the_profile_changes_texts(tmp_path: Path) -> None:
    file, columns = tmp_path / "plain.csv", t.Schema({"=a": t.String()})
    with open_writer("csv", file, report=Report(columns=columns, locale="de-DE")) as writer:
        writer.write(pl.DataFrame({"=a": ["=1"]}))
    assert file.read_bytes() == b"=a\n=1\n"
