"""Whether a text is a cron expression, said so that a person can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
ALIASES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
           "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}  # fmt: skip
_LAST_DAYS = {31: (1, 3, 5, 7, 8, 10, 12), 30: (4, 6, 9, 11)}

_PERIODS = ("an hour", "a day", "a month", "a year", "a week")
_FINER = {"minute": (), "hour": (0,), "day of the month": (0, 1), "month": (0, 1, 2), "day of the week": (0, 1)}
"""The fields that count within what a field counts."""
_DAY, _WEEKDAY = 2, 4
_MINUTES = {"minute": 1, "hour": 60, "day of the month": 24 * 60}


def cron_problem(text: str) -> str | None:
    """What is wrong with the expression, or None."""
    if text.strip().startswith("@"):
        return None if text.strip().lower() in ALIASES else f'"{text}" is none of {", ".join(ALIASES)}'
    parts = text.split()
    if len(parts) != 5:
        return f"{len(parts)} fields where a cron expression has 5: minute, hour, day, month, day of the week"
    for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True):
        for item in part.split(","):
            problem = _item_problem(item, name, low, high, words)
            if problem:
                return problem
    return _never(parts[2], parts[3], parts[4]) or _refused(text)


def lone_steps(text: str) -> Iterator[tuple[str, str]]:
    """Steps of an expression without a problem that are too long for what they count in, so that one value is left:
    what each means, and what to write."""
    parts = five_fields(text).split()
    for index, (part, (name, low, high, words)) in enumerate(zip(parts, _FIELDS, strict=True)):
        for item in part.split(","):
            body, slash, step = item.partition("/")
            ends = [low, high] if body == "*" else [_number(each, low, words) for each in body.split("-")]
            if not slash or ends[0] is None or ends[-1] is None:
                continue
            first, last = ends[0], high if len(ends) == 1 else ends[-1]
            if name == "day of the week" and first == 0:
                last = min(last, 6)  # 7 is Sunday as well
            if first + int(step) <= last:
                continue
            message = (f'"{item}" in the {name} field is {first} alone: from {first} to {last} there is no room for a '
                       f"step of {int(step)}")  # fmt: skip
            yield message, _instead(parts, index, item, first, int(step))


def _instead(parts: list[str], index: int, item: str, first: int, step: int) -> str:
    """What to write, which runs at the times of the expression unless it says otherwise."""
    name = _FIELDS[index][0]
    other = {_DAY: _WEEKDAY, _WEEKDAY: _DAY}.get(index)
    if other is not None and parts[index].startswith("*") and not parts[other].startswith("*"):
        # a field of days that begins with * narrows the other one, where a number counts beside it
        days = _FIELDS[other][0].replace("day", "days", 1)
        return f'write a smaller step; "{first}" in its place would run on the {days} as well'
    if item[0] != "*" or not _is_once(parts, index):
        return f'write "{first}" if that is meant, else a smaller step'
    alone = f'write "{first}" for once {_PERIODS[index]}'
    if name not in _MINUTES:
        return alone
    return f"{alone}; every {step} {name.split()[0]}s is type: interval with interval_minutes: {step * _MINUTES[name]}"


def _is_once(parts: list[str], index: int) -> bool:
    """Whether one value of a field, all of which is an item, is one time in what the field counts through."""
    finer = _FINER[_FIELDS[index][0]]
    is_whole = all(part == "*" for each, part in enumerate(parts) if each != index and each not in finer)
    numbers = [_number(parts[each], _FIELDS[each][1], _FIELDS[each][3]) for each in finer]
    return is_whole and "," not in parts[index] and None not in numbers


def five_fields(text: str) -> str:
    """The expression in the five fields that it stands for; `?` is `*`."""
    return ALIASES.get(text.strip().lower(), text).replace("?", "*")


def _refused(text: str) -> str | None:
    """What the library that reckons the times says of it, where it knows more than the fields tell."""
    from datetime import UTC, datetime

    from cronsim import CronSim, CronSimError

    try:
        never = next(CronSim(five_fields(text), datetime(2000, 1, 1, tzinfo=UTC)), None) is None
    except CronSimError as error:
        if "day-of-month" in str(error) and "L" not in text.split()[2].upper():
            return f'"{text}" would never run: none of its months has such a day'
        return f'"{text}" has a {str(error).removeprefix("Bad ").replace("-", " ")} that is none'
    return f'"{text}" would never run' if never else None


def _item_problem(item: str, name: str, low: int, high: int, words: tuple[str, ...]) -> str | None:
    body, slash, step = item.partition("/")
    if slash and (not step.isascii() or not step.isdigit() or int(step) == 0):
        return f'"{item}" in the {name} field: the step after / is a number from 1'
    if body in {"*", "?"} or (name == "day of the month" and body.upper() in {"L", "LW"}):
        return None
    if name == "day of the week":
        body = re.sub(r"(?<=\d)[lL]$|(?<=\w)#[1-5]$", "", body)
    ends = [_number(each, low, words) for each in body.split("-")]
    if len(ends) > 2 or None in ends:
        return f'"{item}" in the {name} field is no number, range or *'
    numbers = [each for each in ends if each is not None]
    if any(not low <= each <= high for each in numbers):
        return f'"{item}" in the {name} field: from {low} to {high}'
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        return f'"{item}" in the {name} field runs backwards'
    return None


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    return words.index(text.upper()) + low if text.upper() in words else None


def _never(day: str, month: str, weekday: str) -> str | None:
    """A day that no month named has, such as 31 in February; with a day of the week cron takes either."""
    if not (day.isdigit() and month.isdigit() and weekday in {"*", "?"}):
        return None
    most = next((last for last, months in _LAST_DAYS.items() if int(month) in months), 29)
    return f"month {int(month)} has no day {int(day)}, so it would never run" if int(day) > most else None
