"""validate, plan and run on real workflows: what goes to stdout, what to stderr, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import run_command_line

WORKFLOW = """\
ir_version: "3.1"
name: regions
goal: Sum the paid orders of each region
runtime_inputs:
  - {name: least, type: number, default_value: 0}
data_sources:
  - {type: file, alias: orders, location: orders.csv}
transforms:
  - {id: paid, type: filter, config: {where: "status = 'paid' and amount > inputs.least"}}
  - {id: by_region, type: aggregate, config: {group_by: [region], aggregates: {orders: count(*), total: sum(amount)}}}
delivery_rules:
  file_delivery:
    - {id: totals, format: csv, destination: {path: out}, filename_template: "totals-{{run.date}}.csv"}
"""
ORDERS = "region,amount,status\nnorth,10,paid\nsouth,7,paid\nnorth,5,paid\nsouth,100,open\n"


@pytest.fixture
def workflow(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "regions.yaml").write_text(WORKFLOW)
    return tmp_path / "regions.yaml"


@pytest.fixture
def broken(workflow: Path) -> Path:
    """The same workflow with one slip: it groups by a column that does not exist."""
    workflow.write_text(WORKFLOW.replace("group_by: [region]", "group_by: [regoin]"))
    return workflow


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run_command_line([str(each) for each in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_validate_says_that_a_sound_file_has_no_problems(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "validate", workflow)
    assert (code, out) == (0, "")
    assert err == f"{workflow}: no problems\n"


def test_validate_points_at_the_slip(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "validate", broken)
    assert (code, out) == (2, "")
    assert f"--> {broken}:10:" in err
    assert "^^^^^^" in err
    assert 'did you mean "region"?' in err
    assert err.endswith(f"{broken}: 1 error\n")


def test_validate_tells_tools_everything_in_one_object(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = broken.with_name("sound.yaml")
    sound.write_text(WORKFLOW)
    code, out, err = called(capsys, "validate", sound, broken, "--format", "json")
    told = json.loads(out)
    assert (code, err) == (2, "")
    assert told["valid"] is False
    assert [(each["file"], each["line"], each["severity"]) for each in told["diagnostics"]] == [
        (str(broken), 10, "error")
    ]


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_a_file_that_is_not_there_is_told_in_words(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = called(capsys, command, tmp_path / "missing.yaml")
    assert (code, out) == (2, "")
    assert "no such file or directory" in err


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_a_folder_in_the_place_of_the_file_is_told_in_words(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = called(capsys, command, tmp_path)
    assert code == 2
    assert "is a directory" in err


def test_bytes_that_are_no_text_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "image.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00")
    code, _, err = called(capsys, "validate", tmp_path / "image.yaml")
    assert code == 2
    assert "error[IR1" in err


def test_plan_shows_steps_and_deliveries_and_writes_nothing(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(workflow.parent)
    code, out, _ = called(capsys, "plan", workflow)
    assert code == 0
    assert all(word in out for word in ("orders.csv", "paid", "by_region", "totals"))
    assert files_in(workflow.parent) == before


def test_plan_as_json_is_the_same_every_time(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, first, _ = called(capsys, "plan", workflow, "--format", "json", "--now", "2026-01-31")
    _, second, _ = called(capsys, "plan", workflow, "--format", "json", "--now", "2026-01-31")
    assert first == second
    kinds = [step["type"] for step in json.loads(first)["steps"]]
    assert kinds[0] == "source"
    assert kinds[-1] == "delivery"


def test_plan_as_sql_is_a_statement_for_the_current_frame(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "plan", workflow, "--format", "sql")
    assert code == 0
    assert "select" in out.lower()
    assert "group by" in out.lower()


def test_plan_of_a_frame_that_does_not_exist_names_those_that_do(
    workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = called(capsys, "plan", workflow, "--format", "sql", "--frame", "order")
    assert (code, out) == (2, "")
    assert "orders" in err


def test_plan_is_drawn_as_mermaid(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = called(capsys, "plan", workflow, "--format", "mermaid")
    assert out.startswith(("graph ", "flowchart "))


def test_plan_writes_html_to_a_file(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = workflow.with_name("plan.html")
    code, out, err = called(capsys, "plan", workflow, "--format", "html", "-o", page)
    assert (code, out) == (0, "")
    assert "<svg" in page.read_text()
    assert err == f"wrote {page}\n"


def test_a_plan_that_cannot_be_made_is_told_to_tools_as_json(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "plan", broken, "--format", "json")
    told = json.loads(out)
    assert code == 2
    assert told["status"] == "failed"
    assert told["diagnostics"][0]["code"].startswith("IR4")


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_run_delivers_and_ends_with_a_table(engine: str, workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "run", workflow, "--engine", engine, "--now", "2026-01-31T06:00:00Z")
    assert code == 0
    target = workflow.parent / "out" / "totals-2026-01-31.csv"
    assert target.read_text() == "region,orders,total\nnorth,2,15\nsouth,1,7\n"
    assert [line.split()[0] for line in out.splitlines() if line][:1] == ["step"]
    assert "totals" in out
    assert str(target.name) in out
    assert "succeeded in " in out
    assert f" on {engine} (" in out
    assert "totals: 2 rows to " in err


def test_run_as_json_is_one_object_with_the_agreed_keys(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "run", workflow, "--format", "json", "--input", "least=8")
    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert set(told) >= {"run_id", "workflow", "status", "engine", "engine_reason", "seconds", "cpu_seconds",
                         "peak_memory_bytes", "steps", "deliveries", "dead_letters", "warnings"}  # fmt: skip
    assert (told["workflow"], told["status"]) == ("regions", "succeeded")
    delivery = told["deliveries"][0]
    assert set(delivery) >= {"id", "step", "kind", "target", "rows", "bytes", "sha256", "status"}
    # Only the order of 10 is above 8: one row, north.
    assert (delivery["id"], delivery["rows"]) == ("totals", 1)
    assert {"name", "kind", "rows_in", "rows_out", "seconds", "attempts"} <= set(told["steps"][0])


def test_out_is_the_base_of_relative_destinations(
    workflow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    code, _, _ = called(capsys, "run", workflow, "--out", elsewhere, "--now", "2026-01-31")
    assert code == 0
    assert files_in(elsewhere) == ["out/totals-2026-01-31.csv"]


def test_a_dry_run_writes_nothing(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(workflow.parent)
    code, out, err = called(capsys, "run", workflow, "--dry-run")
    assert code == 0
    assert "by_region" in out
    assert "dry run: nothing was written or sent" in err
    assert files_in(workflow.parent) == before
    assert not (workflow.parent / "out").exists()


def test_quiet_leaves_stderr_empty(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "run", workflow, "-q")
    assert (code, err) == (0, "")


def test_an_existing_file_stops_the_run_before_anything_is_written(
    workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called(capsys, "run", workflow, "--now", "2026-01-31")
    target = workflow.parent / "out" / "totals-2026-01-31.csv"
    target.write_text("kept")
    code, out, err = called(capsys, "run", workflow, "--now", "2026-01-31")
    assert code in (1, 2)
    assert "exists" in out + err
    assert target.read_text() == "kept"


def test_an_input_that_does_not_exist_is_told(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "run", workflow, "--input", "lest=3")
    assert code == 2
    assert '"lest"' in err
    assert "least" in err


def test_what_only_later_versions_run_validates_but_is_refused_by_plan_and_run(
    workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow.write_text(WORKFLOW + "settings: {engine: spark}\n")
    assert called(capsys, "validate", workflow)[0] == 0
    for command in ("plan", "run"):
        code, out, err = called(capsys, command, workflow)
        assert (code, out) == (2, "")
        assert "error[IR290]" in err
        assert not (workflow.parent / "out").exists()


def run_on_a_terminal(*arguments: str, env: dict[str, str]) -> tuple[int, str]:
    """The exit code of a command and everything that it wrote on a terminal of its own."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "engine.cli", *arguments]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **env})
    os.close(slave)
    shown = b""
    while select.select([master], [], [], 60)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux tells the end of a terminal by EIO.
            break
        if not part:
            break
        shown += part
    os.close(master)
    return process.wait(timeout=60), shown.decode()


