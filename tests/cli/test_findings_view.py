import json

import pytest

from engine.cli.findings import coloured, count_of, print_failure, print_findings
from ir.diagnostics import Diagnostic, Place, render

LINE = "      group_by: [regoin]"
ERROR = Diagnostic(
    code="IR401",
    message='there is no column "regoin"',
    pointer=("transforms", 0, "config", "group_by", 0),
    place=Place(file="report.yaml", line=12, column=18, length=6, source_line=LINE),
    hint='did you mean "region"?',
    notes=("columns: region, amount",),
)
WARNING = Diagnostic(code="IR350", message='nothing reads "spare"', severity="warning")


def test_colour_adds_nothing_to_the_text() -> None:
    assert coloured(ERROR).plain == render(ERROR)


def test_carets_have_the_colour_of_the_severity() -> None:
    text = coloured(ERROR)
    start = text.plain.index("^^^^^^")
    assert any(span.start <= start < span.end and "red" in str(span.style) for span in text.spans)


def test_help_stands_out() -> None:
    text = coloured(ERROR)
    start = text.plain.index("help: ")
    assert any(span.start == start and "cyan" in str(span.style) for span in text.spans)


def test_what_could_steer_a_terminal_is_shown_as_an_escape() -> None:
    found = Diagnostic(code="IR201", message='"\x1b[2Jname" is no key')
    assert coloured(found).plain == 'error[IR201]: "\\x1b[2Jname" is no key'


def test_errors_are_printed_before_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings([WARNING, ERROR])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.index("error[IR401]") < captured.err.index("warning[IR350]")


def test_long_lines_are_not_wrapped_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    message = "seen " + "very " * 100 + "long"
    print_findings([Diagnostic(code="IR201", message=message)])
    assert message in capsys.readouterr().err


def test_a_failure_as_json_is_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    print_failure([ERROR], output_format="json")
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["status"] == "failed"
    assert found["diagnostics"][0]["code"] == "IR401"
    assert found["diagnostics"][0]["line"] == 12
    assert captured.err == ""


def test_findings_are_counted_by_severity() -> None:
    assert count_of([ERROR, ERROR, WARNING]) == "2 errors, 1 warning"
    assert count_of([WARNING, WARNING]) == "2 warnings"
    assert count_of([]) == "no problems"
