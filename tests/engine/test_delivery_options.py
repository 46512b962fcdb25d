"""Options of a delivery that no writer could follow are told before a row moves, also by validate."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

SOURCE = {"type": "tabular", "source": "inline", "config": {"rows": [{"day": "2026-01-31"}], "schema": {"day": "date"}}}


def found(delivery: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    document = {"ir_version": "3.1", "goal": "deliver", "data_sources": [SOURCE],
                "delivery_rules": {"file_delivery": delivery}, **more}  # fmt: skip
    return [(each.code, each.message) for each in wf.validate(document)]


@pytest.mark.parametrize(
    ("format", "options", "code", "message"),
    [
        ("csv", {"encoding": "klingon"}, "IR610", '"klingon" is no encoding known here'),
        ("json", {"compression": "rar"}, "IR609", '"rar" is no compression known here'),
        ("parquet", {"compression": "bz2"}, "IR609", '"bz2" is no compression of a parquet file'),
        ("csv", {"delimiter": "\n"}, "IR604", '"\\n" cannot separate the fields of a CSV file'),
        ("xlsx", {"date_format": "%Q"}, "IR604", 'a date cannot be written as "%Q"'),
        ("txt", {"date_format": "dd.mm.yyyy"}, "IR604",
         'the pattern "dd.mm.yyyy" holds no word such as %d, so every date would show as it'),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_followed_is_an_error_when_compiled(format, options, code, message):
    assert found({"format": format, "options": options}) == [(code, message)]


def test_every_wrong_option_is_told_at_once():
    wrong = {"encoding": "klingon", "compression": "rar", "delimiter": '"'}
    assert [code for code, _ in found({"format": "csv", "options": wrong})] == ["IR604", "IR610", "IR609"]


def test_a_destination_that_no_file_system_knows_is_an_error_when_compiled():
    assert found({"format": "csv", "destination": {"path": "nosuch://bucket"}}) == [
        ("IR506", "nosuch:// locations cannot be written here")
    ]


def test_a_destination_whose_package_is_missing_stops_the_run_before_a_row_moves(tmp_path):
    files = [{"format": "json"}, {"format": "csv", "destination": {"path": "smb://host/folder"}}]
    document = {"ir_version": "3.1", "goal": "deliver", "data_sources": [SOURCE],
                "delivery_rules": {"file_delivery": files}}  # fmt: skip
    assert wf.validate(document) == []
    with pytest.raises(wf.WorkflowError, match="IR506"):
        wf.run(document, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_date_pattern_of_another_tool_is_told_instead_of_shown():
    shown = {"type": "format", "config": {"columns": {"day": {"style": "date", "pattern": "dd.mm.yyyy"}}}}
    assert [code for code, _ in found({"format": "html"}, transforms=[shown])] == ["IR405"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_csv_for_excel_has_the_marks_of_the_locale_and_no_formulas(engine, tmp_path):
    rows = [{"=name": "=1+1", "amount": 1.5}, {"=name": "b;c", "amount": -2.25}]
    rules = {"file_delivery": {"format": "csv", "options": {"profile": "excel"}}}
    document = workflow([inline("main", rows)], settings={"locale": "de-DE"}, delivery_rules=rules)
    result = wf.compile(document, engine=engine).run(out=tmp_path)
    assert result.status == "succeeded"
    [file] = tmp_path.glob("*.csv")
    assert file.read_bytes() == b"\xef\xbb\xbf'=name;amount\r\n'=1+1;1,5\r\n\"b;c\";-2,25\r\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_file_with_page_breaks_has_a_header_on_each_page(engine, tmp_path):
    rows = [{"number": each} for each in range(60)]
    rules = {"file_delivery": {"format": "txt", "options": {"page_breaks": True}}}
    document = workflow([inline("main", rows)], delivery_rules=rules)
    assert wf.compile(document, engine=engine).run(out=tmp_path).status == "succeeded"
    [file] = tmp_path.glob("*.txt")
    pages = file.read_text().split("\f")
    assert [each.split("\n")[0] for each in pages] == ["number", "number"]
    assert pages[1].endswith("page 2 of 2\n")


def test_page_breaks_stand_only_with_text_files():
    assert found({"format": "csv", "options": {"page_breaks": True}}) == [("IR602", "csv has no option page_breaks")]


def test_lines_of_several_columns_are_an_error_when_compiled():
    rules = {"file_delivery": {"format": "txt", "options": {"profile": "lines"}}}
    document = workflow([inline("main", [{"a": 1, "b": 2}])], delivery_rules=rules)
    [problem] = wf.validate(document)
    assert (problem.code, problem.message) == ("IR604", "profile lines writes one column, and this frame has 2")
    document["delivery_rules"]["file_delivery"]["columns"] = ["b"]
    assert wf.validate(document) == []
