"""Delimited text: the same rows, values and types on both engines."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from connectors.problem import ConnectorProblem
from tests.connectors.first_misfit import explain_failure


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes, name: str = "rows.csv") -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


@pytest.fixture
def read(written, open_source, rows_on_both):
    return lambda content, **config: rows_on_both(open_source(written(content), **config))


def types(frame: pl.DataFrame) -> list[object]:
    return frame.dtypes


def test_types_are_inferred_where_nothing_is_lost(read):
    frame = read(
        "id,price,ok,day,at,instant,zip,plus,big,mixed,nothing\n"
        "1,1.5,true,2024-01-02,2024-01-02 03:04:05,2024-01-02T03:04:05Z,00123,+5,12345678901234567890,1,\n"
        "-2,2e3,FALSE,2023-12-31,2024-01-02 00:00:00.25,2024-01-02T03:04:05+02:00,12345,+6,1,x,\n"
    )
    assert frame.rows() == [
        (1, 1.5, True, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
         "00123", "+5", "12345678901234567890", "1", None),
        (-2, 2000.0, False, date(2023, 12, 31), datetime(2024, 1, 2, 0, 0, 0, 250000),
         datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC), "12345", "+6", "1", "x", None),
    ]  # fmt: skip
    assert types(frame) == [
        pl.Int64, pl.Float64, pl.Boolean, pl.Date, pl.Datetime("us"), pl.Datetime("us", "UTC"),
        pl.String, pl.String, pl.String, pl.String, pl.String,
    ]  # fmt: skip


def test_the_empty_field_is_null_quoted_or_not_in_every_column(read):
    assert read('a,b\n,""\n"",5\nx,6\n').rows() == [(None, None), (None, 5), ("x", 6)]


def test_null_values_are_null_in_texts_and_numbers_quoted_or_not(read):
    assert read('a,b\nNA,"NA"\n-,7\nx,8\n', null_values=["NA", "-"]).rows() == [(None, None), (None, 7), ("x", 8)]


def test_nan_is_null_and_infinities_stay(read):
    frame = read("a\nNaN\nnan\n1.5\ninf\n-Infinity\n")
    assert frame["a"].to_list() == [None, None, 1.5, float("inf"), float("-inf")]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends_do_not_matter(read, mark, end):
    assert read(mark + end.join(["a,b", "1,x", "2,y", ""])).rows() == [(1, "x"), (2, "y")]


def test_mixed_line_ends_are_all_ends(read):
    assert read("a,b\n1,x\r\n2,y\n3,z\r\n").rows() == [(1, "x"), (2, "y"), (3, "z")]


def test_quoted_fields_keep_line_breaks_delimiters_and_quotes(read):
    frame = read('a,b\n"x\ny","p,q"\n"r""s",t\n')
    assert frame.rows() == [("x\ny", "p,q"), ('r"s', "t")]


def test_a_line_break_in_a_header_is_part_of_its_name(read):
    frame = read('"first\nname",b\nx,1\n')
    assert frame.columns == ["first\nname", "b"]
    assert frame.rows() == [("x", 1)]


def test_blank_lines_are_no_rows_where_there_are_several_columns(read):
    assert read("a,b\n\n1,2\n\n\n3,4\n\n").rows() == [(1, 2), (3, 4)]


def test_a_line_of_delimiters_is_a_row_of_nulls(read):
    assert read("a,b\n,\n3,4\n").rows() == [(None, None), (3, 4)]


def test_a_blank_line_is_a_null_in_a_file_of_one_column(read):
    assert read("a\n1\n\n2\n")["a"].to_list() == [1, None, 2]


def test_the_last_line_needs_no_end(read):
    assert read("a,b\n1,x").rows() == [(1, "x")]


def test_a_header_alone_is_a_table_without_rows(read):
    frame = read("a,b\n")
    assert (frame.columns, frame.height) == (["a", "b"], 0)


def test_spaces_around_numbers_are_no_part_of_them_and_around_texts_they_are(read):
    frame = read("a,b,c\n 1 , x ,  \n2, y,3.5 \n")
    assert frame.rows() == [(1, " x ", None), (2, " y", 3.5)]


def test_a_quote_inside_an_unquoted_field_is_a_character(read):
    assert read('a,b\n1,5" pipe\n2,y\n').rows() == [(1, '5" pipe'), (2, "y")]


def test_quotes_mean_nothing_when_the_quote_is_empty(read):
    assert read('a\tb\n"x\t1\n', quote="", delimiter="\t").rows() == [('"x', 1)]


def test_other_delimiters_and_quotes(read):
    assert read("a;b\n'x;y';1\n'it''s';2\n", delimiter=";", quote="'").rows() == [("x;y", 1), ("it's", 2)]


def test_tsv_is_delimited_by_tabs(written, open_source, rows_on_both):
    assert rows_on_both(open_source(written("a\tb\n1\tx,y\n", "rows.tsv"))).rows() == [(1, "x,y")]


def test_odd_headers_are_names_as_they_are_trimmed(read):
    frame = read(' spaced ,"a ""b""",a.b,select,naïve 😀,\n1,2,3,4,5,6\n')
    assert frame.columns == ["spaced", 'a "b"', "a.b", "select", "naïve 😀", "column_6"]
    assert frame.rows() == [(1, 2, 3, 4, 5, 6)]


