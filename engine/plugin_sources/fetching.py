"""Fetching the rows of an action page by page into a file, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.http.blocking import waited_for
from connectors.plugins.files import FileStore
from connectors.plugins.session import Session, open_session
from connectors.problem import ConnectorProblem
from connectors.values import plain
from engine.plugin_sources.newer import NewItems, limit_of
from engine.plugin_sources.reached import note_reached, take_reached
from engine.plugin_sources.relation import ApiRelation, place_of
from engine.run_folder import FILES

if TYPE_CHECKING:
    from connectors.plugins.account import PluginAccount
    from connectors.plugins.pace import Pace
    from connectors.plugins.plugin import Action

_SHOWN = 12
"""So many names stand in a message."""
VALUE = "value"
"""The column of items that are no objects."""


def fetch(source: ApiRelation, scratch: Path, pace: Pace | None = None) -> Path:
    """The file with the items of the source, one a line; it is made where it is not there yet.

    Raises:
        ConnectorProblem: the service does not give them, or nothing in them has a column that the source declares.
    """
    place = place_of(source.name, scratch)
    newer = _newer(source)
    if place.exists():
        if newer is not None:
            take_reached(place, newer.increment)
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(".part")
    session = open_session(source.action.plugin, source.account, files=FileStore(scratch / FILES), pace=pace)

    seen: set[str] = set()
    """The names in the items, as long as none of the declared columns is among them."""

    async def write() -> None:
        try:
            with beside.open("w", encoding="utf-8") as lines:
                async for page in session.pages(source.action, source.arguments):
                    if seen.isdisjoint(source.declared):
                        seen.update(name for item in page for name in _object(item))
                    lines.writelines(_lines(page if newer is None else newer.of(page), source.columns))
        finally:
            await session.close()

    waited_for(write())
    source.told[:] = getattr(session, "remarks", ())
    if source.declared and seen and seen.isdisjoint(source.declared):
        raise ConnectorProblem(
            "IR401", f'no item of "{source.name}" has any of the columns that its schema declares',
            key=("config", "schema"), notes=[f"the items have {', '.join(sorted(seen)[:_SHOWN])}"],
            hint="name the columns as the service does; items, where the action takes it, is the way to the rows",
        )  # fmt: skip
    if newer is not None:
        newer.check_limit()
        note_reached(place, newer)
        take_reached(place, newer.increment)
    os.replace(beside, place)
    return place


def _newer(source: ApiRelation) -> NewItems | None:
    increment = source.increment
    if increment is None:
        return None
    cursor = increment.cursor if increment.has_cursor else None
    return NewItems(increment=increment, cursor=cursor, kind=None if cursor is None else source.schema[cursor],
                    limit=limit_of(source.arguments))  # fmt: skip


def first_items(action: Action, account: PluginAccount, arguments: Mapping[str, Any], scratch: Path
                ) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    """The items of the first page that has any, or of none.

    Raises:
        ConnectorProblem: the service does not give them.
    """
    session: Session = open_session(action.plugin, account, files=FileStore(scratch / FILES))

    async def read() -> list[Mapping[str, Any]]:
        try:
            async for page in session.pages(action, arguments):
                if page:
                    return [_object(each) for each in page]
            return []
        finally:
            await session.close()

    return waited_for(read())


def _lines(items: Sequence[Any], columns: Sequence[str] | None) -> Iterator[str]:
    for item in items:
        row = _object(item)
        kept = row if columns is None else {name: row.get(name) for name in columns}
        yield json.dumps(plain(kept), ensure_ascii=False, default=str) + "\n"


def _object(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {VALUE: item}
