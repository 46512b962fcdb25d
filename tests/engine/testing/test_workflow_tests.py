"""Tests of workflows: rows in place of sources, and what came out beside what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

import weirflow as wf
from engine.cli.main import run_command_line

WORKFLOW = """\
ir_version: "3.1"
goal: What each region earned
data_sources:
  - {type: file, alias: sales, location: sales.csv, config: {schema: {price: "decimal(10,2)"}}}
transforms:
  - type: aggregate
    config: {group_by: [region], aggregates: {orders: count(*), revenue: sum(quantity * price)}}
  - {type: filter, output_variable: large, config: {where: revenue > 5}}
  - {type: deduplicate, input_source: data, output_variable: unordered, config: {keys: [region]}}
delivery_rules:
  file_delivery: [{format: csv}, {id: book, format: xlsx}, {format: html}, {format: parquet, input_source: large}]
"""
SALES = "region,quantity,price,sold_on\nwest,1,1.00,2026-01-02\n"
GIVEN = """
    sources:
      sales:
        - {region: north, quantity: 2, price: 10.50}
        - {region: south, quantity: 1, price: 3.25}
        - {region: north, quantity: 1, price: 1.00}
"""


def written(folder: Path, tests: str, *, workflow: str = WORKFLOW, sales: str | None = SALES) -> Path:
    """A workflow with a file of tests beside it, which is given back."""
    (folder / "report.yaml").write_text(workflow, encoding="utf-8")
    if sales is not None:
        (folder / "sales.csv").write_text(sales, encoding="utf-8")
    file = folder / "report_test.yaml"
    file.write_text(tests, encoding="utf-8")
    return file


def expecting(expect: str, *, given: str = GIVEN) -> str:
    return f"tests:\n  - name: revenue{given}    expect: {expect}\n"


def differences(report: wf.TestReport) -> set[tuple[str, int | None, str | None, str, str]]:
    return {
        (one.of, one.row, one.column, one.expected, one.found) for each in report.results for one in each.differences
    }


def codes(report: wf.TestReport) -> list[str]:
    return [one.code for each in report.results for one in each.diagnostics]


def test_rows_stand_in_for_a_source_and_frames_and_files_are_compared_on_both_engines(tmp_path: Path) -> None:
    expect = """
      frames:
        data: [{region: north, orders: 2, revenue: 22.00}, {region: south, revenue: 3.25}]
        large: [{region: north}]
      deliveries:
        csv: {rows: [{region: north, revenue: 22}, {region: south, revenue: 3.25}], text: "north,2,22.00"}
        book: {rows: [{region: north}, {region: south}], cells: {A5: north, C5: 22, "Report!B6": 1}, text: south}
        html: {rows: 2, text: [north, "3.25"]}
        parquet: {rows: [{region: north, orders: 2}]}
"""
    report = wf.test(written(tmp_path, expecting(expect)), engine="both")
    found = differences(report)
    # where a workbook begins its table is no matter of this test
    assert {each for each in found if each[0] != "delivery book"} == set()
    assert [each.engine for each in report.results] == ["polars", "duckdb"]


def test_each_cell_that_differs_is_named_with_its_row_and_column(tmp_path: Path) -> None:
    expect = """
      frames: {data: [{region: north, orders: 3, revenue: 22.00}, {region: south, revenue: 3.25}, {region: west}]}
      deliveries: {csv: {rows: 3, text: [nowhere]}}