def test_a_thousand_columns_are_read(read):
    names = [f"c{index}" for index in range(1000)]
    row = ",".join(str(index) for index in range(1000))
    frame = read(",".join(names) + "\n" + row + "\n" + row)
    assert frame.columns == names
    assert frame.rows() == [tuple(range(1000))] * 2


def test_without_a_header_columns_are_numbered(read):
    frame = read("1,x\n2,y\n", header=False)
    assert (frame.columns, frame.rows()) == (["column_1", "column_2"], [(1, "x"), (2, "y")])


def test_without_a_header_a_schema_names_the_columns_in_order(read):
    frame = read("1,x\n2,y\n", header=False, schema={"id": "integer", "name": "string"})
    assert (frame.columns, frame.rows()) == (["id", "name"], [(1, "x"), (2, "y")])


def test_rows_before_the_header_are_skipped_whatever_they_hold(read):
    assert read('A "report\nof, 2024,,\n\na,b\n1,2\n', skip_rows=3).rows() == [(1, 2)]


@pytest.mark.parametrize(("encoding", "codec"), [("latin-1", "latin-1"), ("cp1252", "cp1252"), ("UTF-16", "utf-16")])
def test_other_encodings_are_read(read, encoding, codec):
    assert read("a,b\nÄö,1\nñ,2\n".encode(codec), encoding=encoding).rows() == [("Äö", 1), ("ñ", 2)]


def test_every_scalar_type_can_be_declared(read):
    frame = read(
        "s,i,n,d,b,day,at,instant,t,j\n"
        '007,+5,1,1.5,TRUE,2024-02-29,2024-01-02 03:04,2024-01-02T03:04:05.5-0530,23:59,"{""a"": 1}"\n'
        "8,-0,1e3,-.25,false,0001-01-01,2024-01-02T03:04:05.123456,2024-01-02 03:04:05Z,01:02:03.25,[]\n",
        schema={"s": "string", "i": "integer", "n": "number", "d": "decimal(10,2)", "b": "boolean", "day": "date",
                "at": "datetime", "instant": "timestamptz", "t": "time", "j": "json"},
    )  # fmt: skip
    assert frame.rows() == [
        ("007", 5, 1.0, Decimal("1.50"), True, date(2024, 2, 29), datetime(2024, 1, 2, 3, 4),
         datetime(2024, 1, 2, 8, 34, 5, 500000, tzinfo=UTC), time(23, 59), '{"a": 1}'),
        ("8", 0, 1000.0, Decimal("-0.25"), False, date(1, 1, 1), datetime(2024, 1, 2, 3, 4, 5, 123456),
         datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), time(1, 2, 3, 250000), "[]"),
    ]  # fmt: skip


def test_durations_are_hours_minutes_and_seconds(written, open_source, tmp_path):
    relation = open_source(written("a\n26:00:01.5\n-00:00:01\n"), schema={"a": "duration"})
    lengths = [timedelta(hours=26, seconds=1.5), timedelta(seconds=-1)]
    assert relation.to_polars(tmp_path / "scratch").collect()["a"].to_list() == lengths
    with duckdb.connect() as connection:
        rows = connection.execute(relation.to_sql(tmp_path / "scratch").sql("duckdb")).fetchall()
    assert [row[0] for row in rows] == lengths


def test_decimals_keep_every_digit(read):
    frame = read("d\n1234567890123456789.0123456789\n-0.5\n3.10000000000\n", schema={"d": "decimal(38,10)"})
    assert frame["d"].to_list() == [Decimal("1234567890123456789.0123456789"), Decimal("-0.5"), Decimal("3.1")]


