"""Options of a delivery that no writer could follow are told before a row moves, also by validate."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf

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
    files = [{"format": "json"}, {"format": "csv", "destination": {"path": "gdrive://folder"}}]
    document = {"ir_version": "3.1", "goal": "deliver", "data_sources": [SOURCE],
                "delivery_rules": {"file_delivery": files}}  # fmt: skip
    assert wf.validate(document) == []
    with pytest.raises(wf.WorkflowError, match="IR506"):
        wf.run(document, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_date_pattern_of_another_tool_is_told_instead_of_shown():
    shown = {"type": "format", "config": {"columns": {"day": {"style": "date", "pattern": "dd.mm.yyyy"}}}}
    assert [code for code, _ in found({"format": "html"}, transforms=[shown])] == ["IR405"]
