"""CSV, TSV, JSON, NDJSON, TXT and HTML files, read back by other means."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from connectors.files.report import Report
from connectors.files.writing import WriteOptions, open_writer
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.column_format import ColumnFormat
from transforms.dtypes import polars_dtype

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def frame(columns: t.Schema, *rows: tuple[Any, ...]) -> pl.DataFrame:
    schema = {name: polars_dtype(kind) for name, kind in columns.items()}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def written(path: Path, format: str, columns: t.Schema, *batches: list[tuple[Any, ...]],
            options: WriteOptions | None = None, **report: Any) -> bytes:  # fmt: skip
    file = path / f"file.{format}"
    about = Report(columns=columns, **{"generated_at": NOON, **report})
    with open_writer(format, file, report=about, options=options) as writer:
        for rows in batches:
            writer.write(frame(columns, *rows))
    assert [each.name for each in path.iterdir()] == [file.name]
    return file.read_bytes()


EVERY = t.Schema({
    "text": t.String(), "whole": t.Integer(), "number": t.Number(), "exact": t.Decimal(10, 2), "yes": t.Boolean(),
    "day": t.Date(), "at": t.Datetime(), "instant": t.Datetime(zoned=True), "clock": t.Time(), "lasts": t.Duration(),
    "some": t.ListOf(t.Integer()), "pair": t.Struct((("a", t.Integer()), ("b", t.Date()))),
})  # fmt: skip
FULL = ("a,b", 7, 0.1, Decimal("1.50"), True, date(2024, 2, 29), datetime(2024, 2, 29, 8, 5),
        datetime(2024, 7, 1, 10, tzinfo=UTC), time(9, 30), timedelta(days=1, hours=2), [1, None],
        {"a": 1, "b": date(2024, 1, 1)})  # fmt: skip


def test_csv_writes_every_type_as_the_contract_says(tmp_path: Path) -> None:
    text = written(tmp_path, "csv", EVERY, [FULL], timezone="Europe/Berlin").decode()
    header, row = list(csv.reader(text.splitlines()))
    assert header == list(EVERY.names)
    assert row == ["a,b", "7", "0.1", "1.50", "true", "2024-02-29", "2024-02-29T08:05:00", "2024-07-01T12:00:00+02:00",
                   "09:30:00", "P1DT2H", "[1,null]", '{"a":1,"b":"2024-01-01"}']  # fmt: skip


def test_csv_writes_null_as_an_empty_field_and_empty_text_in_quotes(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.String(), "b": t.Integer()})
    assert written(tmp_path, "csv", columns, [("", 1), (None, None)]) == b'a,b\n"",1\n,\n'


def test_a_row_of_nulls_in_every_type_leaves_every_csv_field_empty(tmp_path: Path) -> None:
    text = written(tmp_path, "csv", EVERY, [(None,) * len(EVERY)]).decode()
    assert text.splitlines()[1] == "," * (len(EVERY) - 1)


def test_csv_keeps_the_digits_of_a_fraction_of_a_second(tmp_path: Path) -> None:
    text = written(tmp_path, "csv", t.Schema({"at": t.Datetime()}), [(datetime(2024, 1, 1, 0, 0, 0, 450_000),)])
    assert text == b"at\n2024-01-01T00:00:00.450\n"


def test_an_infinite_number_is_not_silently_blank_in_text_files(tmp_path: Path) -> None:
    columns = t.Schema({"n": t.Number()})
    assert written(tmp_path, "csv", columns, [(float("inf"),), (float("-inf"),)]) == b"n\ninf\n-inf\n"
    (tmp_path / "file.csv").unlink()
    found = json.loads(written(tmp_path, "json", columns, [(float("inf"),), (1.5,), (None,)]))
    assert found == [{"n": "Infinity"}, {"n": 1.5}, {"n": None}]


def test_csv_header_is_written_even_without_rows_and_left_out_when_told(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.Integer()})
    assert written(tmp_path, "csv", columns) == b"a\n"
    assert written(tmp_path, "csv", columns, [(1,)], options=WriteOptions(header=False)) == b"1\n"


def test_tsv_separates_with_tabs_and_csv_with_the_delimiter_given(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.String(), "b": t.String()})
    assert written(tmp_path, "tsv", columns, [("x", "y")]) == b"a\tb\nx\ty\n"
    (tmp_path / "file.tsv").unlink()
    assert written(tmp_path, "csv", columns, [("x", "y;")], options=WriteOptions(delimiter=";")) == b'a;b\nx;"y;"\n'


@pytest.mark.parametrize(
    ("names", "delimiter", "header"),
    [
        (["a_1", "B"], ",", b"a_1,B\n"),
        (["ab", "b"], "x", b"abxb\n"),
        (["axe", "b"], "x", b'"axe"xb\n'),  # a letter may be the delimiter
        (["a b", "c;d", 'e"f', ""], ";", b'a b;"c;d";"e""f";""\n'),
        (["größe", "b"], ",", "größe,b\n".encode()),
    ],
)
def test_a_name_in_the_header_is_quoted_only_where_it_must_be(
    tmp_path: Path, names: list[str], delimiter: str, header: bytes
) -> None:
    columns = t.Schema({name: t.String() for name in names})
    assert written(tmp_path, "csv", columns, options=WriteOptions(delimiter=delimiter)) == header


def test_a_quote_cannot_be_the_delimiter(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem) as problem:
        written(tmp_path, "csv", t.Schema({"a": t.String()}), options=WriteOptions(delimiter='"'))
    assert problem.value.code == "IR604"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("word", "unpack"),
    [("gz", gzip.decompress), ("bz2", bz2.decompress), ("zst", lambda data: pa.input_stream(data, "zstd").read())],
)
def test_compressed_text_unpacks_to_the_same_text(tmp_path: Path, word: str, unpack: Any) -> None:
    options = WriteOptions(compression=word)
    packed = written(tmp_path, "csv", t.Schema({"a": t.Integer()}), [(1,)], [(2,)], options=options)
    assert bytes(unpack(pa.py_buffer(packed) if word == "zst" else packed)) == b"a\n1\n2\n"


def test_another_encoding_is_written_and_what_it_cannot_hold_is_named(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.String()})
    assert written(tmp_path, "csv", columns, [("é",)], options=WriteOptions(encoding="latin-1")) == b"a\n\xe9\n"
    with pytest.raises(ConnectorProblem, match="U\\+6771") as problem:
        written(tmp_path, "csv", columns, [("東",)], options=WriteOptions(encoding="latin-1"))
    assert problem.value.code == "IR610"


def test_formatted_csv_shows_what_people_see(tmp_path: Path) -> None:
    columns = t.Schema({"amount": t.Number(), "share": t.Number()})
    formats = {"amount": ColumnFormat(style="currency", currency="EUR"), "share": ColumnFormat(style="percent")}
    text = written(tmp_path, "csv", columns, [(-1234.5, 0.255)], formats=formats, options=WriteOptions(formatted=True))
    assert text.decode().splitlines()[1] == '"-€1,234.50",25.5%'


def test_json_is_one_array_over_all_batches_with_its_own_types(tmp_path: Path) -> None:
    text = written(tmp_path, "json", EVERY, [FULL], [], [(None,) * len(EVERY)]).decode()
    first, second = json.loads(text, parse_float=Decimal)
    assert first == {
        "text": "a,b", "whole": 7, "number": Decimal("0.1"), "exact": Decimal("1.50"), "yes": True, "day": "2024-02-29",
        "at": "2024-02-29T08:05:00", "instant": "2024-07-01T10:00:00+00:00", "clock": "09:30:00", "lasts": "P1DT2H",
        "some": [1, None], "pair": {"a": 1, "b": "2024-01-01"},
    }  # fmt: skip
    assert '"exact":1.50,' in text
    assert set(second.values()) == {None}


def test_json_without_rows_is_an_empty_array_and_ndjson_an_empty_file(tmp_path: Path) -> None:
    columns = t.Schema({"a": t.Integer()})
    assert json.loads(written(tmp_path, "json", columns)) == []
    (tmp_path / "file.json").unlink()
    assert written(tmp_path, "ndjson", columns) == b""


def test_ndjson_is_one_object_a_line_whatever_the_text_holds(tmp_path: Path) -> None:
    odd = 'line\nbreak "quote" \\ \u2028 é \x01'
    text = written(tmp_path, "ndjson", t.Schema({"a": t.String()}), [(odd,)], [("b",)]).decode()
    assert [json.loads(line) for line in text.rstrip("\n").split("\n")] == [{"a": odd}, {"a": "b"}]


def test_a_json_column_is_a_value_inside_json_and_its_text_elsewhere(tmp_path: Path) -> None:
    columns = t.Schema({"id": t.Integer(), "doc": t.Json(), "name": t.String()})
    rows = [(1, '{"x":\n [1, 2]}', "a"), (2, None, "b"), (3, "no {json", "c")]
    assert json.loads(written(tmp_path, "json", columns, rows)) == [
        {"id": 1, "doc": {"x": [1, 2]}, "name": "a"}, {"id": 2, "doc": None, "name": "b"},
        {"id": 3, "doc": "no {json", "name": "c"},
    ]  # fmt: skip


def test_txt_aligns_columns_by_what_characters_take_on_a_screen(tmp_path: Path) -> None:
    columns = t.Schema({"city": t.String(), "n": t.Integer()})
    text = written(tmp_path, "txt", columns, [("東京", 5)], [("Zürich", 1200)], [("e\u0301", None)]).decode()
    assert text.split("\n") == [
        "city       n",
        "------  ----",
        "東京       5",
        "Zürich  1200",
        "e\u0301",
        "",
    ]


def test_txt_profile_lines_writes_one_column_and_refuses_more(tmp_path: Path) -> None:
    lines = WriteOptions(profile="lines")
    assert written(tmp_path, "txt", t.Schema({"line": t.String()}), [("a",), (None,)], options=lines) == b"a\n\n"
    with pytest.raises(ConnectorProblem) as problem:
        written(tmp_path, "txt", EVERY, options=lines)
    assert problem.value.code == "IR604"


class Table(HTMLParser):
    """The texts of a page's table cells, row by row, and every tag it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        self.inside = tag in {"td", "th"}

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_html_holds_the_table_and_no_markup_from_the_data(tmp_path: Path) -> None:
    columns = t.Schema({"<b>": t.String(), "n": t.Integer()})
    evil = '<script>alert("1")</script> & more'
    page = Table()
    page.feed(written(tmp_path, "html", columns, [(evil, 5)], [(None, 6)], title="<i>T</i>").decode())
    assert page.rows == [["<b>", "n"], [evil, "5"], ["", "6"]]
    assert not page.tags & {"script", "b", "i", "link", "img"}