def test_a_date_format_applies_to_dates_declared_or_inferred(read):
    frame = read("a,b,c\n31.12.2024,1.2.2024,x\n,02.02.2024,y\n", date_format="%d.%m.%Y", schema={"b": "date"})
    assert frame.rows() == [(date(2024, 12, 31), date(2024, 2, 1), "x"), (None, date(2024, 2, 2), "y")]


def test_a_date_format_with_a_time_makes_datetimes(read):
    frame = read("a\n01/02/2024 03:04 PM\n", date_format="%m/%d/%Y %I:%M %p")
    assert frame.rows() == [(datetime(2024, 1, 2, 15, 4),)]


def test_years_of_two_digits_turn_over_at_69(read):
    assert read("a\n1/2/68\n01/02/69\n", date_format="%d/%m/%y")["a"].to_list() == [
        date(2068, 2, 1), date(1969, 2, 1)]  # fmt: skip


def test_fractions_of_seconds_are_read_by_a_date_format(read):
    assert read("a\n2.1.2024 3:04:05.25\n", date_format="%d.%m.%Y %H:%M:%S.%f")["a"].to_list() == [
        datetime(2024, 1, 2, 3, 4, 5, 250000)]  # fmt: skip


def test_month_names_are_read_by_a_date_format(read):
    assert read("a\n3 Feb 2024\n14 mar 2023\n", date_format="%d %b %Y")["a"].to_list() == [
        date(2024, 2, 3), date(2023, 3, 14)]  # fmt: skip


def test_dates_and_times_mixed_stay_text(read):
    frame = read("a,b\n2024-01-02,2024-01-02T03:04:05Z\n2024-01-02 03:04:05,2024-01-02T03:04:05\n")
    assert types(frame) == [pl.String, pl.String]


def test_a_day_that_does_not_exist_keeps_the_column_text(read):
    assert read("a\n2024-02-28\n2024-02-30\n")["a"].to_list() == ["2024-02-28", "2024-02-30"]


PAST_THE_SAMPLE = 60_000


@pytest.mark.parametrize(
    ("ordinary", "odd"),
    [("5", "5.5"), ("5", "5.0"), ("5", "1e3"), ("5", "1_000"), ("5", "0x1F"), ("5", "9223372036854775808"),
     ("1.5", "1_000"), ("1.5", "+-5"), ("true", "yes"), ("true", "1"), ("2024-01-02", "2024-02-30"),
     ("2024-01-02", "31/12/2024"), ("2024-01-02", "infinity"), ("2024-01-02", "2024-01-02 03:04:05"),
     ("2024-01-02 03:04:05", "2024-01-02 03:04:05+02"), ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05"), ("5", "5 ")],
)  # fmt: skip
def test_a_value_past_the_sample_that_does_not_fit_stops_both_engines_alike(
    written, open_source, errors_on_both, tmp_path, ordinary, odd
):
    rows = [ordinary] * PAST_THE_SAMPLE
    rows[PAST_THE_SAMPLE // 4] = odd
    relation = open_source(written("a,b\n" + "".join(f"{each},x\n" for each in rows)))
    errors = errors_on_both(relation)
    for error in errors:
        problem = explain_failure(relation, error, tmp_path / "scratch")
        assert problem is not None
        assert problem.code == "IR533"
        assert f'rows.csv, row {PAST_THE_SAMPLE // 4 + 1}, column "a": "{odd}" does not fit' in problem.message


def test_a_value_that_does_not_fit_a_declared_type_is_shown_at_the_declaration(
    written, open_source, errors_on_both, tmp_path
):
    relation = open_source(written("a,b\n1.255,x\n"), schema={"a": "decimal(5,2)"})
    problem = explain_failure(relation, errors_on_both(relation)[0], tmp_path / "scratch")
    assert problem is not None
    assert problem.key == ("config", "schema", "a")
    assert problem.message == 'rows.csv, row 1, column "a": "1.255" does not fit decimal(5,2)'


def test_an_error_that_is_not_the_files_fault_is_left_alone(written, open_source, tmp_path):
    relation = open_source(written("a,b\n1,x\n"))
    assert explain_failure(relation, RuntimeError("out of memory"), tmp_path / "scratch") is None


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("", "IR525", "rows.csv is empty"),
        ("\n\n", "IR525", "rows.csv is empty"),
        ("\ufeff", "IR525", "rows.csv is empty"),
        ("a,b,a\n1,2,3\n", "IR526", 'several columns named "a"'),
        ("a,b, a\n1,2,3\n", "IR526", 'several columns named "a"'),
        ("id,ID\n1,2\n", "IR526", '"id" and "ID"'),
        ("a\nb\xff".encode("latin-1"), "IR522", "not utf-8 text"),
        ('a,b\n1,"x\n', "IR527", "row 1"),
        ('a,b\n1,"x"y\n', "IR527", "row 1"),
    ],
)
def test_broken_files_are_told_when_opened(written, open_source, content, code, message):
    with pytest.raises(ConnectorProblem, match=code) as raised:
        open_source(written(content))
    assert message in raised.value.message


