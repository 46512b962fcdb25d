"""Each example is run on both engines; what it delivers is compared with numbers from elsewhere."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema_rs
import openpyxl
import pyarrow
import pypdf
import pytest

from connectors.files.formats import FORMATS
from engine.api import compile as compile_workflow
from engine.api import run
from ir.diagnostics import WorkflowError
from ir.json_schema import workflow_schema
from ir.loading import load
from transforms.registry import TRANSFORMS

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = [
    "flights/flights",
    "logs/traffic",
    "hr/headcount",
    "survey/survey",
    "reconciliation/reconciliation",
    "price_list/price_list",
    "ledger/ledger",
    "management/management",
    "invoices/invoices",
    "template/template",
]
LOG_LINE = re.compile(r'(\S+) - - \[(.{14}).{12}\] "\S+ (\S+) HTTP/1.1" (\d{3}) (\S+) "(.*)" (\d+)$')


def prepared(name: str, folder: Path, *, script: str | None) -> Path:
    """A copy of an example in `folder`, its data made or fetched by its own script."""
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("data"))
    if script:
        subprocess.run([sys.executable, str(folder / script)], check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared("flights", tmp_path_factory.mktemp("examples") / "flights", script="fetch_data.py")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared("logs", tmp_path_factory.mktemp("examples") / "logs", script="make_logs.py")


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared("survey", tmp_path_factory.mktemp("examples") / "survey", script=None)


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared("hr", tmp_path_factory.mktemp("examples") / "hr", script=None)


def delivered(workflow: Path, out: Path, *, inputs: dict[str, str] | None = None) -> tuple[Path, Path]:
    """The folders that both engines filled, after a look that both filled them with the same files."""
    for engine in ("polars", "duckdb"):
        result = run(workflow, inputs=inputs, engine=engine, out=out / engine)
        assert result.status == "succeeded"
        assert all(each.status == "delivered" and each.bytes for each in result.deliveries)
    assert names(out / "polars") == names(out / "duckdb")
    return out / "polars", out / "duckdb"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def assert_same_tables(first: Path, second: Path, tables: Iterable[str]) -> None:
    """Equal row by row and cell by cell; averages may differ in their last digit, as engines add in another order."""
    for name in tables:
        ours, theirs = rows_of(first / name), rows_of(second / name)
        assert len(ours) == len(theirs), name
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.keys() == other.keys()
            for column, cell in mine.items():
                assert value_of(cell) == (
                    pytest.approx(value_of(other[column]), rel=1e-12) if is_fraction(cell) else other[column]
                ), f"{name}: {column}"


def is_fraction(cell: str) -> bool:
    return re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", cell) is not None


def value_of(cell: str) -> Any:
    return float(cell) if is_fraction(cell) else cell


def test_flights_agree_with_pandas_on_both_engines(flights: Path, tmp_path: Path) -> None:
    polars, duckdb = delivered(flights / "flights.yaml", tmp_path)
    assert names(polars) == ["punctuality.csv", "punctuality.json", "punctuality.pdf", "punctuality.xlsx",
                             "very-late-flights.csv", "very-late-flights.xlsx", "weather.csv"]  # fmt: skip
    assert_same_tables(polars, duckdb, ["punctuality.csv", "weather.csv", "very-late-flights.csv"])

    # The numbers are pandas's, from benchmarks/pandas_job.py.
    punctuality = rows_of(polars / "punctuality.csv")
    assert len(punctuality) == 16
    best = punctuality[0]
    assert (best["airline"], best["flights"], best["worst_delay"]) == ("Hawaiian Airlines Inc.", "342", "1272")
    assert float(best["on_time"]) == pytest.approx(0.8742690058479532)
    assert float(best["Oct"]) == 1.0
    assert sum(int(row["flights"]) for row in punctuality) == 336_776
    assert sum(int(row["cancelled"]) for row in punctuality) == 8_255
    assert json.loads((polars / "punctuality.json").read_text())[0]["airline"] == "Hawaiian Airlines Inc."

    fog = next(row for row in rows_of(polars / "weather.csv") if (row["origin"], row["conditions"]) == ("EWR", "fog"))
    assert fog["flights"] == "1970"
    assert float(fog["average_delay"]) == pytest.approx(26.704209950792784)

    late = rows_of(polars / "very-late-flights.csv")
    assert len(late) == 10_034
    assert late[0]["destination"] == "Honolulu Intl"
    assert late[0]["arr_delay"] == "1272"


def test_the_flights_report_is_formatted_in_xlsx_and_pdf(flights: Path, tmp_path: Path) -> None:
    run(flights / "flights.yaml", out=tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "punctuality.xlsx").active
    assert sheet is not None
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert "Hawaiian Airlines Inc." in cells
    share = next(cell for value, cell in cells.items() if isinstance(value, float) and 0.8742 < value < 0.8743)
    assert share.number_format == "0.0%"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "punctuality.pdf").pages)
    assert "Punctuality of flights from New York, 2013" in text
    assert "at most 15 minutes late" in text
    assert "87.4" in text


def test_an_input_moves_the_line_between_late_and_on_time(flights: Path, tmp_path: Path) -> None:
    run(flights / "flights.yaml", inputs={"late_minutes": "1272"}, out=tmp_path)
    shares = {row["airline"]: row["on_time"] for row in rows_of(tmp_path / "punctuality.csv")}
    assert set(shares.values()) == {"1.0"}


def test_logs_agree_with_a_loop_over_their_lines_on_both_engines(logs: Path, tmp_path: Path) -> None:
    polars, duckdb = delivered(logs / "traffic.yaml", tmp_path)
    assert names(polars) == ["days.xlsx", "hours.csv", "pages.html", "troubled-hours.json"]
    assert_same_tables(polars, duckdb, ["hours.csv"])

    requests, errors, sent = Counter[str](), Counter[str](), Counter[str]()
    for path in sorted((logs / "data").iterdir()):
        for line in text_of(path).splitlines():
            found = LOG_LINE.match(line)
            assert found
            _, hour, page, status, size, agent, _ = found.groups()
            if "bot" in agent.lower() or page == "/health":
                continue
            requests[hour] += 1
            errors[hour] += status >= "500"
            sent[hour] += int(size) if size != "-" else 0
    hours = rows_of(polars / "hours.csv")
    assert len(hours) == 240
    assert [int(row["requests"]) for row in hours] == list(requests.values())
    assert [int(row["errors"]) for row in hours] == [errors[hour] for hour in requests]
    assert [float(row["megabytes"]) for row in hours] == pytest.approx([sent[hour] / 1e6 for hour in requests])

    troubled = json.loads((polars / "troubled-hours.json").read_text())
    assert [each["hour"] for each in troubled] == ["2026-03-04T13:00:00", "2026-03-04T14:00:00", "2026-03-04T15:00:00"]
    assert "/api/orders/export" in (polars / "pages.html").read_text()
    sheet = openpyxl.load_workbook(polars / "days.xlsx").active
    assert sheet is not None
    counted = sum(cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int))
    assert counted == requests.total()


def text_of(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zst":
        content = pyarrow.CompressedInputStream(pyarrow.py_buffer(content), "zstd").read()
    return content.decode()


def test_headcount_keeps_the_latest_row_of_who_works_there_on_both_engines(hr: Path, tmp_path: Path) -> None:
    polars, duckdb = delivered(hr / "headcount.yaml", tmp_path)
    assert names(polars) == ["headcount-2026-06-30.pdf", "headcount-2026-06-30.xlsx", "people-2026-06-30.csv"]
    assert_same_tables(polars, duckdb, ["people-2026-06-30.csv"])

    # By hand: 26 people in the log, 8 of them left and one begins in September.
    people = rows_of(polars / "people-2026-06-30.csv")
    assert len(people) == 17
    assert [(row["name"], row["salary"], row["salary_rank"]) for row in people[:4]] == [
        ("Yusuf Rossi", "92106.00", "1"),
        ("Petra Rossi", "64005.00", "2"),
        ("Wanda Abel", "47545.31", "3"),
        ("Tomás Kaya", "40000.00", "4"),
    ]
    assert {row["name"]: row["department_name"] for row in people}['Zoë "Zo" Lund, MSc'] == "not assigned"
    # 92106.00 against (92106.00 + 64005.00 + 47545.31 + 40000.00) / 4 = 60914.0775
    assert float(people[0]["against_average"]) == pytest.approx(92106 / 60914.0775 - 1)

    sheet = openpyxl.load_workbook(polars / "headcount-2026-06-30.xlsx").active
    assert sheet is not None
    table = {row[0]: row[2:4] for row in sheet.iter_rows(values_only=True)}
    assert table["Engineering"] == (4, pytest.approx(243656.31))
    assert table["Finance"] == (3, pytest.approx(198519.34))
    assert table["Operations"] == (4, pytest.approx(298379.40))
    assert table["Sales"] == (5, pytest.approx(334470.70))


def test_headcount_as_of_an_earlier_day_sees_only_what_was_known_then(hr: Path, tmp_path: Path) -> None:
    run(hr / "headcount.yaml", inputs={"as_of": "2019-06-30"}, out=tmp_path)
    people = {row["name"]: row["salary"] for row in rows_of(tmp_path / "people-2019-06-30.csv")}
    # Goran Demir left in January 2019; Rosa Costa's second raise came in 2020.
    assert "Goran Demir" not in people
    assert people["Rosa Costa"] == "69870.00"
    assert people["Lena Groß"] == "93250.00"


def test_the_survey_agrees_with_a_count_of_its_forms_on_both_engines(survey: Path, tmp_path: Path) -> None:
    polars, duckdb = delivered(survey / "survey.yaml", tmp_path)
    tables = ["distribution-2026-09-30.csv", "favourable-2026-09-30.csv"]
    assert names(polars) == [*tables, "staff-survey-2026-09-30.pdf", "staff-survey-2026-09-30.xlsx"]
    for name in tables:
        assert (polars / name).read_bytes() == (duckdb / name).read_bytes()

    forms = {row["respondent"]: row for row in rows_of(survey / "answers.csv")}  # the later form of one person stays
    assert len(forms) == 342
    given = [(form["wave"], form["team"], question, int(form[question])) for form in forms.values()
             for question in ("q1", "q2", "q3", "q4", "q5", "q6") if form[question]]  # fmt: skip

    def share(wave: str, question: str, team: str | None = None) -> tuple[int, float]:
        answers = [each for when, whose, asked, each in given
                   if (when, asked) == (wave, question) and team in (None, whose)]  # fmt: skip
        return len(answers), sum(each >= 4 for each in answers) / len(answers)

    report = rows_of(polars / "favourable-2026-09-30.csv")
    assert [row["question"] for row in report] == ["q3", "q6", "q4", "q5", "q1", "q2"]
    for row in report:
        count, favourable = share("2026-09-30", row["question"])
        assert int(row["answers"]) == count
        assert float(row["favourable"]) == pytest.approx(favourable)
        assert float(row["change"]) == pytest.approx(favourable - share("2026-03-31", row["question"])[1])
        for team in ("Engineering", "Finance", "People", "Sales", "Support"):
            count, favourable = share("2026-09-30", row["question"], team)
            assert row[team] == "" if count < 8 else float(row[team]) == pytest.approx(favourable)
    assert [row["People"] for row in report].count("") == 1

    for row in rows_of(polars / "distribution-2026-09-30.csv"):
        counted = Counter(each for when, _, asked, each in given if (when, asked) == ("2026-09-30", row["question"]))
        assert [int(row[str(each)]) for each in range(1, 6)] == [counted[each] for each in range(1, 6)]

    sheet = openpyxl.load_workbook(polars / "staff-survey-2026-09-30.xlsx").active
    assert sheet is not None
    heading = next(row for row in sheet.iter_rows() if row[0].value == "theme")
    below = [sheet.cell(heading[0].row + 1, cell.column) for cell in heading]
    assert {cell.number_format for cell in below[6:]} == {"0%"}  # the teams' columns too


@pytest.mark.parametrize("name", NAMES)
def test_every_example_has_a_readme_that_names_its_command(name: str) -> None:
    readme = (EXAMPLES / name).parent / "README.md"
    assert f"weirflow run examples/{name}.yaml" in readme.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_example_fits_the_schema_that_editors_use(name: str) -> None:
    schema = workflow_schema(transforms={word: kind.config for word, kind in TRANSFORMS.items()}, formats=list(FORMATS))
    validator = jsonschema_rs.validator_for(schema)
    document = load(EXAMPLES / f"{name}.yaml").value
    assert [error.message for error in validator.iter_errors(document)] == []
    document["transforms"][0]["config"]["colums"] = {}
    assert not validator.is_valid(document)


RECONCILED = {
    # 1200.00 + 640.50 + 410.00 = 2250.50 match; 349.90 was paid as 349.09; 75.25 stands under a number of its own
    "summary.csv": """\
