"""Bad rows in every format that has them, alike on both engines."""

from __future__ import annotations

import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

import weirflow as wf
from tests.engine.test_bad_rows import delivering, engine, home, letters, orders, run  # noqa: F401
from tests.workflows import inline

pytestmark = [pytest.mark.filterwarnings("ignore:.*left out of"), pytest.mark.usefixtures("home")]
TYPED: dict[str, Any] = {"schema": {"id": "integer", "amount": "integer"}, "max_bad": 5}


def shown(result: wf.RunResult) -> list[tuple[Any, ...]]:
    return [(each["row"], each["column"], each["text"], each["rule"]) for each in letters(result)]


def delivered(folder: Path) -> list[str]:
    return (folder / "out" / "report.csv").read_text().splitlines()[1:]


def test_lines_of_json(tmp_path, engine):  # noqa: F811
    (tmp_path / "orders.ndjson").write_text(
        '{"id": 1, "amount": 10}\n{"id": 2, "amount": "ten"}\n\n{"id": 3, "amount"\n[4]\n{"id": 5, "amount": "50"}\n'
        '{"id": 6, "amount": 6.5}\n'
    )
    result = run(delivering(orders("orders.ndjson", **TYPED)), tmp_path, engine)
    assert delivered(tmp_path) == ["1,10", "5,50"]
    assert shown(result) == [
        (2, "amount", "ten", "type"), (3, None, None, "json"), (4, None, None, "object"), (6, "amount", "6.5", "type"),
    ]  # fmt: skip
    assert [each["original"] for each in letters(result)] == [
        '{"id": 2, "amount": "ten"}', '{"id": 3, "amount"', "[4]", '{"id": 6, "amount": 6.5}',
    ]  # fmt: skip


def test_an_array_of_json(tmp_path, engine):  # noqa: F811
    rows = [{"id": 1, "amount": 10}, {"id": 2, "amount": [1]}, 3, {"id": 4, "amount": None}]
    (tmp_path / "orders.json").write_text(json.dumps(rows))
    result = run(delivering(orders("orders.json", **TYPED)), tmp_path, engine)
    assert delivered(tmp_path) == ["1,10", "4,"]
    assert shown(result) == [(2, "amount", "[1]", "type"), (3, None, None, "object")]


def test_far_down_in_plain_lines_of_json(tmp_path, engine):  # noqa: F811
    rows = [{"id": number, "amount": number % 10} for number in range(50_000)]
    lines = [json.dumps(row) for row in rows]
    lines[40_000] = '{"id": 40000, "amount": "4"}'
    lines[40_001] = '{"id": 40001, "amount": true}'
    (tmp_path / "orders.ndjson").write_text("\n".join(lines) + "\n")
    result = run(delivering(orders("orders.ndjson", **TYPED)), tmp_path, engine)
    assert shown(result) == [(40_002, "amount", "true", "type")]
    assert delivered(tmp_path)[40_000:40_002] == ["40000,4", "40002,2"]


def test_a_text_that_is_a_number_in_json_is_one_far_down_too(tmp_path, engine):  # noqa: F811
    lines = ['{"id": 1, "amount": 1}'] * 5_000
    lines[4_000] = '{"id": 2, "amount": "1"}'
    (tmp_path / "orders.ndjson").write_text("\n".join(lines) + "\n")
    result = run(delivering(orders("orders.ndjson", **TYPED)), tmp_path, engine)
    assert (result.status, delivered(tmp_path)[4_000]) == ("succeeded", "2,1")


def test_an_inferred_column_of_json_widens_to_text(tmp_path, engine):  # noqa: F811
    lines = ['{"id": 1, "amount": 1}'] * 5_000
    lines[4_000] = '{"id": 2, "amount": {"net": 1.50}}'
    lines[4_001] = '{"id": 3, "amount": 2.50}'
    (tmp_path / "orders.ndjson").write_text("\n".join(lines) + "\n")
    result = run(delivering(orders("orders.ndjson")), tmp_path, engine)
    assert [each.code for each in result.warnings if isinstance(each, wf.Diagnostic)] == ["IR537"]
    assert delivered(tmp_path)[3_999:4_002] == ["1,1", '2,"{""net"": 1.5}"', "3,2.50"]


def test_a_sheet(tmp_path, engine):  # noqa: F811
    book = Workbook()
    for row in (["id", "amount"], [1, 10], [2, "ten"], [3, 30]):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    result = run(delivering(orders("orders.xlsx", **TYPED)), tmp_path, engine)
    assert (shown(result), delivered(tmp_path)) == ([(2, "amount", "ten", "type")], ["1,10", "3,30"])