@pytest.mark.parametrize(("row", "fields"), [("1", 1), ("1,2,3", 3), ("1,2,", 3)])
def test_a_ragged_row_is_named_on_both_engines(written, open_source, errors_on_both, row, fields):
    relation = open_source(written(f"a,b\n5,6\n{row}\n7,8\n"))
    for problem in errors_on_both(relation):
        assert isinstance(problem, ConnectorProblem)
        assert problem.message == f"rows.csv, row 2 has {fields} fields where 2 are expected"


def test_short_and_long_rows_that_add_up_are_no_regular_file(written, open_source, errors_on_both, tmp_path):
    relation = open_source(written("a,b\n1\n1,2,3\n"))
    for error in errors_on_both(relation):
        problem = explain_failure(relation, error, tmp_path / "scratch")
        assert problem is not None
        assert problem.message == "rows.csv, row 1 has 1 fields where 2 are expected"


def test_broken_utf8_past_the_sample_is_told(written, open_source, errors_on_both, tmp_path):
    content = b"a,b\n" + b"1,x\n" * 40_000 + b"2,\xff\n" + b"3,y\n" * 100_000
    relation = open_source(written(content))
    for error in errors_on_both(relation):
        problem = explain_failure(relation, error, tmp_path / "scratch")
        assert problem is not None
        assert problem.code == "IR522"


def test_a_declared_column_that_does_not_exist_is_an_error_at_its_name(written, open_source):
    with pytest.raises(ConnectorProblem, match="IR521") as raised:
        open_source(written("amount,b\n1,2\n"), schema={"amonut": "integer"})
    assert raised.value.key == ("config", "schema", "amonut")
    assert raised.value.hint == 'did you mean "amount"?'


@pytest.mark.parametrize("kind", ["list(integer)", "struct(a: integer)", "file"])
def test_a_text_cell_holds_no_nested_type(written, open_source, kind):
    with pytest.raises(ConnectorProblem, match="IR520") as raised:
        open_source(written("a,b\n1,2\n"), schema={"a": kind})
    assert raised.value.key == ("config", "schema", "a")


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"encoding": "klingon"}, "encoding"),
        ({"date_format": "%Q"}, "date_format"),
        ({"date_format": "%H:%M"}, "date_format"),
        ({"delimiter": "€"}, "delimiter"),
        ({"sheet": "x"}, "sheet"),
        ({"format": "docx"}, "format"),
    ],
)
def test_options_that_cannot_work_are_told_at_their_key(written, open_source, config, key):
    with pytest.raises(ConnectorProblem) as raised:
        open_source(written("a,b\n1,2\n"), **config)
    assert raised.value.key == ("config", key)


def test_files_with_other_column_orders_are_read_by_name(written, open_source, rows_on_both):
    written("a,b\n1,x\n", "1.csv")
    written("b,a\ny,2\n", "2.csv")
    written("a,b\n3,z\n", "3.csv")
    assert rows_on_both(open_source("*.csv")).rows() == [(1, "x"), (2, "y"), (3, "z")]


def test_files_with_other_columns_are_an_error_that_names_them(written, open_source):
    written("a,b\n1,x\n", "1.csv")
    written("a,c\n2,y\n", "2.csv")
    with pytest.raises(ConnectorProblem, match="IR528") as raised:
        open_source("*.csv")
    assert raised.value.message == "2.csv has other columns than 1.csv"
    assert raised.value.notes == ("missing there: b", "only there: c")


def test_union_by_name_fills_missing_columns_with_null(written, open_source, rows_on_both):
    written("a,b\n1,x\n", "1.csv")
    written("c,a\n2024-01-02,2\n", "2.csv")
    frame = rows_on_both(open_source("*.csv", union_by_name=True))
    assert frame.columns == ["a", "b", "c"]
    assert frame.rows() == [(1, "x", None), (2, None, date(2024, 1, 2))]
