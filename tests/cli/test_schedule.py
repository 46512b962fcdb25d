"""`weirflow schedule next`: the coming times in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run_command_line

HEAD = """\
ir_version: "3.1"
name: orders
goal: Orders.
data_sources: [{type: tabular, source: inline, alias: rows, config: {rows: [{a: 1}]}}]
"""


def asked(capsys: pytest.CaptureFixture[str], folder: Path, schedule: str, *options: str) -> tuple[int, str, str]:
    (folder / "orders.yaml").write_text(HEAD + schedule)
    code = run_command_line(["schedule", "next", str(folder / "orders.yaml"), *options])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_coming_times_are_on_the_clock_of_the_schedules_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = "schedule: {type: cron, cron_expression: 30 1 * * *, timezone: America/New_York}\n"
    code, out, err = asked(capsys, tmp_path, schedule, "-n", "2", "--now", "2026-11-01")
    assert (code, out) == (0, "Sunday 2026-11-01 01:30 EDT\nMonday 2026-11-02 01:30 EST\n")
    assert err == "orders: cron 30 1 * * * in America/New_York\n"


def test_as_json_they_are_told_in_utc_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schedule = "settings: {timezone: Europe/Berlin}\nschedule: {type: interval, interval_minutes: 90}\n"
    _, out, _ = asked(capsys, tmp_path, schedule, "-n", "1", "--now", "2026-07-01T00:00", "--format", "json")
    assert json.loads(out) == {
        "workflow": "orders", "schedule": "every 90 minutes", "enabled": True, "timezone": "Europe/Berlin",
        "overlap": "skip", "catchup": "none", "ends_because": None,
        "times": [{"utc": "2026-06-30T23:00:00Z", "local": "2026-07-01T01:00:00+02:00"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("schedule: {type: cron, cron_expression: '@daily', end_date: 2026-01-31}\n",
         "there is none after that: its end_date is 2026-01-31"),
        ("schedule: {type: cron, cron_expression: '@daily', enabled: false}\n",
         "it is not enabled, so it never runs by itself"),
        ("schedule: {type: event, event: {workflow_finished: invoices}}\n",
         "an event starts it, so nobody knows when"),
    ],
)  # fmt: skip
def test_why_there_are_no_further_times_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], schedule: str, words: str
) -> None:
    code, _, err = asked(capsys, tmp_path, schedule, "--now", "2026-01-30T12:00")
    assert code == 0
    assert err.splitlines()[-1] == words


def test_a_workflow_without_a_schedule_is_told_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = asked(capsys, tmp_path, "")
    assert (code, out) == (2, "")
    assert "the workflow has no schedule" in err
    assert "cron_expression" in err


def test_a_plan_tells_the_schedule_and_its_next_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, tmp_path, "schedule: {type: cron, cron_expression: 0 6 * * 1-5, timezone: Europe/Berlin}\n")
    assert run_command_line(["plan", str(tmp_path / "orders.yaml"), "--now", "2026-01-30T12:00"]) == 0
    assert "schedule: cron 0 6 * * 1-5 in Europe/Berlin; next Monday 2026-02-02 06:00 CET" in " ".join(
        capsys.readouterr().out.split()
    )
