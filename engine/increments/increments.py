"""Where each incremental source starts: at what the journal says of the last run, else at its initial value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from connectors.files.newer import MODIFIED, NAME, newer_files, passed_over, reached
from connectors.incremental import Start, Watch
from connectors.problem import ConnectorProblem
from connectors.storage.stored import Stored
from engine.increments.identity import Identity
from engine.increments.lag import behind, read_lag
from engine.increments.values import SEEN, kind_of, read, shown
from engine.journal.records import SavedCursor
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.file_source import Incremental, ItemIncremental
from ir.records import dataclass
from transforms.expressions import convert_literal

_AT = ("config", "incremental")


@dataclass(slots=True, kw_only=True)
class Increment:
    """One incremental source: where it starts and why, and how far it comes."""

    identity: Identity
    cursor: str
    kind: str
    start: Start | None
    reason: str
    """Why it starts there: from the last run, its initial value …"""
    lag: Any = None
    saved: SavedCursor | None = None
    watch: Watch | None = None
    """Of a source whose rows tell how far it came; None for files, which are known beforehand."""
    files: Start | None = None
    """How far a run comes that reads the files, or that has fetched the items; None where none is new."""
    has_initial: bool = False
    seen: str | None = None
    """Of a service: the column that tells which of its items were read already."""
    came_from: Start | None = None
    """Where the last run came to, without the lag."""
    back: Any = None
    """The lag as a value that is taken off the cursor."""
    nulls: int = 0
    """Items without a value, or without the mark that tells them apart."""
    is_of_files: bool = False
    warnings: list[ConnectorProblem] = field(default_factory=list)

    def words(self, timezone: str) -> str:
        """What is read, for people."""
        what = {NAME: "name", MODIFIED: "last change"}.get(self.kind, self.cursor)
        rows = "files" if self.is_of_files else "rows"
        if self.start is not None and self.start.value is None:
            return f"only rows whose {what} no run has read, {self.reason}"
        if self.start is None:
            return f"every row for now: {self.reason}" if rows == "rows" else f"every file for now: {self.reason}"
        side = "at or after" if self.start.inclusive else "after"
        late = f", {self.lag} back for late {rows}" if self.lag is not None and self.saved is not None else ""
        known = f", without those that were read, told by {self.seen}" if self.seen is not None and self.saved else ""
        return f"only {rows} whose {what} is {side} {shown(self.start.value, timezone)}, {self.reason}{late}{known}"

    @property
    def has_cursor(self) -> bool:
        """Whether a column grows; else it is told what was seen already."""
        return self.kind != SEEN

    @property
    def came_to(self) -> Start | None:
        """How far the run came; None where it read nothing new."""
        if self.watch is None:
            return self.files
        return None if self.watch.highest is None else Start(value=self.watch.highest)


@dataclass(slots=True, kw_only=True)
class Increments:
    """The incremental sources of a plan by their places. The journal is looked into once, and only if there are any."""

    workflow: str
    timezone: str
    is_named: bool = True
    """Whether the workflow has a name of its own, by which its cursors are known."""
    full_refresh: bool = False
    looks: bool = True
    """Whether the journal may be asked; validate does not."""
    begun: Sequence[SavedCursor] | None = None
    """The cursors that a run which is gone on with began with; None where the journal says where sources start."""
    known: dict[Pointer, Increment] = field(default_factory=dict)
    _saved: dict[str, SavedCursor] | None = None

    def saved(self) -> dict[str, SavedCursor]:
        """The cursors of the last run by source.

        Raises:
            ConnectorProblem: IR596 where the journal cannot be read.
        """
        if self._saved is None:
            self._saved = self._present() if self.looks else {}
        return self._saved

    def warnings_at(self, at: Pointer) -> list[ConnectorProblem]:
        """What is to be said of where the source at this place starts; nothing of one that is not incremental."""
        found = self.known.get(at)
        return found.warnings if found is not None else []

    def of_files(
        self, at: Pointer, identity: Identity, settings: Incremental, stored: Sequence[Stored]
    ) -> list[Stored]:
        """The files that are new.

        Raises:
            ConnectorProblem: IR597 for settings that mean nothing for files.
        """
        if settings.cursor not in {NAME, MODIFIED}:
            raise _wrong(f'files have no "{settings.cursor}" that grows', "cursor", "write name or modified")
        kind = t.Datetime(zoned=True) if settings.cursor == MODIFIED else t.String()
        found = self._begun(identity, settings, settings.cursor, kind)
        found.is_of_files = True
        new = newer_files(stored, settings.cursor, found.start)
        found.files = reached(new, settings.cursor, found.start)
        if settings.cursor == NAME and found.saved is not None and found.start is not None:
            late = passed_over(stored, found.start, datetime.fromisoformat(found.saved.saved_at))
            if late:
                found.warnings.append(_late(late, found.start.value))
        self.known[at] = found
        return new

    def of_rows(
        self, at: Pointer, identity: Identity, settings: Incremental, kind: t.DataType
    ) -> tuple[Start | None, Watch]:
        """Where the rows start, and what watches how far they come.

        Raises:
            ConnectorProblem: IR597 for a column that no cursor can follow, or settings that do not fit it.
        """
        word = kind_of(kind)
        if word is None:
            raise _wrong(f"{settings.cursor} is {kind}, which no cursor can follow", "cursor",
                         "a cursor is a number, a date, a datetime or a text that grows")  # fmt: skip
        found = self._begun(identity, settings, word, kind)
        found.watch = Watch(cursor=settings.cursor)
        self.known[at] = found
        return found.start, found.watch

    def of_items(
        self, at: Pointer, identity: Identity, settings: ItemIncremental, kind: t.DataType | None
    ) -> Increment:
        """Where the items of a service start. `kind` is that of the cursor; None without one, where those are new
        that were not seen.

        Raises:
            ConnectorProblem: IR597 for a column that no cursor can follow, or settings that do not fit it.
        """
        word = SEEN if kind is None else kind_of(kind)
        if word is None:
            raise _wrong(f"{settings.cursor} is {kind}, which no cursor can follow", "cursor",
                         "a cursor is a number, a date, a datetime or a text that grows")  # fmt: skip
        if kind is not None and settings.seen is not None:
            word = f"{word} {SEEN}"
        found = self._begun(identity, settings, word, kind)
        found.seen = settings.seen
        self.known[at] = found
        return found

    def _begun(
        self, identity: Identity, settings: Incremental | ItemIncremental, kind_word: str, kind: t.DataType | None
    ) -> Increment:
        if not self.is_named:
            raise _wrong("a workflow that is in no file needs a name, by which its cursors are known", "cursor",
                         "write name: …")  # fmt: skip
        initial = None if kind is None else _initial(settings.initial, kind, self.timezone)
        lag = None if kind is None else _lag(settings.lag, kind_word.partition(" ")[0])
        cursor = settings.cursor or getattr(settings, "seen", None) or ""
        found = Increment(
            identity=identity,
            cursor=cursor,
            kind=kind_word,
            start=None,
            reason="",
            back=lag,
            has_initial=initial is not None,
        )
        saved = self.saved().get(identity.key)
        if self.full_refresh:
            found.reason = "as a full refresh reads"
        elif saved is not None and (change := _change(saved, found)) is not None:
            found.warnings.append(_unused(saved, change))
            found.reason = "as the cursor of the last run is not used"
        elif saved is not None:
            last, is_told = read(saved.kind, saved.value), SEEN in kind_word.split()
            if SEEN in saved.kind.split() and not is_told:
                last = Start(value=last.value)
            found.saved, found.start, found.came_from, found.reason = saved, last, last, "from the last run"
            if lag is not None:
                found.lag = settings.lag
                found.start = replace(last if is_told else Start(value=None), value=behind(last.value, lag))
                if initial is not None and initial > found.start.value:
                    found.start = replace(found.start, value=initial, inclusive=True)
            return found
        else:
            found.reason = "no run has come to its end yet"
        if initial is not None:
            found.start = Start(value=initial, inclusive=True)
            found.reason = "its initial value" if not (self.full_refresh or found.warnings) else found.reason
        return found

    def is_current(self) -> bool:
        """Whether no other run has come further since the journal was looked into."""
        return not self.known or not self.looks or self._present() == self.saved()

    def _present(self) -> dict[str, SavedCursor]:
        if self.begun is not None:
            return {each.source: each for each in self.begun}
        return present_cursors(self.workflow)

    def afresh(self) -> Increments:
        """The same before the journal was looked into."""
        return replace(self, known={}, _saved=None)


def present_cursors(workflow: str) -> dict[str, SavedCursor]:
    """What the journal says now. It is imported here: few workflows remember anything."""
    from engine.journal.journal import look_up_cursors

    return {each.source: each for each in look_up_cursors(workflow)}


def _change(saved: SavedCursor, found: Increment) -> str | None:
    """Why a saved cursor says nothing about this source any more; None where it does."""
    if saved.cursor != found.cursor:
        return f"it was of {saved.cursor}"
    origins = saved.origin, found.identity.origin
    if origins[0] != origins[1] and not all(each.startswith("query ") for each in origins):
        return f"it was of {saved.origin}"
    was, now = saved.kind.partition(" ")[0], found.kind.partition(" ")[0]
    if was != now:
        return "it was of another kind" if SEEN in (was, now) else f"{saved.cursor} was {was} then"
    try:
        read(saved.kind, saved.value)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return "it cannot be read"
    return None


def _unused(saved: SavedCursor, change: str) -> ConnectorProblem:
    return ConnectorProblem(
        "IR598", f'the last run\'s cursor of "{saved.source}" is not used: {change}', key=(*_AT, "cursor"),
        hint="this run starts over; give the source another alias to keep both",
    )  # fmt: skip


def _late(files: Sequence[Stored], last: str) -> ConnectorProblem:
    named = ", ".join(each.shown for each in files[:3]) + (", …" if len(files) > 3 else "")
    what, their = ("1 file", "its name does") if len(files) == 1 else (f"{len(files)} files", "their names do")
    return ConnectorProblem(
        "IR599", f"{what} changed since the last run will not be read, as {their} not come after {last}: {named}",
        key=(*_AT, "cursor"), hint="write cursor: modified, or run once with --full-refresh",
    )  # fmt: skip


def _initial(value: Any, kind: t.DataType, timezone: str) -> Any:
    if value is None:
        return None
    try:
        return convert_literal(value, kind, timezone=timezone)
    except ValueError as error:
        raise _wrong(str(error), "initial", f"write a {kind}, as the cursor is one") from error


def _lag(value: Any, kind: str) -> Any:
    if value is None:
        return None
    try:
        return read_lag(value, kind)
    except ValueError as error:
        raise _wrong(str(error), "lag", None) from error


def _wrong(message: str, key: str, hint: str | None) -> ConnectorProblem:
    return ConnectorProblem("IR597", message, key=(*_AT, key), hint=hint)
