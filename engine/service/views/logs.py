"""What runs told while they ran."""

from __future__ import annotations

from pydantic import Field
from sqlalchemy import RowMapping, and_, or_, select

from engine.journal.journal import Journal
from engine.journal.tables import logs
from engine.service.views.paging import PageProblem, cursor_of, key_of
from engine.service.views.view import View


class LogLine(View):
    """One event of a run; `rows` and `seconds` count from its step's start."""

    attempt: int
    number: int = Field(description="Counts up within the attempt.")
    at: str
    kind: str
    step: str
    rows: int
    seconds: float
    status: str
    text: str


class LogPage(View):
    """Some of what a run told, in its order."""

    lines: list[LogLine]
    next: str | None = Field(
        description="Give it as `after` to have what was told since: also behind the last line, while the run goes on."
    )


def log_page(journal: Journal, run_id: str, *, limit: int, after: str | None = None) -> LogPage:
    """What a run told, behind the line that `after` names.

    Raises:
        PageProblem: `after` is none that a page gave.
    """
    asked = select(logs).where((logs.c.tenant == journal.tenant) & (logs.c.run_id == run_id))
    if after is not None:
        attempt, number = _numbers(after)
        asked = asked.where(or_(logs.c.attempt > attempt, and_(logs.c.attempt == attempt, logs.c.number > number)))
    asked = asked.order_by(logs.c.attempt, logs.c.number).limit(limit)
    with journal.looking() as connection:
        found = [line_of(each) for each in connection.execute(asked).mappings()]
    last = found[-1] if found else None
    return LogPage(lines=found, next=after if last is None else cursor_of(str(last.attempt), str(last.number)))


def last_lines(journal: Journal, run_id: str, *, most: int) -> list[LogLine]:
    """The last things that a run told, in their order."""
    asked = select(logs).where((logs.c.tenant == journal.tenant) & (logs.c.run_id == run_id))
    asked = asked.order_by(logs.c.attempt.desc(), logs.c.number.desc()).limit(most)
    with journal.looking() as connection:
        return [line_of(each) for each in connection.execute(asked).mappings()][::-1]


def line_of(row: RowMapping) -> LogLine:
    shown = {name: value for name, value in row.items() if name not in {"tenant", "run_id"}}
    return LogLine(**{**shown, "seconds": float(row["seconds"] or 0)})


def _numbers(after: str) -> tuple[int, int]:
    attempt, number = key_of(after, parts=2)
    try:
        found = int(attempt), int(number)
    except ValueError:
        raise PageProblem("this is no cursor that a page has given") from None
    if not all(0 <= each < 2**31 for each in found):
        raise PageProblem("this is no cursor that a page has given")
    return found
