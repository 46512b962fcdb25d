"""The times of a cron or interval schedule, in UTC and in their order, right across changes of the clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim

from ir.cron import five_fields
from ir.model.schedule import Schedule
from ir.records import dataclass

_INSTANT = timedelta(microseconds=1)
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
"""What is before or behind them is them: instants that every zone can show."""
_LONGEST = timedelta(days=365_000)
_WINDOW = timedelta(hours=2)
_ORIGIN = datetime(2000, 1, 1)
"""Where intervals without a start_date are counted from, on the clock of their zone: every 60 minutes is each full
hour, and every 1440 each midnight of standard time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The last times up to a moment, the oldest first; `earlier` says whether there were more before them."""

    times: tuple[datetime, ...]
    earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of a schedule: those of its expression, or every so many minutes, within start_date and end_date.

    A cron time that the clock jumps over is made up for right after the jump, and one that the clock shows twice comes
    once, unless the minute or the hour of the expression begins with `*`: then it follows the clock. An interval is
    elapsed time, which no clock change touches.
    """

    zone: tzinfo
    begins: datetime | None = None
    ends: datetime | None = None
    """The last instant that counts."""
    fields: str | None = None
    interval: timedelta | None = None

    @classmethod
    def of(cls, schedule: Schedule, *, zone: str) -> Times | None:
        """The times of a schedule, whose own zone is before the workflow's; None for one that events start."""
        if schedule.type == "event":
            return None
        where = zone_of(schedule.timezone or zone)
        minutes = schedule.interval_minutes
        return cls(
            zone=where,
            begins=None if schedule.start_date is None else first_instant(schedule.start_date, where),
            ends=None if schedule.end_date is None else last_instant(schedule.end_date, where),
            fields=None if schedule.cron_expression is None else five_fields(schedule.cron_expression),
            interval=None if minutes is None else timedelta(minutes=min(minutes, _LONGEST // timedelta(minutes=1))),
        )

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Every time after the moment, which is not one of them."""
        start = moment.astimezone(UTC)
        if self.begins is not None:
            start = max(start, self.begins - _INSTANT)
        with suppress(OverflowError):  # behind the last day that there is
            for each in self._by_interval(start) if self.fields is None else self._by_cron(start):
                if self.ends is not None and each > self.ends:
                    return
                yield each

    def next(self, moment: datetime) -> datetime | None:
        """The first time after the moment; None where there is none any more."""
        return next(self.after(moment), None)

    def trail(self, after: datetime, until: datetime, *, most: int) -> Trail:
        """The last `most` times after one moment and up to another; a year of minutes costs no more than a day."""
        window = _WINDOW
        while True:
            start = max(after, until - window)
            found: deque[datetime] = deque(maxlen=most + 1)
            for each in self.after(start):
                if each > until:
                    break
                found.append(each)
            if start == after or len(found) > most:
                kept = tuple(found)[-most:]
                return Trail(times=kept, earlier=len(found) > most)
            window *= 4

    def _by_cron(self, start: datetime) -> Iterator[datetime]:
        assert self.fields is not None
        last = start
        for each in _Cron(self.fields, start.astimezone(self.zone)):
            due = each.astimezone(UTC)
            # Behind a change of the clock two times may fall together, and the first of an hour that comes twice may
            # lie before `start`.
            if due > last:
                yield due
                last = due

    def _by_interval(self, start: datetime) -> Iterator[datetime]:
        assert self.interval is not None
        origin = self.begins or _ORIGIN.replace(tzinfo=self.zone).astimezone(UTC)
        due = origin + ((start - origin) // self.interval + 1) * self.interval
        while True:
            yield due
            due += self.interval


class _Cron(CronSim):
    """Goes on to full hours: where the clock changes by half an hour, a whole hour would step across some minutes."""

    def advance_hour(self) -> bool:
        if self.dt.hour in self.hours:
            return False
        self.dt = self.dt.replace(minute=0, second=0)
        while self.dt.hour not in self.hours:
            self.tick(seconds=3600 - 60 * self.dt.minute)
            if self.dt.hour == 0:
                break
        return True


def zone_of(name: str) -> tzinfo:
    """The zone of that name, which the workflow's check knows."""
    return UTC if name == "UTC" else ZoneInfo(name)


def first_instant(text: str, zone: tzinfo) -> datetime:
    """The instant that a date begins at, or that a date with a time is; in the zone where it names none."""
    return _instant(text, zone)


def last_instant(text: str, zone: tzinfo) -> datetime:
    """The last instant of a date, or the one that a date with a time is."""
    day = _day(text)
    if day is None:
        return _instant(text, zone)
    if day >= _LAST.date():
        return _LAST
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC) - _INSTANT


def _instant(text: str, zone: tzinfo) -> datetime:
    found = datetime.fromisoformat(text)
    if not _FIRST.date() < found.date() < _LAST.date():
        return _FIRST if found.year == 1 else _LAST
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
