"""After a run that did all its deliveries: how far its sources were read is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from engine.increments.increments import Increment
from engine.increments.values import read, shown, written
from engine.journal.records import SavedCursor
from ir.diagnostics import Diagnostic
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.journal import Journal
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementResult:
    """How far a run came with one source. `until` is None where it read nothing new."""

    source: str
    cursor: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a pass over the sources came; saved when all deliveries are made of it."""

    cursors: tuple[SavedCursor, ...] = ()
    emptied: tuple[str, ...] = ()
    """Sources that a full refresh found empty, which start over."""
    results: tuple[IncrementResult, ...] = ()

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Reached:
        """What `as_json` has told."""
        return cls(cursors=tuple(SavedCursor(**each) for each in found["cursors"]), emptied=tuple(found["emptied"]),
                   results=tuple(IncrementResult(**each) for each in found["results"]))  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """All of it, for a later attempt at the run."""
        return asdict(self)


def reached(plan: Plan, run_id: str, read_relations: set[str]) -> Reached:
    """How far the incremental sources came that this run has read."""
    increments = plan.compiled.increments
    found, emptied = [], []
    for each in _read(plan, read_relations):
        came_to = each.came_to
        if came_to is not None:
            found.append(SavedCursor(
                workflow=plan.name, source=each.identity.key, cursor=each.cursor,
                origin=each.identity.origin, kind=each.kind,
                value=written(each.kind, came_to), run_id=run_id,
            ))  # fmt: skip
        elif increments.full_refresh:
            emptied.append(each.identity.key)
    return Reached(cursors=tuple(found), emptied=tuple(emptied), results=increment_results(plan, read_relations))


def save_cursors(plan: Plan, journal: Journal, came_to: Reached) -> None:
    """Save how far the sources came.

    A cursor that another run has brought further in the meantime stays, but for a full refresh.

    Raises:
        ConnectorProblem: IR596.
    """
    is_refresh = plan.compiled.increments.full_refresh
    journal.save_cursors(came_to.cursors, unless=lambda old, new: not is_refresh and _is_ahead(old, new))
    journal.forget_cursors(plan.name, came_to.emptied)


def increment_results(plan: Plan, read_relations: set[str]) -> tuple[IncrementResult, ...]:
    """What a run has to tell of its incremental sources."""
    timezone = plan.compiled.workflow.settings.timezone
    return tuple(
        IncrementResult(
            source=each.identity.name, cursor=each.cursor,
            since=None if each.start is None or each.start.value is None else shown(each.start.value, timezone),
            until=_until(each, timezone),
        )
        for each in _read(plan, read_relations)
    )  # fmt: skip


def _until(increment: Increment, timezone: str) -> str | None:
    came_to = increment.came_to
    if came_to is None:
        return None
    return f"number {len(came_to.seen):,}" if came_to.value is None else shown(came_to.value, timezone)


def null_warnings(plan: Plan) -> list[Diagnostic]:
    """Rows without a cursor value were read by this run, and will be by no other."""
    from ir.diagnostics import Problems

    problems = Problems(plan.compiled.document)
    for at, each in plan.compiled.increments.known.items():
        if each.nulls:
            message = f'{each.nulls:,} rows of "{each.identity.name}" have no {each.seen or each.cursor}: '
            message += "later runs take such rows for new" if each.seen else "no later run reads such rows"
            problems.warning("IR599", message, at=(*at, "config", "incremental", "seen" if each.seen else "cursor"),
                             hint="take a column that every row has")  # fmt: skip
        elif each.watch is not None and each.watch.nulls:
            message = f'some rows have no {each.cursor}: no later run reads such rows of "{each.identity.name}"'
            problems.warning("IR599", message, at=(*at, "config", "incremental", "cursor"),
                             hint="take a column that every row has")  # fmt: skip
    return problems.found


def _read(plan: Plan, read_relations: set[str]) -> list[Increment]:
    """The incremental sources that a run has read: the others stay where they were."""
    places = {relation.at for relation in plan.compiled.graph if relation.name in read_relations}
    return [
        each for at, each in plan.compiled.increments.known.items()
        if at in places or (each.watch is not None and each.watch.rows)
    ]  # fmt: skip


def _is_ahead(stored: SavedCursor, new: SavedCursor) -> bool:
    if (stored.cursor, stored.kind, stored.origin) != (new.cursor, new.kind, new.origin):
        return False
    one, other = read(stored.kind, stored.value), read(new.kind, new.value)
    if one.value == other.value:
        return one.seen > other.seen
    return bool(one.value > other.value)
