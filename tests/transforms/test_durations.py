"""Lengths of time: intervals beside durations, alone, and those of months, which have no length."""

from __future__ import annotations

from datetime import timedelta

import pytest

ROWS = [
    {"start": "2026-03-28T12:00:00", "end": "2026-03-30T13:30:00"},
    {"start": "2026-03-28T12:00:00", "end": "2026-03-28T12:59:59"},
    {"start": "2026-03-28T12:00:00", "end": None},
]
SCHEMA = {"start": "datetime", "end": "datetime"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"end" - start', [timedelta(days=2, hours=1, minutes=30), timedelta(minutes=59, seconds=59), None]),
        ("\"end\" - start >= interval '1' hour", [True, False, None]),
        ("\"end\" - start between interval '0' day and interval '2' day", [False, True, None]),
        ("coalesce(\"end\" - start, interval '90' minute) > interval '1' hour", [True, False, True]),
        ("\"end\" - start + interval '1' day", [timedelta(days=3, hours=1.5), timedelta(days=1, seconds=3599), None]),
        ("case when \"end\" is null then interval '1' day end", [None, None, timedelta(days=1)]),
        ("interval '2' day + interval '1' hour", [timedelta(days=2, hours=1)] * 3),
        ("interval '24' hour = interval '1' day", [True, True, True]),
        ("interval '90' day", [timedelta(days=90)] * 3),
    ],
)
def test_an_interval_beside_durations_is_what_it_lasts(on_both, text, expected):
    steps = [{"type": "map", "config": {"columns": {"found": text}, "select": ["found"]}}]
    assert [row["found"] for row in on_both(steps, ROWS, schema=SCHEMA)] == expected


def test_aggregates_take_intervals(on_both):
    aggregates = {
        "longest": """max("end" - start)""",
        "limit": "min(interval '1' hour)",
        "n": "count(interval '1' day)",
    }
    steps = [{"type": "reduce", "config": {"aggregates": aggregates}}]
    assert on_both(steps, ROWS, schema=SCHEMA) == [
        {"longest": timedelta(days=2, hours=1.5), "limit": timedelta(hours=1), "n": 3}
    ]


@pytest.mark.parametrize(
    "text", ["interval '1' month", "\"end\" - start > interval '1' year", "\"end\" - start + interval '1' month"]
)
def test_a_month_has_no_length(errors_of, text):
    [(code, message)] = errors_of([{"type": "map", "config": {"columns": {"found": text}}}], ROWS, schema=SCHEMA)
    assert code == "IR411"
    assert message.startswith("an interval of months has no length of its own")