def test_html_without_rows_shows_the_empty_message(tmp_path: Path) -> None:
    page = Table()
    page.feed(written(tmp_path, "html", t.Schema({"a": t.String()}), empty_message="Nothing <today>").decode())
    assert page.rows == [["a"], ["Nothing <today>"]]


def test_equal_rows_and_equal_time_make_equal_bytes_in_every_format(tmp_path: Path) -> None:
    for format in ("csv", "json", "ndjson", "parquet", "txt", "html", "xlsx", "pdf"):
        (tmp_path / "one").mkdir(exist_ok=True)
        (tmp_path / "two").mkdir(exist_ok=True)
        one = written(tmp_path / "one", format, EVERY, [FULL])
        two = written(tmp_path / "two", format, EVERY, [FULL])
        assert one == two, format
        (tmp_path / "one" / f"file.{format}").unlink()
        (tmp_path / "two" / f"file.{format}").unlink()


def test_parquet_keeps_every_type_and_all_batches(tmp_path: Path) -> None:
    rows = [FULL], [(None,) * len(EVERY)]
    written(tmp_path, "parquet", EVERY, *rows)
    back = pl.read_parquet(tmp_path / "file.parquet")
    assert back.equals(frame(EVERY, *rows[0], *rows[1]))
    assert back.schema == frame(EVERY).schema


def test_an_unknown_format_is_refused_with_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem) as problem:
        open_writer("exel", tmp_path / "x", report=Report(columns=EVERY))
    assert problem.value.code == "IR601"
    assert "xlsx" in str(problem.value.hint)


@pytest.mark.parametrize("format", ["csv", "json", "ndjson", "txt", "html"])
def test_a_frame_without_rows_and_columns_is_written_in_every_text_format(tmp_path: Path, format: str) -> None:
    found = written(tmp_path, format, t.Schema({})).decode()
    if format == "txt":
        assert found == ""
    if format == "json":
        assert json.loads(found) == []
