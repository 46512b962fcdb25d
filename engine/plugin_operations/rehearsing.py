"""The requests that the sources and operations of a plan would send, for a dry run: no service is asked."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from connectors.files.mended import MendedRelation
from connectors.files.relation import FileRelation
from connectors.http.blocking import waited_for
from connectors.inline import InlineRelation
from connectors.plugins.files import FileStore
from connectors.plugins.session import RenderedRequest, Session, open_session
from connectors.problem import ConnectorProblem
from connectors.rejects import RejectsRelation
from engine.plugin_operations.effect import PluginEffect
from engine.plugin_operations.meanings import Known
from engine.plugin_operations.row_taking import MOST_ROWS
from engine.plugin_operations.row_values import row_values
from engine.plugin_operations.units import Call, units_of
from engine.plugin_sources.relation import ApiRelation
from engine.spool import Spool
from ir.records import dataclass
from ir.redaction import HIDDEN, redacted

if TYPE_CHECKING:
    from connectors.plugins.account import PluginAccount
    from connectors.plugins.plugin import Action
    from engine.plan import Plan

_NO_CREDENTIALS = frozenset({"IR585", "IR586"})
SHOWN = 3
"""Calls of an operation that are shown."""
_AT_HAND = (FileRelation, InlineRelation, MendedRelation, RejectsRelation)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedCall:
    """One call: which one it is, and its requests, or why they cannot be told."""

    call: str
    requests: tuple[RenderedRequest, ...] = ()
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The first calls of an operation. `note` says what more there is to them."""

    step: str
    summary: str
    calls: tuple[RehearsedCall, ...] = ()
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = asdict(self)
        return found


def rehearsed(plan: Plan) -> list[Rehearsed]:
    """The requests of every source and operation, in the order in which they would be sent."""
    sources = [each.source for each in plan.compiled.graph if isinstance(each.source, ApiRelation)]
    deliveries = [getattr(each, "effect", None) for each in plan.compiled.outputs]
    effects = [*plan.compiled.effects, *deliveries]
    return [*map(_first_page, sources), *(_rehearsed(plan, each) for each in effects if isinstance(each, PluginEffect))]


def shown(found: Sequence[Rehearsed]) -> str:
    """The requests for people."""
    lines = ["requests"]
    for each in found:
        lines.append(f"  {each.step}: {each.summary}")
        for call in each.calls:
            lines.append(f"    {call.call}")
            lines += [f"      {line}" for request in call.requests for line in _request_lines(request)]
            if call.why_not is not None:
                lines.append(f"      {call.why_not}")
        if each.note is not None:
            lines.append(f"    {each.note}")
    return "\n".join(lines)


def _first_page(source: ApiRelation) -> Rehearsed:
    said = Rehearsed(step=source.name, summary=f"{source.description}, for its rows")
    with TemporaryDirectory(prefix="weirflow-") as scratch:
        try:
            session, missing = _session(source.action, source.account, Path(scratch))
        except ConnectorProblem as problem:
            return replace(said, note=problem.message)
        try:
            call = RehearsedCall(call="first", requests=tuple(session.rendered(source.action, source.arguments)))
        except ConnectorProblem as problem:
            call = RehearsedCall(call="first", why_not=problem.message)
        finally:
            with suppress(ConnectorProblem):
                waited_for(session.close())
    return replace(said, calls=(call,), note=None if missing is None else _made_up(missing))


def _rehearsed(plan: Plan, effect: PluginEffect) -> Rehearsed:
    said = Rehearsed(step=effect.id, summary=effect.summary)
    names = [each.name for each in (effect.rows, *effect.values) if each is not None]
    missing = _not_at_hand(plan, names)
    if missing is not None:
        return replace(said, note=f"its requests are made of what a run finds out: {missing}")
    with TemporaryDirectory(prefix="weirflow-") as scratch:
        calls, more = _calls(plan, effect, Path(scratch))
        try:
            session, missing = _session(effect.action, effect.account, Path(scratch))
        except ConnectorProblem as problem:
            return replace(said, note=problem.message)
        try:
            found = []
            for call in calls:
                try:
                    requests = session.rendered(effect.action, call.arguments(effect))
                    found.append(_first_rows(call, requests) if effect.stretch is not None
                                 else RehearsedCall(call=call.shown, requests=tuple(requests)))  # fmt: skip
                except ConnectorProblem as problem:
                    found.append(RehearsedCall(call=call.shown, why_not=problem.message))
        finally:
            with suppress(ConnectorProblem):
                waited_for(session.close())
    notes = ["and so on"] if more else [] if found else ["there are no rows"]
    if missing is not None:
        notes.append(_made_up(missing))
    return replace(said, calls=tuple(found), note="; ".join(notes) or None)


