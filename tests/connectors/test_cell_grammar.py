"""One grammar of cells: what it takes, both engines read as the same value; what it refuses, both refuse."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.files import cell_polars
from connectors.files.cells import Cell
from connectors.files.inference import infer_cell
from connectors.files.reading import open_files
from connectors.policy import Policy
from ir import types as t

KINDS = ("integer", "number", "boolean", "decimal(6,2)", "decimal(38,0)", "date", "datetime", "timestamptz", "time")
FORMS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,4})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
                  r"(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)?", fullmatch=True),
    st.from_regex(r"[0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?", fullmatch=True),
    st.sampled_from(["true", "FALSE", "t", "yes", "0", "NaN", "-inf", "Infinity", "infinity", "epoch", ".5", "5.", ".",
                     "1_0", "0x1", "--1", "1e400", "1e-400", "-0.0", "9223372036854775807", "9223372036854775808",
                     "-9223372036854775808", "99999.99", "9999.99", "9999.990", "9999.995", "0001-01-01", "0000-01-01",
                     "9999-12-31", "2023-02-29", "2024-02-29", "24:00:00", "23:59:60", "1,5", "5;", "'5'", "٣", "5\t"]),
    st.text("0123456789+-.eE:TZ /", min_size=1, max_size=12),
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(texts=st.lists(FORMS, min_size=1, max_size=8))
def test_engines_agree_with_the_grammar_and_each_other(tmp_path, kind, texts):
    """All cells that fit are read together; each that does not fit is refused by both."""
    check_agreement(tmp_path, kind, texts)


def check_agreement(tmp_path, kind, texts):
    kind_of = t.parse_type(kind)
    padded = any(text != text.strip(" \t") for text in texts)
    cell = Cell(kind=kind_of, padded=padded)
    good = [text for text in texts if cell.fits(text)]
    polars, duck = outcomes(tmp_path, kind, good)
    assert isinstance(polars, pl.Series), polars
    assert isinstance(duck, pl.Series), duck
    assert duck.to_list() == polars.to_list()
    for text in texts:
        if not cell.fits(text):
            one = Cell(kind=kind_of, padded=text != text.strip(" \t"))
            results = outcomes(tmp_path, kind, [text])
            assert [isinstance(each, pl.Series) for each in results] == [one.fits(text)] * 2, text


@pytest.mark.parametrize(
    ("kind", "texts"),
    [("date", ["0000-01-01", "0001-01-01", "9999-12-31", "2023-02-29", "+2024-01-02", "infinity", "epoch"]),
     ("datetime", ["0000-01-01 00:00", "9999-12-31T23:59:59.999999999", "2024-01-02 24:00:00", "2024-01-02T23:59:60"]),
     ("timestamptz", ["2024-01-02T03:04:05+14:00", "2024-01-02T03:04:05-1530", "2024-01-02T03:04:05+99",
                      "2024-01-02T03:04Z", "2024-01-02T03:04:05+24:00", "2024-01-02T03:04:05+02:60"]),
     ("number", ["1e400", "1e-400", "-0.0", "+-5", "1_0", "NaN", "-nan", "+inf", "."]),
     ("decimal(6,2)", ["9999.99", "9999.990", "9999.995", "10000", "-.5", "5.", ".", "1e2", "00001.5"])],
)  # fmt: skip
def test_engines_agree_at_the_edges(tmp_path, kind, texts):
    check_agreement(tmp_path, kind, texts)


def outcomes(tmp_path, kind, texts):
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([["a", "b"], *([text, "x"] for text in texts)])
    (tmp_path / "a.csv").write_text(written.getvalue())
    relation = open_files(location="a.csv", config=SimpleNamespace(schema={"a": kind}), base=tmp_path,
                          policy=Policy.open(), name="rows")  # fmt: skip
    for copy in tmp_path.glob("scratch/*"):
        copy.unlink()
    found: list[object] = []
    try:
        found.append(relation.to_polars(tmp_path / "scratch").collect()["a"])
    except pl.exceptions.PolarsError as error:
        found.append(error)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        try:
            found.append(connection.sql(relation.to_sql(tmp_path / "scratch").sql("duckdb")).pl()["a"])
        except duckdb.Error as error:
            found.append(error)
    return found


@pytest.mark.parametrize(
    ("texts", "kind"),
    [(["1", "-20", "0"], "integer"), (["1", "007"], "string"), (["0", "00"], "string"), (["+1"], "string"),
     (["1", "9223372036854775808"], "string"), (["1", "2.5"], "number"),
     (["1.", ".5", "-0.5", "1e5", "2E-3"], "number"),
     (["1", "NaN"], "number"), (["NaN", "inf"], "string"), (["00.5", "1.5"], "string"),
     (["0.1234567890123456789"], "string"),
     (["9007199254740993", "0.5"], "number"), (["True", "false"], "boolean"), (["true", "1"], "string"),
     (["2024-01-02"], "date"), (["2024-1-2"], "string"), (["2024-01-02", "x"], "string"), (["20240102"], "integer"),
     (["2024-01-02T03:04"], "datetime"), (["2024-01-02 03:04:05.123"], "datetime"),
     (["2024-01-02 03:04:05", "2024-01-02T03:04:05"], "string"), (["2024-01-02T03:04:05Z"], "datetime with time zone"),
     (["2024-01-02T03:04:05-05"], "datetime with time zone"), (["03:04:05"], "string"), ([], "string"),
     (["  "], "string"),
     ([" 1", "2 "], "integer"), (["1 000"], "string"), (["1,5"], "string"), (["x"], "string")],
)  # fmt: skip
def test_a_type_is_inferred_only_where_nothing_is_lost(texts, kind):
    assert str(infer_cell(texts).kind) == kind


@pytest.mark.parametrize(
    "kind", ["integer", "number", "boolean", "decimal(5,2)", "date", "datetime", "time", "duration"]
)
@pytest.mark.parametrize("padded", [False, True])
def test_reading_with_care_takes_what_fits_and_nothing_else(kind: str, padded: bool) -> None:
    texts = ["1", "+1", " 1", "1 ", "1.0", "1.", ".5", "1e3", "1_0", "9223372036854775808", "nan", "inf", "1e400",
             "true",
             "TRUE", "yes", "999.99", "1000", "1.234", "1.2300", "2024-02-29", "2023-02-29", "0000-01-01", "31/12/2024",
             "2024-01-02 03:04", "2024-01-02T03:04:05",
             "2024-01-02T03:04:05.5", "2024-01-02T24:00", "2024-01-02T03:04Z",
             "03:04", "03:04:05.123", "24:00", "3:04", "01:00:00", "-100:30:00.5", "1:60:00", "x", "", " "]  # fmt: skip
    cell = Cell(kind=t.parse_type(kind), padded=padded)
    value, misfit = cell_polars.lenient(pl.col("text"), cell)
    found = pl.DataFrame({"text": texts}).select("text", value=value, misfit=misfit)
    assert found["misfit"].to_list() == [not cell.fits(text) for text in texts]
    assert found.filter(pl.col("misfit"))["value"].null_count() == found["misfit"].sum()
