"""Files that are broken, odd or meant to do harm: each has a clear outcome, the same on both engines."""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import weirflow as wf
from tests.workflows import ENGINES

BERLIN = dt.timezone(dt.timedelta(hours=1))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., pl.DataFrame]:
    """read(location, **config): the rows that a run delivers, the same on both engines."""

    def rows(location: str, **config: Any) -> pl.DataFrame:
        results = [_run(tmp_path, engine, location, config) for engine in ENGINES]
        assert results[0].equals(results[1])
        assert results[0].schema == results[1].schema
        return results[0]

    return rows


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., str]:
    """refused(code, location, **config): the one message of the error, the same on both engines; nothing is left."""

    def message(code: str, location: str, **config: Any) -> str:
        messages = set()
        for engine in ENGINES:
            with pytest.raises(wf.WorkflowError) as failure:
                wf.run(_workflow(location, config), engine=engine, base=tmp_path, out=tmp_path / "refused")
            [found] = [each for each in failure.value.diagnostics if each.severity == "error"]
            assert found.code == code
            assert found.hint
            messages.add(found.message)
            assert not list((tmp_path / "refused").glob("**/*.*"))
        [one] = messages
        return one

    return message


def _run(folder: Path, engine: str, location: str, config: dict[str, Any]) -> pl.DataFrame:
    result = wf.run(_workflow(location, config), engine=engine, base=folder, out=folder / "out" / engine)
    assert result.status == "succeeded"
    return result["data"]


def _workflow(location: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "ir_version": "3.1",
        "name": "hostile",
        "goal": "Read what is there",
        "data_sources": [{"type": "file", "alias": "rows", "location": location, "config": config or {}}],
        "delivery_rules": {"file_delivery": {"format": "json", "options": {"overwrite": True}}},
    }


def test_a_nul_in_a_cell_is_a_character_and_in_a_header_an_error(tmp_path, read, refused):
    (tmp_path / "cell.csv").write_bytes(b"a,b\n1,x\x00y\n2,z\n")
    assert read("cell.csv").rows() == [(1, "x\x00y"), (2, "z")]
    (tmp_path / "header.csv").write_bytes(b"a\x00,b\n1,x\n")
    assert refused("IR526", "header.csv") == r"header.csv has a NUL in its column name 'a\x00'"


def test_a_cell_of_a_megabyte_is_one_cell(tmp_path, read):
    long = "x" * 1_000_000
    (tmp_path / "rows.csv").write_text(f'a,b\n1,"{long}"\n2,"{long},\n"\n')
    assert read("rows.csv", schema={"a": "integer"}).rows() == [(1, long), (2, f"{long},\n")]
    (tmp_path / "rows.ndjson").write_text(f'{{"a": 1, "b": "{long}"}}\n{{"a": 2, "b": "y"}}\n')
    assert read("rows.ndjson").rows() == [(1, long), (2, "y")]


