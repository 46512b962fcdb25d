"""Parquet and Arrow: the types stand in the files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.problem import ConnectorProblem

FRAME = pl.DataFrame(
    {
        "small": pl.Series([1, None, -3], dtype=pl.Int16),
        "unsigned": pl.Series([1, 2, 4294967295], dtype=pl.UInt32),
        "single": pl.Series([0.5, float("nan"), float("inf")], dtype=pl.Float32),
        "number": [0.1, float("nan"), None],
        "text": ["é", "", None],
        "day": [date(2024, 1, 2), None, date(1, 1, 1)],
        "nanos": pl.Series([datetime(2024, 1, 2, 3, 4, 5, 123456)] * 3, dtype=pl.Datetime("ns")),
        "zoned": pl.Series([datetime(2024, 7, 1, 12)] * 3, dtype=pl.Datetime("ms")).dt.replace_time_zone(
            "Europe/Berlin"
        ),
        "money": pl.Series([Decimal("1.50"), None, Decimal("-2.25")], dtype=pl.Decimal(10, 2)),
        "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        "many": [[1.5, float("nan")], [], None],
        "parts": [{"x": 1, "y": float("nan")}, {"x": None, "y": 2.0}, None],
    }
)
ROWS = [
    (1, 1, 0.5, 0.1, "é", date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5, 123456), datetime(2024, 7, 1, 10, tzinfo=UTC),
     Decimal("1.50"), "a", [1.5, None], {"x": 1, "y": None}),
    (None, 2, None, None, "", None, datetime(2024, 1, 2, 3, 4, 5, 123456), datetime(2024, 7, 1, 10, tzinfo=UTC),
     None, "b", [], {"x": None, "y": 2.0}),
    (-3, 4294967295, float("inf"), None, None, date(1, 1, 1), datetime(2024, 1, 2, 3, 4, 5, 123456),
     datetime(2024, 7, 1, 10, tzinfo=UTC), Decimal("-2.25"), "a", None, None),
]  # fmt: skip
TYPES = [
    pl.Int64, pl.Int64, pl.Float64, pl.Float64, pl.String, pl.Date, pl.Datetime("us"), pl.Datetime("us", "UTC"),
    pl.Decimal(10, 2), pl.String, pl.List(pl.Float64), pl.Struct({"x": pl.Int64, "y": pl.Float64}),
]  # fmt: skip


def test_parquet_columns_become_the_types_of_the_ir(tmp_path: Path, open_source, rows_on_both):
    FRAME.write_parquet(tmp_path / "a.parquet")
    frame = rows_on_both(open_source("a.parquet"))
    assert frame.rows() == ROWS
    assert frame.dtypes == TYPES


def test_arrow_columns_become_the_types_of_the_ir(tmp_path: Path, open_source, rows_on_both):
    FRAME.write_ipc(tmp_path / "a.arrow")
    relation = open_source("a.arrow")
    frame = rows_on_both(relation)
    assert relation.to_sql(tmp_path / "scratch") is None
    assert frame.rows() == ROWS
    assert frame.dtypes == TYPES


def test_declared_types_convert_what_converts_without_loss(tmp_path: Path, open_source, rows_on_both):
    pl.DataFrame({"a": [1, 2], "b": [1, None], "c": [True, False], "d": ["{}", None]}).write_parquet(
        tmp_path / "a.parquet"
    )
    schema = {"a": "decimal(5,2)", "b": "number", "c": "string", "d": "json"}
    frame = rows_on_both(open_source("a.parquet", schema=schema))
    assert frame.rows() == [(Decimal("1.00"), 1.0, "true", "{}"), (Decimal("2.00"), None, "false", None)]


def test_a_declared_type_that_would_lose_something_is_an_error(tmp_path: Path, open_source):
    pl.DataFrame({"a": [1.5]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ConnectorProblem, match="IR529") as raised:
        open_source("a.parquet", schema={"a": "integer"})
    assert raised.value.key == ("config", "schema", "a")


def test_files_whose_types_differ_widen_integers_to_numbers_only(tmp_path: Path, open_source, rows_on_both):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"a": [2.5]}).write_parquet(tmp_path / "2.parquet")
    assert rows_on_both(open_source("*.parquet"))["a"].to_list() == [1.0, 2.5]
    pl.DataFrame({"a": ["x"]}).write_parquet(tmp_path / "3.parquet")
    with pytest.raises(ConnectorProblem, match="IR528"):
        open_source("*.parquet")


def test_union_by_name_fills_missing_columns_with_null(tmp_path: Path, open_source, rows_on_both):
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"c": [True], "a": [2]}).write_parquet(tmp_path / "2.parquet")
    assert rows_on_both(open_source("*.parquet", union_by_name=True)).rows() == [(1, "x", None), (2, None, True)]


def test_folders_named_column_equals_value_become_columns(tmp_path: Path, open_source, rows_on_both):
    for folder, value in {"year=2023/day=2023-05-01": 1, "year=2024/day=2024-05-01": 2}.items():
        (tmp_path / folder).mkdir(parents=True)
        pl.DataFrame({"a": [value]}).write_parquet(tmp_path / folder / "part.parquet")
    frame = rows_on_both(open_source("**/*.parquet", partitioned=True))
    assert frame.rows() == [(1, 2023, date(2023, 5, 1)), (2, 2024, date(2024, 5, 1))]
    assert frame.columns == ["a", "year", "day"]


def test_folder_values_with_leading_zeros_stay_text_and_the_default_folder_is_null(tmp_path, open_source, rows_on_both):
    for folder in ("m=01", "m=__HIVE_DEFAULT_PARTITION__", "m=a%20b"):
        (tmp_path / folder).mkdir()
        pl.DataFrame({"a": [1]}).write_parquet(tmp_path / folder / "p.parquet")
    assert rows_on_both(open_source("*/p.parquet", partitioned=True))["m"].to_list() == ["01", None, "a b"]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize("content", [b"", b"PAR1 not really", b"a,b\n1,2\n"])
def test_what_is_no_such_file_is_told(tmp_path: Path, open_source, ending, content):
    (tmp_path / f"a.{ending}").write_bytes(content)
    with pytest.raises(ConnectorProblem, match="IR523"):
        open_source(f"a.{ending}")


def test_a_type_the_ir_does_not_have_is_told(tmp_path: Path, open_source):
    pq.write_table(pa.table({"raw": pa.array([b"x"], pa.binary())}), tmp_path / "a.parquet")
    with pytest.raises(ConnectorProblem, match=r'IR529.*"raw" is Binary'):
        open_source("a.parquet")


def test_columns_and_filters_are_pushed_into_the_scan(tmp_path: Path, open_source):
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0.5, 1.5]}).write_parquet(tmp_path / "a.parquet")
    plan = open_source("a.parquet").to_polars(tmp_path / "scratch").filter(pl.col("a") > 1).select("a").explain()
    assert "PROJECT 1/3 COLUMNS" in plan
    assert "SELECTION" in plan
