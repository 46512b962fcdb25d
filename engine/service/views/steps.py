"""The steps of a run: while it runs as its log tells them, once it is over as it wrote them down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field
from sqlalchemy import func, select

from engine.journal.journal import Journal
from engine.journal.tables import logs
from engine.run_folder import RUN_FILE
from engine.service.views.logs import LogLine, line_of
from engine.service.views.view import View

MOST_BYTES = 20_000_000
"""Of a run's own account that is read."""
StepWord = Literal["running", "finished", "stopped", "delivered", "incomplete", "failed", "skipped", "uncertain"]


class StepView(View):
    """One step of a run. Rows are null where nobody counted them."""

    name: str
    kind: str | None
    status: StepWord = Field(description="stopped is one that was under way when its run ended.")
    rows_in: int | None
    rows_out: int | None
    seconds: float | None
    attempts: int
    dead_letters: int
    started_at: str | None


def steps_of_run(journal: Journal, run_id: str, folder: Path | None, *, is_over: bool) -> list[StepView]:
    """The steps in the order in which they began; `folder` is the run's, where this machine can see it."""
    live = _told(journal, run_id, is_over=is_over)
    if not is_over or folder is None:
        return live
    began = {each.name: each for each in live}
    return _written(folder, began) or live


def _told(journal: Journal, run_id: str, *, is_over: bool) -> list[StepView]:
    """Of the last attempt. Only the last line of each kind of each step is looked at, however many there are."""
    own = (logs.c.tenant == journal.tenant) & (logs.c.run_id == run_id)
    attempt = select(func.max(logs.c.attempt)).where(own).scalar_subquery()
    last = (
        select(func.max(logs.c.number))
        .where(own & (logs.c.attempt == attempt) & (logs.c.step != ""))
        .group_by(logs.c.step, logs.c.kind)
    )
    asked = select(logs).where(own & (logs.c.attempt == attempt) & logs.c.number.in_(last)).order_by(logs.c.number)
    lines: dict[str, list[LogLine]] = {}
    with journal.looking() as connection:
        for each in map(line_of, connection.execute(asked).mappings()):
            lines.setdefault(each.step, []).append(each)
    return [_live(name, told, is_over=is_over) for name, told in lines.items()]


_ENDS = frozenset({"delivered", "incomplete", "failed", "skipped", "uncertain"})


def _live(name: str, told: Sequence[LogLine], *, is_over: bool) -> StepView:
    by_kind = {each.kind: each for each in told}
    ended = by_kind.get("delivery_finished") or by_kind.get("step_finished")
    began = by_kind.get("step_started")
    if ended is not None and began is not None and began.number > ended.number:
        ended = None  # it is done once more
    counted = ended or by_kind.get("rows")
    status: StepWord = "stopped" if is_over else "running"
    if ended is not None:
        status = ended.status if ended.status in _ENDS else "finished"  # type: ignore[assignment]
    return StepView(
        name=name, kind="delivery" if "delivery_finished" in by_kind else None, status=status, rows_in=None,
        rows_out=None if counted is None else counted.rows, seconds=None if counted is None else counted.seconds,
        attempts=1, dead_letters=0, started_at=None if began is None else began.at,
    )  # fmt: skip


def _written(folder: Path, began: dict[str, StepView]) -> list[StepView]:
    """What run.json says; nothing where it is not there, as of a run that was killed."""
    file = folder / RUN_FILE
    try:
        if file.stat().st_size > MOST_BYTES:
            return []
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    ended = {each["id"]: each["status"] for each in found.get("deliveries", ())}
    return [
        StepView(
            name=each["name"], kind=each["kind"], status=ended.get(each["name"], "finished"),
            rows_in=each.get("rows_in"), rows_out=each.get("rows_out"), seconds=each.get("seconds"),
            attempts=each.get("attempts", 1), dead_letters=each.get("dead_letters", 0),
            started_at=began[each["name"]].started_at if each["name"] in began else None,
        )
        for each in found.get("steps", ())
    ]  # fmt: skip