"""
    report = wf.test(written(tmp_path, expecting(expect)), engine="both")
    assert differences(report) == {
        ("frame data", 1, "orders", "3", "2"),
        ("frame data", 3, None, "{region: west}", "no such row"),
        ("delivery csv", None, None, "3 rows", "2 rows"),
        ("delivery csv", None, None, "the text nowhere", "a text without it"),
    }
    assert not report.passed
    assert report.exit_code == 1
    assert report.results[0].differences[0].place is not None
    assert report.results[0].differences[0].place.line == 9


def test_rows_without_an_order_are_found_wherever_they_stand(tmp_path: Path) -> None:
    expect = "{frames: {unordered: [{region: south}, {region: north}]}}"
    assert wf.test(written(tmp_path, expecting(expect)), engine="both").passed


def test_a_row_of_few_columns_leaves_the_others_theirs(tmp_path: Path) -> None:
    # {orders: 1} is also true of the south, which only {region: south} can be
    given = GIVEN + "        - {region: west, quantity: 1, price: 7}\n"
    expect = "{frames: {unordered: [{orders: 1}, {region: south}, {orders: 2}]}}"
    assert wf.test(written(tmp_path, expecting(expect, given=given)), engine="both").passed


def test_rows_in_an_order_are_expected_in_it(tmp_path: Path) -> None:
    expect = "{frames: {data: [{region: south}, {region: north}]}}"
    assert not wf.test(written(tmp_path, expecting(expect)), engine="both").passed


def test_rows_take_the_declared_types_and_those_of_the_file_itself(tmp_path: Path) -> None:
    given = "\n    sources: {sales: [{region: north, quantity: 1, price: 1, sold_on: 2026-02-01}]}\n"
    expect = "{frames: {sales: [{region: north, price: 1.00, sold_on: 2026-02-01}]}}"
    file = written(tmp_path, expecting(expect, given=given))
    assert wf.test(file).passed
    given = "\n    sources: {sales: [{region: north, quantity: many}]}\n"
    report = wf.test(written(tmp_path, expecting(expect, given=given)))
    assert codes(report) == ["IR531"]
    assert report.exit_code == 2
    place = report.results[0].diagnostics[0].place
    assert place is not None
    assert (place.file, place.line, place.source_line[place.column - 1 :][:4]) == (str(file), 3, "many")


def test_a_source_whose_file_is_not_there_takes_its_types_from_the_rows(tmp_path: Path) -> None:
    given = (
        "\n    sources: {sales: [{region: '007', quantity: 1, price: 1.10}, {region: '8', quantity: 2, price: 0}]}\n"
    )
    expect = "{frames: {sales: [{region: '007', price: 1.1}, {region: '8', price: 0}]}}"
    assert wf.test(written(tmp_path, expecting(expect, given=given), sales=None), engine="both").passed


def test_a_bad_row_is_a_dead_letter_where_the_test_expects_one(tmp_path: Path) -> None:
    given = "\n    sources: {sales: [{region: a, quantity: 1, price: much}, {region: b, quantity: 1, price: 2}]}\n"
    expect = "{frames: {data: [{region: b}]}, dead_letters: [{source: sales, column: price, text: much, row: 1}]}"
    assert wf.test(written(tmp_path, expecting(expect, given=given)), engine="both").passed


@pytest.mark.parametrize(
    ("test", "code", "hint"),
    [
        ("sources: {sale: []}\n    expect: {}", "IR306", 'did you mean "sales"?'),
        ("expect: {frames: {larg: []}}", "IR301", 'did you mean "large"?'),
        ("expect: {deliveries: {boook: {rows: 1}}}", "IR306", 'did you mean "book"?'),
        ("inputs: {month: 1}\n    expect: {}", "IR302", None),
        ("expect: {frames: {data: [{revenu: 1}]}}", "IR401", 'did you mean "revenue"?'),
        ("sources: {sales: [{regio: a}]}\n    expect: {}", "IR401", 'did you mean "region"?'),
    ],
)
def test_a_name_that_means_nothing_is_refused_at_its_place(
    test: str, code: str, hint: str | None, tmp_path: Path
) -> None:
    report = wf.test(written(tmp_path, f"tests:\n  - name: a\n    {test}\n"))
    [found] = report.results[0].diagnostics
    assert (found.code, found.hint, report.exit_code) == (code, hint, 2)
    assert found.place is not None
    assert found.place.file.endswith("report_test.yaml")


def test_validate_checks_the_names_in_the_tests_of_a_workflow(tmp_path: Path) -> None:
    tests = "tests: [{name: a, sources: {sale: []}, expect: {frames: {larg: []}, deliveries: {csw: {rows: 1}}}}]\n"
    file = written(tmp_path, "", workflow=WORKFLOW + tests).with_name("report.yaml")
    assert [each.code for each in wf.validate(file) if each.severity == "error"] == ["IR306", "IR301", "IR306"]
    assert wf.compile(file).run(out=tmp_path / "out").status == "succeeded"  # a slip in a test stops no report


def test_an_error_passes_only_where_its_code_is_expected(tmp_path: Path) -> None:
    broken = WORKFLOW.replace("revenue > 5", "revenu > 5")
    expected = written(tmp_path, expecting("{diagnostics: [IR401]}"), workflow=broken)
    assert wf.test(expected).passed
    report = wf.test(written(tmp_path, expecting("{frames: {}}"), workflow=broken))
    assert (codes(report), report.exit_code) == (["IR401"], 1)
    report = wf.test(written(tmp_path, expecting("{diagnostics: [IR440]}")))
    assert differences(report) == {("diagnostics", None, None, "IR440", "IR320")}


def test_now_and_inputs_are_those_of_the_test(tmp_path: Path) -> None:
    workflow = """\
