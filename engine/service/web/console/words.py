"""Numbers and moments as people read them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from engine.service.views.logs import LogLine
from ir.codes import CODES

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


_LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def meaning(code: str) -> Markup:
    """What a diagnostic code means and how to get past it; the pages that this names are those of the docs."""
    text = _LINK.sub(r"\1 (docs/\2)", CODES[code].explanation)
    parts = [str(escape(part)) for part in text.split("`")]
    return Markup("".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)))


def count(number: int | None, one: str = "", many: str = "") -> str:
    """1,234; with words also what is counted."""
    if number is None:
        return "–"
    noun = one if number == 1 else many or f"{one}s"
    return f"{number:,} {noun}" if one else f"{number:,}"


def size(number: int | None) -> str:
    """1.2 MB."""
    if number is None:
        return "–"
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    if unit == 0:
        return count(number, "byte")
    return f"{value:.3g} {_UNITS[unit]}"


def seconds(value: float | str | None) -> str:
    """0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if value is None or value == "":
        return "–"
    found = float(value)
    if found < 9.95:
        return f"{found:.2g} s" if found >= 0.1 else f"{found * 1000:.0f} ms"
    whole = round(found)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def duration(start: str | None, end: str | None) -> str:
    """How long it took from one instant to the other; to now where it has not ended."""
    if not start:
        return "–"
    until = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return seconds(max((until - datetime.fromisoformat(start)).total_seconds(), 0.0))


def moment(text: str) -> str:
    """An instant as 2026-01-31 14:30:05 UTC."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def shown(value: Any) -> str:
    """A value of a row or of an event: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def happening(event: str) -> str:
    """What a run was begun by, of the name under which it is looked for."""
    kind, _, name = event.partition(":")
    words = {"workflow_finished": "{} has ended well", "workflow_failed": "{} has failed", "event": "{} was sent",
             "file_arrived": "a file at {}"}  # fmt: skip
    return words[kind].format(name) if kind in words else event


def told(line: LogLine) -> str:
    """A line of a run's log."""
    took = f" in {seconds(line.seconds)}" if line.seconds else ""
    match line.kind:
        case "run_started":
            return line.text or "the run has begun"
        case "step_started":
            return f"{line.step}: begins"
        case "rows":
            return f"{line.step}: {count(line.rows, 'row')} so far"
        case "step_finished":
            return f"{line.step}: {count(line.rows, 'row')}{took}"
        case "delivery_finished":
            return f"{line.step}: {line.status or 'delivered'}, {count(line.rows, 'row')}{took}"
        case "run_finished":
            return f"the run has ended: {line.status}{took}" + (f" ({line.text})" if line.text else "")
        case _:
            return " ".join(each for each in (f"{line.step}:" if line.step else "", line.kind, line.text) if each)
