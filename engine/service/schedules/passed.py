"""The times of a schedule that have come since it was last looked at: which to run, and which were missed."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile

from engine.schedules.times import Times
from engine.schedules.words import moment_words
from engine.service.schedules.occasions import Occasion
from engine.service.store.schedules import StoredSchedule, instant_text
from ir.records import dataclass

GRACE = timedelta(seconds=60)
"""A time that is seen so late is not missed: the service was busy, or was being started again."""
MOST_MADE_UP = 100
"""So many missed times `catchup: all` makes up for, the latest ones."""
_MOST_COUNTED = 10_000

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What has come due, the oldest first."""

    occasions: tuple[Occasion, ...]
    missed: int = 0
    """Times that nothing makes up for; at most a little over ten thousand are counted."""
    words: str = ""
    """What was missed, in words."""


def passed(stored: StoredSchedule, times: Times, *, now: datetime) -> Passed:
    """The times from `next_at` up to now, as the schedule's catchup has them."""
    assert stored.next_at is not None
    first = datetime.fromisoformat(stored.next_at)
    trail = times.trail(first - _INSTANT, now, most=MOST_MADE_UP)
    found = trail.times
    if not found:
        return Passed(occasions=())
    late = [now - each > GRACE for each in found]
    match stored.schedule.catchup:
        case "none":
            count = 0 if late[-1] else 1
        case "last":
            count = 1
        case "all":
            count = len(found)
    kept = tuple(
        _occasion(stored, due, is_made_up=is_late)
        for due, is_late in list(zip(found, late, strict=True))[len(found) - count :]
    )
    earlier = _count(times, first, found[0]) if trail.earlier else 0
    missed = earlier + len(found) - count
    if not missed:
        return Passed(occasions=kept)
    return Passed(occasions=kept, missed=missed, words=_words(times, first, missed, kept))


def _occasion(stored: StoredSchedule, due: datetime, *, is_made_up: bool) -> Occasion:
    return Occasion(
        key=f"schedule:{stored.workflow}:{due:%Y-%m-%dT%H:%M:%SZ}", cause="schedule", now=instant_text(due),
        about={"due": instant_text(due), **({"made_up": True} if is_made_up else {})}, is_made_up=is_made_up,
    )  # fmt: skip


def _count(times: Times, first: datetime, until: datetime) -> int:
    """How many times lie before the kept ones."""
    before = takewhile(lambda each: each < until, times.after(first - _INSTANT))
    return sum(1 for _ in islice(before, _MOST_COUNTED))


def _words(times: Times, first: datetime, missed: int, kept: tuple[Occasion, ...]) -> str:
    count = f"more than {_MOST_COUNTED:,}" if missed > _MOST_COUNTED else f"{missed:,}"
    which = "time was" if missed == 1 else "times were"
    rest = f"; {len(kept)} of them run now" if kept and kept[0].is_made_up else ""
    return f"{count} {which} missed from {moment_words(first, times.zone)} on{rest}"