def test_a_gzip_that_ends_too_early_delivers_nothing(tmp_path, refused):
    import gzip

    whole = gzip.compress(b"a,b\n" + b"".join(f"{n},{n * n}\n".encode() for n in range(50_000)))
    (tmp_path / "rows.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert "cut short or damaged" in refused("IR523", "rows.csv.gz")


def test_a_json_document_nested_a_hundred_thousand_deep_is_an_error(tmp_path, refused):
    (tmp_path / "rows.json").write_text('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]")
    assert "is no JSON" in refused("IR534", "rows.json")


def test_a_member_of_a_zip_never_leaves_the_runs_folder(tmp_path, read):
    with zipfile.ZipFile(tmp_path / "rows.zip", "w") as archive:
        archive.writestr("../../escaped.csv", "a\n1\n")
    assert read("rows.zip").rows() == [(1,)]
    assert not list(tmp_path.parent.glob("**/escaped.csv"))


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., openpyxl.Workbook]:
    """saved(rows): a workbook book.xlsx with the rows on its sheet Rows, to be changed and saved again."""

    def save(rows: list[list[Any]]) -> openpyxl.Workbook:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = "Rows"
        for row in rows:
            sheet.append(row)
        book.save(tmp_path / "book.xlsx")
        return book

    return save


def test_a_formula_without_a_result_is_an_error_and_not_an_empty_cell(tmp_path, saved, refused):
    saved([["n", "twice"], [1, "=A2*2"], [2, "=A3*2"]])
    message = refused("IR551", "book.xlsx")
    assert message == 'book.xlsx, sheet "Rows": 2 formulas (the first is B2) without a result'


def test_a_formula_outside_the_cells_that_are_read_does_not_matter(saved, read, refused):
    saved([["=NOW()", None, None], ["n", "name", "=A3*2"], [1, "x", None]])
    assert read("book.xlsx", range="A2:B3").rows() == [(1, "x")]
    message = refused("IR551", "book.xlsx", skip_rows=1)
    assert message == 'book.xlsx, sheet "Rows": formula C2 without a result'


def test_skipping_more_rows_than_a_sheet_has_is_no_damaged_workbook(saved, refused):
    saved([["n"], [1]])
    message = refused("IR525", "book.xlsx", skip_rows=100)
    assert message == 'book.xlsx: the sheet "Rows" ends before the rows that are read'


def test_a_formula_reads_as_its_result(tmp_path, read):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["n", "twice", "size"])
        sheet.write_number(1, 0, 4)
        sheet.write_formula(1, 1, "=A2*2", value=8)
        sheet.write_formula(1, 2, '=IF(A2>5,"large","small")', value="small")
    assert read("book.xlsx").rows() == [(4, 8, "small")]


def test_a_formula_whose_result_is_the_empty_text_is_null(tmp_path, saved, read):
    saved([["n", "size"], [4, '=IF(A2>5,"large","")']])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        for name, part in parts.items():  # as a spreadsheet saves it
            archive.writestr(name, part.replace(b'<c r="B2">', b'<c r="B2" t="str">'))
    assert read("book.xlsx").rows() == [(4, None)]


def test_an_error_in_a_cell_is_null_with_a_warning(tmp_path, saved):
    book = saved([["item", "share"], ["tea", 0.5], ["salt", None]])
    cell = book["Rows"]["B3"]
    cell.value, cell.data_type = "#DIV/0!", "e"
    book.save(tmp_path / "book.xlsx")
    for engine in ENGINES:
        result = wf.run(_workflow("book.xlsx"), engine=engine, base=tmp_path, out=tmp_path / engine)
        assert result["data"].rows() == [("tea", 0.5), ("salt", None)]
        assert [(each.code, each.message) for each in result.warnings] == [
            ("IR550", 'book.xlsx, sheet "Rows": cell B3 with an error such as #DIV/0!, which is null here')
        ]


def test_the_first_sheet_is_the_first_that_people_see(tmp_path, saved, read):
    book = saved([["n"], [1]])
    hidden = book.create_sheet("Old", 0)
    hidden.append(["n"])
    hidden.append([99])
    for state in ("hidden", "veryHidden"):
        hidden.sheet_state = state
        book.save(tmp_path / "book.xlsx")
        assert read("book.xlsx").rows() == [(1,)]
        assert read("book.xlsx", sheet="Old").rows() == [(99,)]


def test_merged_cells_have_their_value_in_the_first_of_them(tmp_path, saved, read):
    book = saved([["region", "city"], ["north", "Oslo"], [None, "Bergen"]])
    book["Rows"].merge_cells("A2:A3")
    book.save(tmp_path / "book.xlsx")
    assert read("book.xlsx").rows() == [("north", "Oslo"), (None, "Bergen")]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_of_both_epochs_are_the_days_that_the_spreadsheet_shows(tmp_path, saved, read, epoch):
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    sheet = book.worksheets[0]
    for row in (["day"], [dt.date(2024, 2, 29)], [dt.date(1904, 1, 2)]):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    assert read("book.xlsx").rows() == [(dt.date(2024, 2, 29),), (dt.date(1904, 1, 2),)]


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path, refused):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * 1024 * 1024)
    (tmp_path / "book.xlsx").write_bytes(packed.getvalue())
    assert "unpacks to 300 MB" in refused("IR524", "book.xlsx")


