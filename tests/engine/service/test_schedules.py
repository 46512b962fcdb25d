"""Runs that schedules ask for: on time, after downtime, and while the run before goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.journal.tables import schedules
from engine.service.store.starts import Start
from engine.service.store.workflows import forget_workflow
from tests.engine.service.stored import find_schedule
from tests.engine.service.ticking import Ticking

HOURLY = {"type": "cron", "cron_expression": "@hourly"}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticking:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    return Ticking(tmp_path, now="2026-01-31T06:30:00+00:00")


def due(starts: list[Start]) -> list[str]:
    """The times that runs are for, as 07:00."""
    return [json.loads(each.options)["now"][11:16] for each in starts]


def told(service: Ticking, workflow: str = "w") -> tuple[int, int, str]:
    found = find_schedule(service.journal, workflow)
    assert found is not None
    return found.progress.missed, found.progress.skipped, found.progress.told


def test_a_time_that_comes_asks_for_one_run_which_takes_the_time_for_its_now(service: Ticking) -> None:
    service.put("w", HOURLY)
    assert service.at("2026-01-31T06:59:59+00:00") == []
    [start] = service.at("2026-01-31T07:00:00.200+00:00")
    assert (start.workflow, start.cause, start.idempotency_key) == ("w", "schedule", "schedule:w:2026-01-31T07:00:00Z")
    assert json.loads(start.options) == {"now": "2026-01-31T07:00:00.000000+00:00"}
    assert service.queue.given == [start.run_id]
    assert service.later(seconds=1) == []


def test_a_month_end_report_that_was_missed_is_made_for_its_day(service: Ticking) -> None:
    delivery = {"file_delivery": {"format": "csv", "filename_template": "{{run.date}}.csv"}}
    service.put("w", {"type": "cron", "cron_expression": "@monthly", "catchup": "last"}, delivery_rules=delivery,
                settings={"timezone": "Europe/Berlin"})  # fmt: skip
    [start] = service.at("2026-02-03T12:00:00+00:00")
    service.carry_out(start)
    assert (service.folder / "2026-02-01.csv").read_text() == "a\n1\n"


def test_times_are_those_of_the_schedules_zone(service: Ticking) -> None:
    service.put("w", {"type": "cron", "cron_expression": "0 8 * * *", "timezone": "Europe/Berlin"})
    assert due(service.at("2026-01-31T07:00:01+00:00")) == ["07:00"]


@pytest.mark.parametrize(
    ("catchup", "expected", "missed"),
    [("none", [], 3), ("last", ["09:00"], 2), ("all", ["07:00", "08:00", "09:00"], 0)],
)
def test_what_was_missed_while_nothing_ran_is_made_up_for_as_catchup_says(
    service: Ticking, catchup: str, expected: list[str], missed: int
) -> None:
    service.put("w", {**HOURLY, "catchup": catchup, "overlap": "allow"})
    assert due(service.at("2026-01-31T09:30:00+00:00")) == expected
    assert told(service)[0] == missed
    assert due(service.at("2026-01-31T10:00:00+00:00")) == ["10:00"]


def test_a_time_that_is_seen_within_a_minute_is_not_missed(service: Ticking) -> None:
    service.put("w", HOURLY)
    assert due(service.at("2026-01-31T07:00:59+00:00")) == ["07:00"]
    assert due(service.at("2026-01-31T08:01:01+00:00")) == []
    assert told(service) == (1, 0, "1 time was missed from Saturday 2026-01-31 08:00 UTC on")


def test_all_makes_up_for_the_last_hundred_and_tells_how_many_are_lost(service: Ticking) -> None:
    service.put("w", {"type": "interval", "interval_minutes": 1, "catchup": "all", "overlap": "allow"})
    begun = service.at("2026-01-31T10:30:00+00:00")  # 240 minutes later
    assert (len(begun), due(begun)[0], due(begun)[-1]) == (100, "08:51", "10:30")
    assert told(service) == (140, 0, "140 times were missed from Saturday 2026-01-31 06:31 UTC on; 100 of them run now")


def test_times_that_are_made_up_for_follow_each_other_although_overlap_is_skip(service: Ticking) -> None:
    service.put("w", {**HOURLY, "catchup": "all"})
    [first] = service.at("2026-01-31T09:30:00+00:00")
    assert due([first]) == ["07:00"]
    assert service.later(minutes=1) == []
    service.end(first)
    [second] = service.later(seconds=1)
    service.end(second, "failed")
    assert due([second, *service.later(seconds=1)]) == ["08:00", "09:00"]


def test_skip_leaves_out_a_time_while_the_run_before_goes_on_and_counts_it(service: Ticking) -> None:
    service.put("w", HOURLY)
    [first] = service.at("2026-01-31T07:00:00+00:00")
    assert service.at("2026-01-31T08:00:00+00:00") == []
    assert told(service) == (0, 1, "2026-01-31T08:00:00.000000+00:00 was skipped: the run before goes on")
    service.end(first)
    assert service.at("2026-01-31T08:30:00+00:00") == []
    assert due(service.at("2026-01-31T09:00:00+00:00")) == ["09:00"]


def test_queue_runs_every_time_one_after_the_other(service: Ticking) -> None:
    service.put("w", {**HOURLY, "overlap": "queue"})
    [first] = service.at("2026-01-31T07:00:00+00:00")
    assert service.at("2026-01-31T08:00:00+00:00") == []
    assert service.at("2026-01-31T09:00:00+00:00") == []
    service.end(first)
    [second] = service.later(seconds=1)
    assert service.later(seconds=1) == []
    service.end(second)
    assert due([second, *service.later(seconds=1)]) == ["08:00", "09:00"]


def test_allow_runs_beside_the_run_before(service: Ticking) -> None:
    service.put("w", {**HOURLY, "overlap": "allow"})
    service.at("2026-01-31T07:00:00+00:00")
    assert due(service.at("2026-01-31T08:00:00+00:00")) == ["08:00"]


def test_a_run_that_somebody_started_by_hand_keeps_no_time_back(service: Ticking) -> None:
    service.put("w", HOURLY)
    service.ask("w")
    assert due(service.at("2026-01-31T07:00:00+00:00")) == ["07:00"]


@pytest.mark.parametrize("more", [{"enabled": False}, {"end_date": "2026-01-30"}, {"start_date": "2026-02-02"}])
def test_a_schedule_that_is_off_or_not_within_its_dates_runs_nothing(service: Ticking, more: dict[str, Any]) -> None:
    service.put("w", {**HOURLY, "catchup": "all", **more})
    assert service.at("2026-01-31T12:00:00+00:00") == []
    assert service.runs("w") == []


def test_a_schedule_with_other_words_starts_from_now_and_the_same_one_goes_on(service: Ticking) -> None:
    service.put("w", {**HOURLY, "catchup": "all"})
    service.now = service.now.replace(hour=8)
    service.put("w", {**HOURLY, "catchup": "all"}, description="the same schedule")
    assert due(service.at("2026-01-31T08:30:00+00:00")) == ["07:00"]
    service.put("w", {"type": "cron", "cron_expression": "15 * * * *", "catchup": "all", "overlap": "allow"})
    assert due(service.at("2026-01-31T09:20:00+00:00")) == ["09:15"]


def test_a_workflow_that_is_gone_runs_no_more(service: Ticking) -> None:
    service.put("w", HOURLY)
    forget_workflow(service.journal, "w")
    assert service.at("2026-01-31T07:00:00+00:00") == []
    assert find_schedule(service.journal, "w") is None


def test_a_schedule_that_cannot_be_read_says_so_and_keeps_no_other_from_running(service: Ticking) -> None:
    service.put("w", HOURLY)
    service.put("other", HOURLY)
    with service.journal.writing() as connection:
        worse = schedules.update().where(schedules.c.workflow == "w")
        connection.execute(worse.values(definition='{"timezone": "UTC", "schedule": {"type": "hourly"}}'))
    assert [each.workflow for each in service.at("2026-01-31T07:00:00+00:00")] == ["other"]
    with service.journal.looking() as connection:
        row = connection.execute(schedules.select().where(schedules.c.workflow == "w")).mappings().one()
    assert "its schedule cannot be read" in row["state"]


def test_a_clock_that_ran_ahead_keeps_no_schedule_waiting_once_it_is_right(service: Ticking) -> None:
    service.put("w", {**HOURLY, "end_date": "2026-12-31"})
    [first] = service.at("2026-01-31T09:00:01+00:00")
    service.end(first)
    service.at("2040-01-01T00:00:00+00:00")
    service.ticker.tidy(service.now.replace(year=2026, month=1, day=31, hour=8, minute=30))
    assert due(service.at("2026-01-31T09:00:01+00:00")) == []  # it has run already
    assert due(service.at("2026-01-31T10:00:01+00:00")) == ["10:00"]


def test_one_tick_begins_all_that_is_due(service: Ticking) -> None:
    for number in range(5):
        service.put(f"w{number}", HOURLY)
    assert [each.workflow for each in service.at("2026-01-31T07:00:00+00:00")] == [f"w{each}" for each in range(5)]
