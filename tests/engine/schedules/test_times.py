"""The times of schedules, worked out by hand; in UTC, where no clock is changed.

Clocks in 2026: New York goes from 02:00 -05:00 to 03:00 -04:00 on 8 March and back from 02:00 to 01:00 on 1 November;
Berlin from 02:00 +01:00 to 03:00 +02:00 on 29 March and back from 03:00 to 02:00 on 25 October; Lord Howe from 02:00
+10:30 to 02:30 +11:00 on 4 October and back from 02:00 to 01:30 on 5 April.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from engine.schedules.times import Times
from ir.model.schedule import Schedule

NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"


def times(zone: str = "UTC", **schedule: Any) -> Times:
    if "cron_expression" in schedule:
        schedule["type"] = "cron"
    elif "interval_minutes" in schedule:
        schedule["type"] = "interval"
    found = Times.of(Schedule.model_validate(schedule), zone=zone)
    assert found is not None
    return found


def after(moment: str, count: int, found: Times) -> list[str]:
    start = datetime.fromisoformat(moment)
    assert start.tzinfo is not None
    return [f"{each:%Y-%m-%dT%H:%MZ}" for each in islice(found.after(start), count)]


@pytest.mark.parametrize(
    ("zone", "cron", "start", "expected"),
    [
        (NEW_YORK, "30 2 * * *", "2026-03-07T12:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:30Z"]),
        (BERLIN, "30 2 * * *", "2026-03-28T12:00Z", ["2026-03-29T01:00Z", "2026-03-30T00:30Z"]),
        (LORD_HOWE, "15 2 * * *", "2026-10-02T12:00Z",
         ["2026-10-02T15:45Z", "2026-10-03T15:30Z", "2026-10-04T15:15Z"]),
    ],
)  # fmt: skip
def test_a_time_that_the_clock_jumps_over_comes_right_after_the_jump(zone, cron, start, expected):
    assert after(start, len(expected), times(zone, cron_expression=cron)) == expected


@pytest.mark.parametrize(
    ("zone", "cron", "start", "expected"),
    [
        (NEW_YORK, "30 1 * * *", "2026-10-31T12:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]),
        (BERLIN, "30 2 * * *", "2026-10-24T12:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
        (LORD_HOWE, "45 1 * * *", "2026-04-04T12:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
    ],
)
def test_a_time_that_the_clock_shows_twice_comes_once(zone, cron, start, expected):
    assert after(start, len(expected), times(zone, cron_expression=cron)) == expected


@pytest.mark.parametrize(
    ("zone", "cron", "start", "expected"),
    [
        (NEW_YORK, "0 * * * *", "2026-11-01T04:30Z", ["2026-11-01T05:00Z", "2026-11-01T06:00Z", "2026-11-01T07:00Z"]),
        (NEW_YORK, "*/30 * * * *", "2026-03-08T06:15Z",
         ["2026-03-08T06:30Z", "2026-03-08T07:00Z", "2026-03-08T07:30Z"]),
        (BERLIN, "0 * * * *", "2026-03-29T00:30Z", ["2026-03-29T01:00Z", "2026-03-29T02:00Z"]),
        (NEW_YORK, "*/30 2 * * *", "2026-03-07T12:00Z", ["2026-03-09T06:00Z", "2026-03-09T06:30Z"]),
        (NEW_YORK, "*/30 1 * * *", "2026-10-31T12:00Z",
         ["2026-11-01T05:00Z", "2026-11-01T05:30Z", "2026-11-01T06:00Z", "2026-11-01T06:30Z", "2026-11-02T06:00Z"]),
        (LORD_HOWE, "0 * * * *", "2026-04-04T13:30Z", ["2026-04-04T14:00Z", "2026-04-04T15:30Z", "2026-04-04T16:30Z"]),
        (LORD_HOWE, "0 */6 * * *", "2026-04-04T13:30Z", ["2026-04-04T19:30Z", "2026-04-05T01:30Z"]),
        (LORD_HOWE, "*/20 2 * * *", "2026-04-04T13:30Z", ["2026-04-04T15:30Z", "2026-04-04T15:50Z"]),
        (LORD_HOWE, "0 * * * *", "2026-10-03T14:00Z", ["2026-10-03T14:30Z", "2026-10-03T16:00Z"]),
    ],
)  # fmt: skip
def test_a_star_follows_the_clock_through_a_change(zone, cron, start, expected):
    assert after(start, len(expected), times(zone, cron_expression=cron)) == expected


def test_a_report_at_six_on_weekdays_stays_at_six_on_the_clock():
    found = times("UTC", cron_expression="0 6 * * 1-5", timezone=BERLIN)
    assert after("2026-03-27T00:00Z", 2, found) == ["2026-03-27T05:00Z", "2026-03-30T04:00Z"]


def test_within_the_hour_that_comes_twice_the_time_of_its_first_pass_is_over():
    assert after("2026-11-01T06:15Z", 1, times(NEW_YORK, cron_expression="30 1 * * *")) == ["2026-11-02T06:30Z"]


def test_two_times_that_the_jump_puts_together_are_one():
    found = times(NEW_YORK, cron_expression="0,30 2,3 * * *")
    assert after("2026-03-08T05:00Z", 3, found) == ["2026-03-08T07:00Z", "2026-03-08T07:30Z", "2026-03-09T06:00Z"]


def test_an_interval_is_elapsed_time_whatever_the_clock_does():
    found = times(NEW_YORK, interval_minutes=1440)
    assert after("2026-03-07T00:00Z", 3, found) == ["2026-03-07T05:00Z", "2026-03-08T05:00Z", "2026-03-09T05:00Z"]


def test_an_interval_without_a_start_is_counted_from_midnight():
    assert after("2026-01-31T10:07Z", 3, times(interval_minutes=15)) == [
        "2026-01-31T10:15Z", "2026-01-31T10:30Z", "2026-01-31T10:45Z",
    ]  # fmt: skip


def test_an_interval_is_counted_from_its_start_date_on_the_clock_of_the_zone():
    found = times(BERLIN, interval_minutes=45, start_date="2026-01-31T07:30:00")
    assert after("2026-01-01T00:00Z", 2, found) == ["2026-01-31T06:30Z", "2026-01-31T07:15Z"]


def test_the_whole_of_the_end_date_counts():
    found = times(BERLIN, cron_expression="0 12 * * *", start_date="2026-02-02", end_date="2026-02-03")
    assert after("2026-01-01T00:00Z", 9, found) == ["2026-02-02T11:00Z", "2026-02-03T11:00Z"]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", NEW_YORK])
def test_dates_at_the_ends_of_the_calendar_stand_for_always_and_never(zone):
    always = times(zone, cron_expression="30 * * * *", start_date="0001-01-01", end_date="9999-12-31")
    assert after("2026-01-01T00:00Z", 1, always) == ["2026-01-01T00:30Z"]
    assert after("9999-12-31T23:45Z", 1, always) == []
    never = times(zone, interval_minutes=5, start_date="9999-12-31T23:00", end_date="9999-12-31T23:30")
    assert after("2026-01-01T00:00Z", 2, never) == ["9999-12-29T00:00Z"]
    assert after("2026-01-01T00:00Z", 1, times(zone, interval_minutes=2**62))[0].startswith("2999-05-0")


def test_a_time_at_the_very_start_and_at_the_very_end_counts():
    found = times(cron_expression="@hourly", start_date="2026-02-02T10:00:00+01:00", end_date="2026-02-02T11:00:00Z")
    assert after("2026-01-01T00:00Z", 9, found) == ["2026-02-02T09:00Z", "2026-02-02T10:00Z", "2026-02-02T11:00Z"]


@pytest.mark.parametrize(
    ("alias", "first"),
    [
        ("@hourly", "2026-02-03T11:00Z"),
        ("@daily", "2026-02-04T00:00Z"),
        ("@midnight", "2026-02-04T00:00Z"),
        ("@weekly", "2026-02-08T00:00Z"),
        ("@monthly", "2026-03-01T00:00Z"),
        ("@yearly", "2027-01-01T00:00Z"),
        ("@annually", "2027-01-01T00:00Z"),
        ("0 9 1 * 1", "2026-02-09T09:00Z"),
        ("0 9 L * ?", "2026-02-28T09:00Z"),
        ("0 9 * * fri#3", "2026-02-20T09:00Z"),
        ("0 9 29 2 *", "2028-02-29T09:00Z"),
    ],
)
def test_aliases_and_words_of_cron_mean_what_they_do_everywhere(alias, first):
    assert after("2026-02-03T10:30Z", 1, times(cron_expression=alias)) == [first]


def test_the_last_times_of_a_year_of_minutes_are_found_without_going_through_it():
    found = times(cron_expression="* * * * *")
    start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    trail = found.trail(start, end, most=3)
    assert ([f"{each:%H:%M}" for each in trail.times], trail.earlier) == (["23:58", "23:59", "00:00"], True)
    rare = times(cron_expression="0 0 1 7 *").trail(start, end, most=3)
    assert ([f"{each:%Y-%m-%d}" for each in rare.times], rare.earlier) == (["2025-07-01"], False)
