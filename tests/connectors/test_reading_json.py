"""JSON and NDJSON: the same rows, values and types on both engines, by the engines' readers or converted."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from connectors.problem import ConnectorProblem
from tests.connectors.first_misfit import explain_failure


@pytest.fixture
def written(tmp_path: Path):
    def write(content: str | bytes, name: str = "rows.ndjson") -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


@pytest.fixture
def read(written, open_source, rows_on_both):
    return lambda content, name="rows.ndjson", **config: rows_on_both(open_source(written(content, name), **config))


PLAIN = [
    {"id": 1, "price": 1.5, "name": "é\n\"x\"", "ok": True, "day": "2024-01-02", "at": "2024-01-02T03:04:05Z"},
    {"id": -2, "price": 2, "name": "", "ok": False, "day": "2023-12-31", "at": "2024-01-02T03:04:05+02:00"},
    {"price": None},
]  # fmt: skip
PLAIN_ROWS = [
    (1, 1.5, 'é\n"x"', True, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    (-2, 2.0, "", False, date(2023, 12, 31), datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
    (None, None, None, None, None, None),
]
PLAIN_TYPES = [pl.Int64, pl.Float64, pl.String, pl.Boolean, pl.Date, pl.Datetime("us", "UTC")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_of_plain_values_are_scanned(read, end, mark):
    frame = read(mark + end.join(json.dumps(row) for row in PLAIN))
    assert frame.rows() == PLAIN_ROWS
    assert frame.dtypes == PLAIN_TYPES


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_objects_has_the_same_rows_as_lines(read, indent):
    frame = read(json.dumps(PLAIN, indent=indent), "rows.json")
    assert frame.rows() == PLAIN_ROWS
    assert frame.dtypes == PLAIN_TYPES


def test_one_object_is_one_row(read):
    assert read('{\n "a": 1\n}', "rows.json").rows() == [(1,)]


def test_an_array_longer_than_a_block_is_read_whole(read):
    rows = [{"n": index, "text": "x" * 50} for index in range(40_000)]
    frame = read(json.dumps(rows), "rows.json")
    assert (frame.height, frame["n"].sum()) == (40_000, 799_980_000)


def test_objects_and_lists_keep_their_fields(read):
    frame = read('{"a": {"x": 1, "y": [1.5, null]}, "b": []}\n{"a": {"x": null, "z": "q"}, "b": ["t"]}\n{"a": null}\n')
    assert frame.rows() == [
        ({"x": 1, "y": [1.5, None], "z": None}, []),
        ({"x": None, "y": None, "z": "q"}, ["t"]),
        (None, None),
    ]


def test_values_of_several_types_stay_text_as_written(read):
    frame = read('{"a": 1.50}\n{"a": "x"}\n{"a": true}\n{"a": 12345678901234567890}\n')
    assert frame["a"].to_list() == ["1.50", "x", "true", "12345678901234567890"]


def test_objects_among_texts_are_json(read):
    assert read('{"a": {"x": 1}}\n{"a": "t"}\n')["a"].to_list() == ['{"x": 1}', '"t"']


def test_numbers_under_a_declared_text_become_it_and_decimals_keep_their_digits(read):
    frame = read(
        '{"s": 1.50, "d": 0.12345678901234567890, "i": "7", "b": "TRUE"}\n'
        '{"s": false, "d": "2", "i": 8.0, "b": true}\n',
        schema={"s": "string", "d": "decimal(30,20)", "i": "integer", "b": "boolean"},
    )
    assert frame.rows() == [
        ("1.50", Decimal("0.12345678901234567890"), 7, True),
        ("false", Decimal("2.00000000000000000000"), 8, True),
    ]


def test_nan_is_null_and_infinity_stays(read):
    assert read('{"a": NaN}\n{"a": 1}\n{"a": -Infinity}\n')["a"].to_list() == [None, 1.0, float("-inf")]


def test_null_values_and_date_formats_apply_to_texts(read):
    frame = read('{"a": "-", "d": "31.12.2024"}\n{"a": "x", "d": "-"}\n', null_values=["-"], date_format="%d.%m.%Y",
                 schema={"d": "date"})  # fmt: skip
    assert frame.rows() == [(None, date(2024, 12, 31)), ("x", None)]


def test_numbers_in_texts_stay_text(read):
    assert read('{"a": "1"}\n{"a": "2"}\n').dtypes == [pl.String]


def test_another_encoding_is_read(read):
    assert read('{"a": "Ä"}\n'.encode("latin-1"), encoding="latin-1").rows() == [("Ä",)]


def test_odd_keys_are_names(read):
    frame = read('{"a.b": 1, " ": 2, "it\'s \\"q\\"": 3}\n')
    assert frame.columns == ["a.b", " ", 'it\'s "q"']
    assert frame.rows() == [(1, 2, 3)]


@pytest.mark.parametrize("odd", ["2.5", '"2"', "true", "1e3", "9223372036854775808", "[1]"])
def test_a_value_past_the_sample_that_does_not_fit_stops_both_engines_alike(
    written, open_source, errors_on_both, tmp_path, odd
):
    rows = ['{"a": 1}'] * 5000
    rows[4000] = f'{{"a": {odd}}}'
    relation = open_source(written("\n".join(rows)))
    for error in errors_on_both(relation):
        problem = explain_failure(relation, error, tmp_path / "scratch")
        assert problem is not None
        assert problem.message.startswith('rows.ndjson, row 4001, column "a"')


def test_a_value_that_cannot_be_converted_names_item_and_column(written, open_source, errors_on_both):
    relation = open_source(written('[{"a": 1}, {"a": "x"}]', "rows.json"), schema={"a": "integer"})
    for problem in errors_on_both(relation):
        assert isinstance(problem, ConnectorProblem)
        assert problem.message == 'rows.json, item 2, column "a": "x" does not fit integer'
        assert problem.key == ("config", "schema", "a")


@pytest.mark.parametrize(
    ("content", "name", "code", "message"),
    [
        ('{"": 1}', "a.ndjson", "IR526", "a column without a name"),
        ("", "a.json", "IR525", "a.json is empty"),
        ("[]", "a.json", "IR525", "holds no object with a key"),
        ('[{"a": 1}', "a.json", "IR534", "item 1 is no JSON or is cut short"),
        ('[{"a": 1} {"a": 2}]', "a.json", "IR534", "after item 1"),
        ('[{"a": 1}] x', "a.json", "IR534", "after item 1"),
        ('{"a": 1}\n{"a": 2}', "a.json", "IR534", "a.json is no JSON document"),
        ("[1, 2]", "a.json", "IR534", "is no object"),
        ('{"a": 1}\n{"a": \n', "a.ndjson", "IR534", "line 2 is no JSON"),
        ('[{"a": 1}]', "a.ndjson", "IR534", "is no object"),
        ('{"a": 1, "A": 2}', "a.ndjson", "IR526", "differ only in case"),
        ("[" * 100_000, "a.json", "IR534", "cut short"),
    ],
)
def test_broken_documents_are_told_when_opened(written, open_source, content, name, code, message):
    with pytest.raises(ConnectorProblem, match=code) as raised:
        open_source(written(content, name))
    assert message in raised.value.message


def test_a_declared_column_stands_even_where_no_object_has_it(read):
    assert read('{"a": 1}\n', schema={"b": "date"}).rows() == [(1, None)]


@pytest.mark.parametrize("name", ["late.ndjson", "late.json"])
def test_a_key_that_comes_after_the_sample_is_named_not_lost(open_source, errors_on_both, written, name):
    rows = [{"id": 1}] * 2500 + [{"id": 2, "note": "late"}]
    text = json.dumps(rows) if name.endswith(".json") else "".join(json.dumps(row) + "\n" for row in rows)
    for problem in errors_on_both(open_source(written(text, name))):
        assert isinstance(problem, ConnectorProblem)
        assert problem.code == "IR536"
        assert 'the key "note"' in problem.message


def test_a_late_key_that_is_declared_is_a_column(open_source, rows_on_both, written):
    text = '{"id":1}\n' * 2500 + '{"id":2,"note":"late"}\n'
    rows = rows_on_both(open_source(written(text), schema={"note": "string"}))
    assert rows.tail(1).to_dicts() == [{"id": 2, "note": "late"}]
