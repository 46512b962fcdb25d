import os
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest

from engine.cli import main as entry
from engine.cli.main import run_command_line

WITHOUT_COVERAGE = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def weirflow(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)  # type: ignore[call-overload, no-any-return]


def test_help_names_every_command_and_costs_less_than_300_ms_of_cpu() -> None:
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        shown = weirflow("--help", env=WITHOUT_COVERAGE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert shown.returncode == 0
    assert all(f"\n  {name}" in shown.stdout for name in ("validate", "plan", "run", "schema", "list"))
    assert min(costs) < 0.3


def test_help_imports_no_engine() -> None:
    code = (
        "import sys; from engine.cli.main import run_command_line; run_command_line(['run', '--help']); "
        "sys.exit(', '.join({'polars', 'duckdb', 'pyarrow', 'sqlglot', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr.strip() == ""


def test_version_names_the_engines() -> None:
    shown = weirflow("--version")
    assert shown.returncode == 0
    assert shown.stdout.startswith("weirflow 0.1.0 (polars 2.")
    assert "duckdb 2." in shown.stdout


def test_an_unknown_command_is_answered_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["vaildate", "x.yaml"]) == 2
    assert 'there is no command "vaildate"; did you mean "validate"?' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "x.yaml", "--input", "region"], '"region" names no value; write --input name=value'),
        (["run", "x.yaml", "--input", "=north"], "names no value"),
        (["run", "x.yaml", "--input", "a=1", "--input", "a=2"], '"a" is given twice'),
        (["run", "x.yaml", "--now", "tomorrow"], '"tomorrow" is no ISO date or datetime'),
        (["run", "x.yaml", "--engine", "sqlite"], "'sqlite' is not one of 'auto', 'polars', 'duckdb'"),
        (["run", "x.yaml", "--format", "xml"], "'xml' is not one of 'text', 'json'"),
        (["run"], "Missing argument 'FILE'"),
        (["plan", "x.yaml", "--colour"], "No such option '--colour'"),
        (["list", "verbs"], "'verbs' is not one of"),
    ],
)
def test_a_slip_in_the_arguments_ends_with_2_and_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(arguments) == 2
    captured = capsys.readouterr()
    assert words in " ".join(captured.err.split())
    assert captured.out == ""


def test_a_file_in_the_place_of_the_out_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("")
    assert run_command_line(["run", "x.yaml", "--out", str(tmp_path / "out" / "today")]) == 2
    assert "is a file, not a folder" in " ".join(capsys.readouterr().err.split())


def failing(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "weirflow: interrupted"),
        (OSError(28, "No space left on device", "/data/report.csv"), 1, "/data/report.csv: no space left on device"),
        (MemoryError(), 1, "out of memory"),
        (ZeroDivisionError("division by zero"), 1, "this is a bug; WEIRFLOW_TRACEBACK=1 shows where it happened"),
    ],
)
def test_whatever_stops_a_command_becomes_words_and_an_exit_code(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "weirflow", failing(error))
    assert run_command_line([]) == code
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_developer_can_ask_for_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "weirflow", failing(ZeroDivisionError("division by zero")))
    monkeypatch.setenv("WEIRFLOW_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run_command_line([])


def test_a_reader_that_leaves_early_ends_the_command_quietly() -> None:
    process = subprocess.Popen([sys.executable, "-m", "engine.cli", "list", "formats", "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(timeout=60) == 141
    assert said == ""