finding,invoices,booked,paid,difference
late,1,89.00,89.00,0.00
matched,3,2250.50,2250.50,0.00
not in the books,1,,75.25,75.25
not paid,1,75.25,,-75.25
other amount,1,349.90,349.09,-0.81
""",
    "differences.csv": """\
invoice,customer,booked_on,amount,payer,paid_on,paid,currency,difference,days,finding
INV-10002,Fjord Foods,2026-09-03,349.90,FJORD FOODS AS,2026-09-20,349.09,EUR,-0.81,17,other amount
INV-10003,Atlas,2026-09-04,89.00,ATLAS GMBH,2026-10-20,89.00,EUR,0.00,46,late
INV-10006,Harbour,2026-09-21,75.25,,,,,-75.25,,not paid
INV-10009,,,,HARBOUR CO,2026-10-01,75.25,EUR,75.25,,not in the books
""",
    "likely-pairs.csv": """\
invoice,customer,amount,paid_as,paid_by
INV-10006,Harbour,75.25,INV-10009,HARBOUR CO
""",
}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_ledger_and_the_statement_are_reconciled(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    result = run(EXAMPLES / "reconciliation" / "reconciliation.yaml", engine=engine, out=tmp_path / "out")
    assert (result.status, result.exit_code, result.dead_letters["count"]) == ("incomplete", 3, 2)
    for name, text in RECONCILED.items():
        assert (tmp_path / "out" / name).read_text() == text
    unclear = rows_of(tmp_path / "out" / "unclear.csv")
    assert [(row["invoice"], row["_reason"]) for row in unclear] == [
        ("INV-10004", "paid in another currency"), ("RENT OCTOBER", "no invoice number")
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(tmp_path / "out" / "differences.xlsx")["Differences"]
    assert [cell.value for cell in sheet["A"]][-4:] == ["INV-10002", "INV-10003", "INV-10006", "INV-10009"]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_invoice_that_stands_twice_stops_the_reconciliation(engine: str, tmp_path: Path) -> None:
    folder = prepared("reconciliation", tmp_path / "reconciliation", script=None)
    with (folder / "statement.csv").open("a") as statement:
        statement.write("INV-10005,NORTHWIND LTD,2026-10-03,640.50,EUR\n")
    with pytest.raises(WorkflowError, match="INV-10005"):
        run(folder / "reconciliation.yaml", engine=engine, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "files"),
    [("flights", ["punctuality.csv", "very-late-flights.csv", "weather.csv"]), ("traffic", ["hours.csv"])],
)
def test_the_plain_script_of_an_example_writes_the_files_of_its_run(
    name: str, files: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder: Path = request.getfixturevalue({"flights": "flights", "traffic": "logs"}[name])
    plan = compile_workflow(folder / f"{name}.yaml", engine="polars")
    (tmp_path / "script.py").write_text(plan.to_polars_code(), encoding="utf-8")
    subprocess.run([sys.executable, tmp_path / "script.py"], cwd=folder, check=True, capture_output=True, timeout=300)
    plan.run(out=tmp_path / "run")
    for each in files:
        assert (folder / each).read_bytes() == (tmp_path / "run" / each).read_bytes()
        (folder / each).unlink()