def test_entities_that_expand_are_no_workbook(tmp_path, refused):
    laughs = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(12)
    )
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", f"{laughs}]><workbook>&m;</workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
    assert "no XLSX file" in refused("IR523", "book.xlsx")


def test_nested_parquet_columns_are_lists_and_structs(tmp_path, read):
    rows = [{"n": [1, 2], "s": {"a": 1, "b": [{"c": "x"}]}}, {"n": None, "s": None}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    assert read("rows.parquet").to_dicts() == rows


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"\x00\x01"]),
        pa.array([b"ab"], pa.binary(2)),
        pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([1]).cast(pa.decimal256(50, 2)),
    ],
    ids=["binary", "fixed binary", "map", "decimal of 50 digits"],
)
def test_a_parquet_type_that_no_column_holds_is_named(tmp_path, refused, column):
    pq.write_table(pa.table({"odd": column}), tmp_path / "rows.parquet")
    assert 'column "odd" is' in refused("IR529", "rows.parquet")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_durations_of_every_unit_are_the_same_time(tmp_path, read, unit):
    long = dt.timedelta(days=3, seconds=7)
    pq.write_table(pa.table({"d": pa.array([long, None], pa.duration(unit))}), tmp_path / "rows.parquet")
    assert read("rows.parquet").rows() == [(long,), (None,)]


def test_unsigned_integers_beyond_64_bits_of_ours_are_named(tmp_path, read, refused):
    pq.write_table(pa.table({"n": pa.array([1, 2**63 - 1], pa.uint64())}), tmp_path / "rows.parquet")
    assert read("rows.parquet").rows() == [(1,), (2**63 - 1,)]
    pq.write_table(pa.table({"n": pa.array([1, 2**63], pa.uint64())}), tmp_path / "rows.parquet")
    assert refused("IR533", "rows.parquet") == (
        'rows.parquet, row 2, column "n": "9223372036854775808" does not fit integer'
    )


def test_zoned_times_and_categories_of_parquet_are_instants_and_texts(tmp_path, read):
    moment = dt.datetime(2024, 1, 1, 12, tzinfo=BERLIN)
    table = pa.table({
        "at": pa.array([moment], pa.timestamp("ns", "Europe/Berlin")),
        "kind": pa.array(["a"]).dictionary_encode(),
        "nothing": pa.array([None], pa.null()),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    [(at, kind, nothing)] = read("rows.parquet").rows()
    assert (at, kind, nothing) == (moment, "a", None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson", "rows.parquet"])
def test_a_file_that_vanishes_after_compiling_is_named_and_nothing_is_delivered(tmp_path, engine, name):
    _write(tmp_path / name, [1, 2])
    plan = wf.compile(_workflow(name), engine=engine, base=tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(wf.WorkflowError) as failure:
        plan.run(out=tmp_path / "out")
    [found] = failure.value.diagnostics
    assert (found.code, name in found.message) == ("IR505", True)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson", "rows.parquet"])
def test_a_file_that_changes_after_compiling_is_read_as_it_is_then(tmp_path, engine, name):
    _write(tmp_path / name, [1, 2])
    plan = wf.compile(_workflow(name), engine=engine, base=tmp_path)
    _write(tmp_path / name, [3, 4, 5])
    assert plan.run(out=tmp_path / "out")["data"]["n"].to_list() == [3, 4, 5]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["rows.csv", "rows.ndjson", "rows.parquet"])
def test_a_file_whose_columns_change_after_compiling_stops_the_run(tmp_path, engine, name):
    _write(tmp_path / name, [1, 2])
    plan = wf.compile(_workflow(name), engine=engine, base=tmp_path)
    _write(tmp_path / name, [3, 4], column="other")
    with pytest.raises(wf.WorkflowError) as failure:
        plan.run(out=tmp_path / "out")
    assert {each.code for each in failure.value.diagnostics} <= {"IR528", "IR529", "IR533", "IR536"}
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def _write(path: Path, values: list[int], column: str = "n") -> None:
    rows = pl.DataFrame({column: values})
    partial = path.with_name("partial")
    {".csv": rows.write_csv, ".ndjson": rows.write_ndjson, ".parquet": rows.write_parquet}[path.suffix](partial)
    os.replace(partial, path)