def _first_rows(call: Call, requests: Sequence[RenderedRequest]) -> RehearsedCall:
    """A call with the rows of a frame, of which the first are shown."""
    shown = tuple(replace(each, body=_shortened(each.body, call.count)) for each in requests)
    return RehearsedCall(call=f"{call.shown}, with {call.count:,} row{'s' if call.count != 1 else ''}", requests=shown)


def _shortened(value: Any, rows: int) -> Any:
    """The value with the first of the frame's rows, where they stand in it."""
    match value:
        case dict():
            return {name: _shortened(each, rows) for name, each in value.items()}
        case list() if len(value) == rows > SHOWN:
            return [*value[:SHOWN], f"… and {rows - SHOWN:,} more"]
        case list():
            return [_shortened(each, rows) for each in value]
    return value


def _made_up(missing: str) -> str:
    return f"{missing}; {HIDDEN} stands for them"


def _session(action: Action, account: PluginAccount, scratch: Path) -> tuple[Session, str | None]:
    """A session that sends nothing, and why what is secret in its requests is made up, where there is none.

    Raises:
        ConnectorProblem: the credentials cannot be read, or say something else than the plugin needs.
    """
    plugin, files = action.plugin, FileStore(scratch)
    try:
        return open_session(plugin, account, files=files), None
    except ConnectorProblem as problem:
        if problem.code not in _NO_CREDENTIALS:
            raise
        connection = plugin.manifest.connection
        parts = dict.fromkeys(connection.get("required", ()), HIDDEN)
        parts |= {"access_token": HIDDEN} if plugin.manifest.auth.needs_token else {}
        return open_session(plugin, replace(account, parts=parts), files=files), problem.message


def _calls(plan: Plan, effect: PluginEffect, scratch: Path) -> tuple[list[Call], bool]:
    """The first calls, and whether there are more."""
    timezone = plan.compiled.workflow.settings.timezone
    values: dict[str, list[Any]] = {}
    for frame in effect.values:
        [column] = frame.schema.names
        rows = plan.preview(frame.name, rows=1000)
        values[frame.name] = [each[column] for each in row_values(rows, [column], frame.schema, timezone=timezone)]
    known = Known(roots=plan.compiled.words.roots(), frames=values)
    spool: Spool | None = None
    if effect.rows is not None:
        spool = Spool(scratch / "rows", effect.rows.schema)
        most = effect.taking.most if effect.taking is not None else 1000 if effect.groups else SHOWN
        most = most if effect.stretch is None else effect.stretch.most or MOST_ROWS
        spool.add(plan.preview(effect.rows.name, rows=most + 1))
    found = list(islice(_flat(effect, spool, known, timezone), SHOWN + 1))
    return found[:SHOWN], len(found) > SHOWN


def _flat(effect: PluginEffect, spool: Spool | None, known: Known, timezone: str) -> Iterator[Call]:
    for unit in units_of(effect, spool, known, timezone=timezone):
        for calls in unit.calls:
            yield from (each for each in calls if not each.is_empty)


def _not_at_hand(plan: Plan, names: Sequence[str]) -> str | None:
    """The first source of the relations that only a run reads."""
    graph = plan.compiled.graph
    for name in graph.needed(names):
        relation = graph[name]
        if relation.source is not None and not isinstance(relation.source, _AT_HAND):
            return f"{relation.step or relation.name}"
    return None


def _request_lines(request: RenderedRequest) -> Iterator[str]:
    yield f"{request.method} {request.url}"
    yield from (f"  {name}: {value}" for name, value in request.headers.items())
    if request.body is not None:
        text = request.body if isinstance(request.body, str) else json.dumps(
            redacted(request.body), ensure_ascii=False, default=str)  # fmt: skip
        yield from (f"  {line}" for line in textwrap.wrap(text, 400) or [""])
