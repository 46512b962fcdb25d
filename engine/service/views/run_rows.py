"""The runs of a service in one line each: what was asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from pydantic import Field
from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select

from engine.journal.journal import Journal
from engine.journal.tables import runs, starts, workflows
from engine.service.store.starts import Cause
from engine.service.views.paging import USUAL, cursor_of, key_of
from engine.service.views.view import View, parsed, seconds_between
from ir.codes import CODES

RunWord = Literal["queued", "running", "succeeded", "incomplete", "failed", "cancelled"]
RUN_WORDS: tuple[RunWord, ...] = ("queued", "running", "succeeded", "incomplete", "failed", "cancelled")
"""How a run stands; incomplete is one that ended with dead letters or failed checks."""
OVER = frozenset({"succeeded", "incomplete", "failed", "cancelled"})


class RunProblem(View):
    """What a run ended with, beside its message; `docs/troubleshooting.md` has a page for each code."""

    code: str
    title: str | None = Field(description="What the code stands for; null for one of another version.")
    hint: str | None = Field(description="What would work.")
    place: str | None = Field(description="Where it stands in the workflow, as file:line:column.")


class RunRow(View):
    """One run in a list."""

    run_id: str
    workflow: str
    version: int = Field(description="Of the workflow.")
    status: RunWord
    cause: Cause = Field(description="Why it began.")
    about: dict[str, Any] = Field(description="What it was that it began for: the due time, the event, the other run.")
    asked_by: str = Field(description="The key, or the part of the service, that asked for it.")
    asked_at: str
    started_at: str | None
    finished_at: str | None
    seconds: float | None = Field(description="From its start to its end.")
    attempt: int = Field(description="How many workers have taken it up.")
    priority: int = Field(description="The smaller is first.")
    worker: str | None
    error: str | None = Field(description="Why it failed, or was cancelled.")
    problem: RunProblem | None = Field(description="More about the error, where it has a code.")
    engine: str | None
    is_stopping: bool = Field(description="Whether somebody has asked it to stop.")

    @property
    def is_over(self) -> bool:
        return self.status in OVER


class RunPage(View):
    """Some of the runs, the latest first."""

    runs: list[RunRow]
    next: str | None = Field(description="Give it as `after` to have the page behind this one; null on the last one.")


def status_word() -> ColumnElement[str]:
    """How a run stands, of its start and its own entry: once it is over its own entry knows better."""
    whole = and_(starts.c.cause == "replay", starts.c.status != "done")  # its own entry is of its first part
    ended = and_(runs.c.status.is_not(None), runs.c.status != "running")
    return case(
        (starts.c.status.in_(("queued", "running")), starts.c.status),
        (whole, starts.c.status),
        (ended, runs.c.status),
        (starts.c.status == "done", "succeeded"),
        else_=starts.c.status,
    )


_SHOWN = (
    starts.c.run_id, starts.c.workflow, starts.c.version, starts.c.cause, starts.c.about, starts.c.asked_by,
    starts.c.asked_at, starts.c.started_at, starts.c.finished_at, starts.c.attempt, starts.c.priority, starts.c.worker,
)  # fmt: skip


def _asked(journal: Journal) -> Select[Any]:
    own = and_(runs.c.tenant == starts.c.tenant, runs.c.run_id == starts.c.run_id)
    return (
        select(*_SHOWN, status_word().label("word"), starts.c.error, runs.c.error.label("own_error"), runs.c.engine,
               starts.c.problem, starts.c.cancel_asked_at.label("asked_to_stop_at"))
        .select_from(starts.outerjoin(runs, own))
        .where(starts.c.tenant == journal.tenant)
    )  # fmt: skip


def run_page(journal: Journal, *, workflow: str | None = None, statuses: Sequence[RunWord] = (),
             causes: Sequence[Cause] = (), since: str | None = None, until: str | None = None,
             limit: int = USUAL, after: str | None = None) -> RunPage:  # fmt: skip
    """The runs that were asked for from `since` on and before `until` (instants), the latest first.

    Raises:
        PageProblem: `after` is none that a page gave.
    """
    asked = _asked(journal)
    if workflow is not None:
        asked = asked.where(starts.c.workflow == workflow)
    if statuses:
        asked = asked.where(status_word().in_(statuses))
    if causes:
        asked = asked.where(starts.c.cause.in_(causes))
    if since is not None:
        asked = asked.where(starts.c.asked_at >= since)
    if until is not None:
        asked = asked.where(starts.c.asked_at < until)
    if after is not None:
        at, run_id = key_of(after, parts=2)
        asked = asked.where(or_(starts.c.asked_at < at, and_(starts.c.asked_at == at, starts.c.run_id < run_id)))
    asked = asked.order_by(starts.c.asked_at.desc(), starts.c.run_id.desc()).limit(limit + 1)
    with journal.looking() as connection:
        found = [_row(each) for each in connection.execute(asked).mappings()]
    last = found[limit - 1] if len(found) > limit else None
    return RunPage(runs=found[:limit], next=None if last is None else cursor_of(last.asked_at, last.run_id))


def run_row(journal: Journal, run_id: str) -> RunRow | None:
    """One run; None where nobody asked for it."""
    with journal.looking() as connection:
        found = connection.execute(_asked(journal).where(starts.c.run_id == run_id)).mappings().first()
    return None if found is None else _row(found)


def last_runs(journal: Journal, workflow: str | None = None) -> dict[str, RunRow]:
    """The latest run of each workflow that there is, or of the one that is named: one look into an index for each."""
    of_workflow = (starts.c.tenant == workflows.c.tenant) & (starts.c.workflow == workflows.c.workflow)
    last = (
        select(starts.c.run_id).where(of_workflow).order_by(starts.c.asked_at.desc()).limit(1)
        .correlate(workflows).scalar_subquery()
    )  # fmt: skip
    shown = select(last).select_from(workflows).where(workflows.c.tenant == journal.tenant)
    if workflow is not None:
        shown = shown.where(workflows.c.workflow == workflow)
    asked = _asked(journal).where(starts.c.run_id.in_(shown))
    with journal.looking() as connection:
        return {each["workflow"]: _row(each) for each in connection.execute(asked).mappings()}


def run_counts(journal: Journal, *, since: str) -> dict[str, int]:
    """How many runs are queued or running, and of those that were asked for since how many are done, failed or
    cancelled; from the index alone: incomplete ones are done."""
    is_shown = starts.c.status.in_(("queued", "running")) | (starts.c.asked_at >= since)
    asked = select(starts.c.status.label("word"), func.count().label("number")).where(
        (starts.c.tenant == journal.tenant) & is_shown
    )
    with journal.looking() as connection:
        found = connection.execute(asked.group_by(starts.c.status))
        counted: dict[str, int] = {each.word: each.number for each in found}
    return {word: counted.get(word, 0) for word in ("queued", "running", "done", "failed", "cancelled")}


def _row(row: RowMapping) -> RunRow:
    shown = {column.name: row[column.name] for column in _SHOWN}
    word = cast("RunWord", row["word"])
    shown["about"] = parsed(row["about"])
    if word == "queued":
        shown["worker"] = None
    return RunRow(
        **shown, status=word, error=_error(row, word), problem=_problem(row, word), engine=row["engine"],
        seconds=seconds_between(row["started_at"], row["finished_at"]),
        is_stopping=word in {"queued", "running"} and row["asked_to_stop_at"] is not None,
    )  # fmt: skip


def _error(row: RowMapping, word: RunWord) -> str | None:
    """Why it ended as it did: of a run that goes on, or has ended well since, an older reason says nothing."""
    if word not in {"failed", "cancelled"}:
        return None
    found: str | None = row["error"] or row["own_error"]
    return found


def _problem(row: RowMapping, word: RunWord) -> RunProblem | None:
    """What stands beside the error that is shown."""
    found = parsed(row["problem"]) if _error(row, word) else {}
    if not found:
        return None
    known = CODES.get(found["code"])
    return RunProblem(title=known.title if known else None, **found)