def test_a_terminal_gets_colour_and_a_moving_line(workflow: Path) -> None:
    code, shown = run_on_a_terminal("run", str(workflow), env={"TERM": "xterm-256color", "COLUMNS": "160"})
    assert code == 0
    assert "\x1b[1;32msucceeded" in shown
    assert "\x1b[?25l" in shown  # the cursor is hidden while the line moves


def test_no_color_turns_colour_off_on_a_terminal(broken: Path) -> None:
    colourful = run_on_a_terminal("validate", str(broken), env={"TERM": "xterm-256color"})[1]
    code, plain = run_on_a_terminal("validate", str(broken), env={"TERM": "xterm-256color", "NO_COLOR": "1"})
    assert code == 2
    assert "\x1b[1;31merror" in colourful
    assert "\x1b[1;31m" not in plain
    assert "\x1b[31m" not in plain


def test_words_for_a_pipe_have_no_colour(broken: Path) -> None:
    command = [sys.executable, "-m", "engine.cli", "validate", str(broken)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 2
    assert "\x1b" not in said.stderr


def test_a_dry_run_says_that_a_file_stands_in_the_way(workflow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workflow.parent / "out").mkdir()
    (workflow.parent / "out" / "totals-2026-01-31.csv").write_text("old")
    code, shown, words = called(capsys, "run", workflow, "--dry-run", "--now", "2026-01-31")
    assert (code, shown) == (1, "")
    assert "error[IR605]" in words


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_closed_stream_is_no_error(closed: str, workflow: Path) -> None:
    command = f'"{sys.executable}" -m engine.cli run "{workflow}" {closed}'
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert "error" not in ended.stderr


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_run_that_a_rule_stops_says_that_nothing_was_delivered(
    engine: str, workflow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = "validation_rules: [{field: amount, type: range, max: 50}]\ntransforms:"
    workflow.write_text(WORKFLOW.replace("transforms:", rule))
    code, out, err = called(capsys, "run", workflow, "--engine", engine, "--quiet")
    assert (code, out) == (1, "")
    *_, outcome, way = err.splitlines()
    assert outcome == "1 error; nothing was delivered"
    assert way.startswith("to go on with what is left: weirflow resume ")
    assert not (workflow.parent / "out").exists()


def test_a_plan_that_cannot_be_made_is_not_called_a_run(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "plan", broken)
    assert code == 2
    assert err.endswith("1 error; there is no plan to show\n")
