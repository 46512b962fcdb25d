"""`weirflow schema pin` and wf.pin_schema: inferred types are written into the workflow file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import weirflow as wf
from docs.generator.examples import NOW, Example, all_examples
from engine.cli.main import run_command_line
from ir.loading import load
from ir.writing import to_json

WORKFLOW = """\
# what the shop sold
ir_version: "3.1"
goal: Sales
data_sources:
  - type: file            # one file a day
    alias: sales
    location: sales-*.csv
  - {type: tabular, source: inline, alias: rates, config: {rows: [{currency: EUR, rate: 1.5}]}}
transforms:
  - {type: filter, config: {where: amount > 0}}  # only sales
"""
PINNED = """\
# what the shop sold
ir_version: "3.1"
goal: Sales
data_sources:
  - type: file            # one file a day
    alias: sales
    location: sales-*.csv
    config:
      schema:
        id: string
        day: date
        amount: number
  - {type: tabular, source: inline, alias: rates, config: {rows: [{currency: EUR, rate: 1.5}],
      schema: {currency: string, rate: number}}}
transforms:
  - {type: filter, config: {where: amount > 0}}  # only sales
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "sales-1.csv").write_text("id,day,amount\n007,2026-01-31,1.5\n008,2026-02-01,2\n")
    (tmp_path / "shop.yaml").write_text(WORKFLOW)
    return tmp_path / "shop.yaml"


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run_command_line([str(each) for each in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_types_are_written_and_everything_else_stays(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "schema", "pin", shop)
    assert (code, out) == (0, "")
    assert err == f"sales: id string, day date, amount number\nrates: currency string, rate number\nwrote {shop}\n"
    assert shop.read_text() == PINNED


def test_a_second_time_changes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write_text(PINNED)
    written = shop.stat().st_mtime_ns
    assert called(capsys, "schema", "pin", shop) == (0, "", "every type is pinned\n")
    assert shop.stat().st_mtime_ns == written
    assert called(capsys, "schema", "pin", shop, "--check") == (0, "", "every type is pinned\n")


def test_check_and_stdout_leave_the_file_alone(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "schema", "pin", shop, "--check")
    assert (code, out) == (1, "")
    code, out, err = called(capsys, "schema", "pin", shop, "--stdout")
    assert (code, out) == (0, PINNED)
    assert "wrote" not in err
    assert shop.read_text() == WORKFLOW


def test_json_tells_what_was_pinned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "schema", "pin", shop, "--format", "json", "--check")
    assert code == 1
    assert json.loads(out) == {
        "file": str(shop),
        "written": False,
        "pinned": {
            "sales": {"id": "string", "day": "date", "amount": "number"},
            "rates": {"currency": "string", "rate": "number"},
        },
        "not_pinned": {},
        "diagnostics": [],
    }


def test_declared_types_stay_and_the_rest_is_added(shop: Path) -> None:
    shop.write_text(WORKFLOW.replace("sales-*.csv\n", 'sales-*.csv\n    config: {schema: {amount: "decimal(9,2)"}}\n'))
    pinned = wf.pin_schema(shop)
    assert pinned.columns["sales"] == {"id": "string", "day": "date"}
    pinned.write()
    assert 'config: {schema: {amount: "decimal(9,2)", id: string, day: date}}' in shop.read_text()
    assert [str(kind) for _, kind in wf.compile(shop).schema("sales").items()] == ["string", "date", "decimal(9,2)"]


def test_a_json_workflow_is_pinned_in_its_own_layout(shop: Path) -> None:
    document = shop.with_suffix(".json")
    document.write_text(to_json(load(shop).value))
    wf.pin_schema(document).write()
    assert '      "location": "sales-*.csv",\n      "config": {\n        "schema": {\n          "id": "string",\n' in (
        document.read_text()
    )
    assert not wf.pin_schema(document)


def test_what_the_types_of_a_source_are_is_the_same_before_and_after(shop: Path) -> None:
    before = wf.compile(shop)
    wf.pin_schema(shop).write()
    after = wf.compile(shop)
    for frame in ("sales", "rates", "data"):
        assert after.schema(frame) == before.schema(frame)
    assert after.collect().equals(before.collect())


def test_files_that_carry_their_types_are_left_alone(shop: Path) -> None:
    wf.compile(shop).collect("sales").write_parquet(shop.parent / "sales.parquet")
    shop.write_text(WORKFLOW.replace("sales-*.csv", "sales.parquet"))
    assert list(wf.pin_schema(shop).columns) == ["rates"]


def test_a_broken_step_behind_the_sources_does_not_matter(shop: Path) -> None:
    shop.write_text(WORKFLOW.replace("amount > 0", "amuont > 0"))
    assert set(wf.pin_schema(shop).columns) == {"sales", "rates"}


def test_a_source_behind_an_alias_is_said_and_the_others_are_pinned(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write_text(
        WORKFLOW.replace(
            "location: sales-*.csv\n", 'location: sales-*.csv\n    config: &how {delimiter: ","}\n'
        ).replace("transforms:", "  - {type: file, alias: again, location: sales-1.csv, config: *how}\ntransforms:")
    )
    code, _, err = called(capsys, "schema", "pin", shop)
    assert code == 0
    assert "again: not pinned: it is shared with another place through an alias" in err
    assert "sales: not pinned: it is shared with another place through an alias" in err
    assert "rates: currency string, rate number" in err


def test_a_type_that_no_schema_can_say_is_said(shop: Path) -> None:
    (shop.parent / "sales-1.ndjson").write_text('{"id": 1, "place": {"a,b": 1}}\n')
    shop.write_text(WORKFLOW.replace("sales-*.csv", "sales-1.ndjson"))
    pinned = wf.pin_schema(shop)
    assert pinned.columns["sales"] == {"id": "integer"}
    assert pinned.left == {"sales.place": "no schema can say struct(a,b: integer)"}


def test_a_source_that_cannot_be_read_is_an_error_at_its_place(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write_text(WORKFLOW.replace("sales-*.csv", "sale-*.csv"))
    code, out, err = called(capsys, "schema", "pin", shop)
    assert (code, out) == (2, "")
    assert "IR505" in err
    assert f"{shop}:7:15" in err


def test_a_file_that_changed_meanwhile_is_not_overwritten(shop: Path) -> None:
    pinned = wf.pin_schema(shop)
    shop.write_text(WORKFLOW + "# more\n")
    with pytest.raises(OSError, match="has changed since it was read"):
        pinned.write()
    assert shop.read_text() == WORKFLOW + "# more\n"
    assert sorted(each.name for each in shop.parent.iterdir()) == ["sales-1.csv", "shop.yaml"]


def test_the_mode_the_byte_order_mark_and_a_link_stay(shop: Path) -> None:
    shop.write_text("\ufeff" + WORKFLOW)
    shop.chmod(0o640)
    link = shop.parent / "link.yaml"
    link.symlink_to(shop)
    wf.pin_schema(link).write()
    assert link.is_symlink()
    assert shop.read_text() == "\ufeff" + PINNED
    assert shop.stat().st_mode & 0o777 == 0o640


def test_stdout_goes_with_neither_check_nor_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(capsys, "schema", "pin", shop, "--stdout", "--check")[0] == 2


@pytest.mark.parametrize("example", [each for each in all_examples() if each.runs()],
                         ids=lambda each: f"{each.topic}/{each.path.stem}")  # fmt: skip
def test_an_example_means_the_same_when_it_is_pinned(example: Example, tmp_path: Path) -> None:
    copy = tmp_path / "case"
    shutil.copytree(example.path.parent, copy)
    file = copy / example.path.name
    pinned = wf.pin_schema(file)
    # what the sender's schema tells stands in the document already
    assert {each for each in pinned.left.values() if each != "its payload_schema tells its types"} == set()
    pinned.write()
    assert not wf.pin_schema(file)
    # only lines in braces grow; every other line stands as it was
    kept = [line for line in example.path.read_text().splitlines() if not set("{}") & set(line)]
    written = iter(file.read_text().splitlines())
    assert all(line in written for line in kept)
    before, after = example.plan(), wf.compile(file, now=NOW, payload=example.payload)
    for frame in before.frames:
        assert after.schema(frame) == before.schema(frame)
    for frame in example.expected:
        is_ordered = before.compiled.graph[before.relation(frame)].frame.order is not None
        assert_frame_equal(after.collect(frame), before.collect(frame), check_row_order=is_ordered)