ir_version: "3.1"
goal: Today
runtime_inputs: [{name: least, type: number, required: true}]
data_sources: [{type: tabular, source: inline, alias: rows, config: {rows: [{n: 1}, {n: 5}]}}]
transforms: [{type: map, config: {columns: {day: today()}}}, {type: filter, config: {where: n > inputs.least}}]
"""
    tests = """\
tests:
  - {name: given, now: 2026-03-04, inputs: {least: 2}, expect: {frames: {data: [{n: 5, day: 2026-03-04}]}}}
  - {name: by itself, inputs: {least: 9}, expect: {frames: {data: []}}}
"""
    assert wf.test(written(tmp_path, tests, workflow=workflow), engine="both").passed


def test_a_test_touches_nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow = """\
ir_version: "3.1"
goal: Far away
data_sources:
  - {type: database, alias: orders, database_config: {connection: {plugin_key: postgres}, table: orders}}
delivery_rules:
  file_delivery: {format: csv, destination: {path: "s3://bucket/{{run.date}}"}}
  database_delivery:
    {id: kept, plugin_key: postgres, table: totals, operation: upsert, key_fields: [id]}
"""
    tests = """\
tests:
  - name: far
    sources: {orders: {rows: [{id: 1, amount: "1.50"}, {id: 2}], schema: {amount: "decimal(8,2)"}}}
    expect:
      deliveries: {csv: {rows: 2}, kept: {rows: [{id: 1, amount: 1.50}, {id: 2, amount: null}]}}
"""
    home = tmp_path / "home"
    monkeypatch.setenv("WEIRFLOW_HOME", str(home))
    monkeypatch.delenv("WEIRFLOW_POSTGRES", raising=False)
    file = written(tmp_path, tests, workflow=workflow, sales=None)
    monkeypatch.chdir(tmp_path)
    report = wf.test(file, engine="both")
    assert [*differences(report), *codes(report)] == []
    assert not home.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.yaml", "report_test.yaml"]


def test_the_command_finds_tests_in_a_folder_and_ends_with_a_code_for_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, expecting("{frames: {data: [{region: north}, {region: east}]}}"))
    (tmp_path / "compose.yaml").write_text("services: {}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["test"]) == 1
    shown = capsys.readouterr().out
    assert "failed  report_test.yaml:2  revenue (polars" in shown
    assert ["frame", "data", "2", "region", "east", "south"] in [line.split() for line in shown.splitlines()]
    assert run_command_line(["test", "-k", "nothing like it"]) == 2
    assert run_command_line(["test", "compose.yaml"]) == 2


MESSAGES = """\
ir_version: "3.1"
goal: Tell everybody
data_sources:
  - {type: tabular, source: inline, alias: people, config: {rows: [{mail: a@b.example, name: Ada, due: 1}]}}
delivery_rules:
  per_item_delivery: {id: reminder, recipient_source: mail, subject: "Dear {{name}}", body_template: "You owe {{due}}."}
  summary_delivery: {id: overview, recipient: boss@b.example, subject: "{{count}} reminders"}
"""


def test_messages_are_compared_and_none_is_sent(tmp_path: Path) -> None:
    given = (
        "\n    sources: {people: [{mail: c@d.example, name: Cy, due: 20}, {mail: e@f.example, name: Eva, due: 30}]}\n"
    )
    expect = """
      deliveries:
        reminder:
          messages:
            - {recipient: c@d.example, subject: Dear Cy, body: You owe 20.}
            - {recipient: e@f.example, subject: Dear Eve}
        overview: {recipient: boss@b.example, subject: 3 reminders, body: [Eva, nobody], messages: 1}
"""
    report = wf.test(written(tmp_path, expecting(expect, given=given), workflow=MESSAGES), engine="both")
    assert [*codes(report)] == []
    assert differences(report) == {
        ("delivery reminder, message 2", None, "subject", "Dear Eve", "Dear Eva"),
        ("delivery overview", None, "subject", "3 reminders", "2 reminders"),
        ("delivery overview", None, None, "the text nobody", "a body without it"),
    }