@pytest.mark.parametrize("name", ["orders.parquet", "orders.arrow"])
def test_stored_numbers_that_are_too_large_for_what_is_declared(tmp_path, engine, name):  # noqa: F811
    amounts = pa.array([Decimal("10.50"), Decimal("123456.00"), None], pa.decimal128(20, 2))
    table = pa.table({"id": [1, 2, 3], "amount": amounts})
    pq.write_table(table, tmp_path / name) if name.endswith("parquet") else pa.feather.write_feather(
        table, tmp_path / name
    )
    source = orders(name, schema={"amount": "decimal(5,2)"}, max_bad=5, rejects="bad")
    result = run(delivering(source), tmp_path, engine)
    assert (shown(result), delivered(tmp_path)) == ([(2, "amount", "123456.00", "type")], ["1,10.50", "3,"])
    assert result["bad"].rows() == [
        ("2", "123456.00", 'amount: "123456.00" does not fit decimal(5,2)', "type", "orders", 2)
    ]


def test_rows_written_in_the_workflow(tmp_path, engine):  # noqa: F811
    source = inline("orders", [{"id": 1, "amount": 10}, {"id": 2, "amount": "ten"}], {"amount": "integer"})
    source["config"]["max_bad"] = 1
    result = run(delivering(source | {"rejects": "bad"}), tmp_path, engine)
    assert (shown(result), delivered(tmp_path)) == ([(2, "amount", "ten", "type")], ["1,10"])
    assert [each["original"] for each in letters(result)] == ['{"id": 2, "amount": "ten"}']
    assert result["bad"].rows() == [("2", "ten", 'amount: "ten" does not fit integer', "type", "orders", 2)]


def test_too_many_of_them_are_an_error_at_the_first(tmp_path):
    source = inline("orders", [{"n": "a"}, {"n": 2}, {"n": "b"}], {"n": "integer"})
    [found] = wf.validate(delivering(source))
    assert (found.code, found.pointer) == ("IR531", ("data_sources", 0, "config", "rows", 0, "n"))
    assert found.notes == ('row 3, column "n": "b" does not fit integer',
                           "2 of 3 rows are bad, more than max_bad allows (1%)")  # fmt: skip


def test_rows_written_in_the_workflow_become_null(tmp_path, engine):  # noqa: F811
    source = inline("orders", [{"id": 1, "amount": "ten"}], {"amount": "integer"})
    source["config"] |= {"max_bad": 1, "on_bad_row": "null"}
    result = run(delivering(source), tmp_path, engine)
    assert delivered(tmp_path) == ["1,"]
    assert [each.code for each in result.warnings if isinstance(each, wf.Diagnostic)] == ["IR538"]


@pytest.mark.parametrize("written", [True, 1.5, 12345678901234567890])
def test_numbers_and_booleans_under_a_declared_string_are_texts(tmp_path, engine, written):  # noqa: F811
    source = inline("orders", [{"id": 1, "amount": written}], {"amount": "string"})
    run(delivering(source), tmp_path, engine)
    text = json.dumps(written)
    assert delivered(tmp_path) == [f"1,{text}"]
    for name, content in (
        ("a.ndjson", f'{{"id": 1, "amount": {text}}}'),
        ("a.json", f'[{{"id": 1, "amount": {text}}}]'),
    ):
        (tmp_path / name).write_text(content)
        run(delivering(orders(name, schema={"amount": "string"})) | {"name": name[:1] + name[2:]}, tmp_path, engine)
        assert (tmp_path / "out" / f"{name[:1] + name[2:]}.csv").read_text().splitlines()[1:] == [f"1,{text}"]


def test_a_file_in_a_zip_of_another_encoding_with_other_quotes(tmp_path, engine):  # noqa: F811
    with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
        archive.writestr("orders.csv", "id;name\n1;'Ä;B'\nzwei;Ö\n3;-\n4;x;y\n".encode("latin-1"))
    source = orders("orders.zip", schema={"id": "integer"}, max_bad=5, delimiter=";", quote="'", encoding="latin-1",
                    null_values=["-"], rejects="bad")  # fmt: skip
    result = run(delivering(source), tmp_path, engine)
    assert delivered(tmp_path) == ["1,Ä;B", "3,"]
    assert [(each["file"], each["row"], each["original"]) for each in letters(result)] == [
        ("orders.zip", 2, '{"id":"zwei","name":"Ö"}'), ("orders.zip", 4, '["4", "x", "y"]'),
    ]  # fmt: skip


def test_every_type_of_text_cell(tmp_path, engine):  # noqa: F811
    schema = {"i": "integer", "n": "number", "d": "decimal(5,2)", "b": "boolean", "day": "date", "at": "datetime",
              "clock": "time", "long": "duration"}  # fmt: skip
    good = "1,1.5,1.50,true,2024-02-29,2024-02-29T10:00:00,10:30,01:00:00"
    wrong = ["1.5", "1_0", "1000.00", "yes", "2023-02-29", "2024-02-29", "25:00", "1h"]
    lines = [good]
    for place, text in enumerate(wrong):
        cells = good.split(",")
        cells[place] = text
        lines.append(",".join(cells))
    (tmp_path / "orders.csv").write_text(",".join(schema) + "\n" + "\n".join(lines) + "\n")
    result = run(delivering(orders(schema=schema, max_bad=20)), tmp_path, engine)
    assert shown(result) == [(place + 2, name, text, "type")
                             for place, (name, text) in enumerate(zip(schema, wrong, strict=True))]  # fmt: skip
    assert pl.read_csv(tmp_path / "out" / "report.csv").height == 1
