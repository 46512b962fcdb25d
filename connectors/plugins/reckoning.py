"""Filters that reckon with numbers and moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.plugins.filters import moment_of, of_list, of_one
from connectors.plugins.templating import MISSING, Compiles


def _from_epoch(scale: int) -> Compiles:
    def moment(value: Any) -> Any:
        try:
            found = datetime.fromtimestamp(float(value) / scale, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            return MISSING
        return _written(found)

    return of_one(moment)


def _integer(value: Any) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        return MISSING


def _add(value: Any, more: Any) -> Any:
    return value + more if isinstance(value, int | float) and isinstance(more, int | float) else MISSING


def _sum(values: Any) -> Any:
    return sum(each for each in values if isinstance(each, int | float)) if isinstance(values, list) else 0


def _least(*values: Any) -> Any:
    return min((each for each in values if isinstance(each, int | float)), default=MISSING)


def _gaps(busy: Any, start: Any, end: Any, minutes: Any = 0) -> list[dict[str, str]]:
    """The times between two moments that lists of {start, end} leave free, each at least so many minutes long."""
    taken = sorted((moment_of(each["start"]), moment_of(each["end"])) for each in _flat(busy))
    at, last = moment_of(start), moment_of(end)
    found = []
    for begins, ends in [*taken, (last, last)]:
        free_until = min(begins, last)
        if free_until - at >= timedelta(minutes=minutes or 0) and free_until > at:
            found.append({"start": _written(at), "end": _written(free_until)})
        at = max(at, ends)
    return found


def _flat(value: Any) -> Iterator[Any]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, list):
            yield from _flat(each)
        elif isinstance(each, Mapping):
            yield each


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


FILTERS: Mapping[str, Compiles] = {
    "$add": of_list(2, 2, _add),
    "$sum": of_one(_sum),
    "$least": of_list(1, 9, _least),
    "$integer": of_one(_integer),
    "$gaps": of_list(3, 4, _gaps),
    "$from_epoch": _from_epoch(1),
    "$from_epoch_ms": _from_epoch(1000),
}
