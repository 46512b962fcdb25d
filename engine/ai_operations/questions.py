"""Rows as questions: what of each is sent, file by file where a row has several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

from connectors.ai.answering import Answer, DocumentText, Item
from connectors.problem import ConnectorProblem
from engine.ai_operations.instructions import is_file
from engine.messages.json_rows import json_rows
from ir.records import dataclass
from ir.types import Schema
from transforms.expressions.polars_columns import all_exact, exact

if TYPE_CHECKING:
    from engine.ai_operations.documents import Documents, Read
    from engine.ai_operations.effect import AiEffect
    from engine.spool import Rows

AT_ONCE = 500
"""So many rows are asked about together; what was answered is remembered one by one."""
_WITH_FILES_AT_ONCE = 50
"""Of rows with files, whose texts are a million letters each at most, fewer: they are all in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Some rows, and what is asked about each: nothing of a row that says nothing, and of one whose file cannot be
    read there is an answer already, which says why."""

    first: int
    rows: pl.DataFrame
    items: list[Item | Answer | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The questions of one operation about its rows. `documents` reads the files among what is sent."""

    effect: AiEffect
    timezone: str
    documents: Documents | None

    def about_each(self, rows: Rows) -> Iterator[Asked]:
        """The rows in their order, some at a time; with a row for each file where files are gone through."""
        first = 0
        for batch in rows.batches():
            for at in range(0, batch.height, self._at_once):
                some = self._exploded(batch.slice(at, self._at_once))
                yield Asked(first=first, rows=some, items=self._items(some))
                first += some.height

    def about_all(self, rows: Rows) -> Iterator[dict[str, Any]]:
        """What is sent of each row, of a question about all of them; of a file its name and its text.

        Raises:
            ConnectorProblem: a file cannot be read.
        """
        for batch in rows.batches():
            for at in range(0, batch.height, self._at_once):
                sent = self._sent(batch.slice(at, self._at_once))
                texts = self._texts(sent)
                for row in sent:
                    for name in self._file_columns:
                        found = [texts[str(each["ref"])] for each in files_of(row[name])]
                        row[name] = [{"name": each.name, "text": each.text} for each in map(_readable, found)]
                    yield _finite(row)

    @property
    def _at_once(self) -> int:
        return _WITH_FILES_AT_ONCE if self._file_columns else AT_ONCE

    def _exploded(self, rows: pl.DataFrame) -> pl.DataFrame:
        """A row for each file, whose column is a list of that one; a row without files stays."""
        name = self.effect.exploded
        if name is None:
            return rows
        kind, cell = rows.schema[name], exact(name)
        single = rows.with_columns(pl.when(cell.list.len() > 0).then(cell).alias(name)).explode(cs.by_name(name))
        none = pl.lit([], dtype=kind)
        return single.with_columns(pl.when(cell.is_null()).then(none).otherwise(pl.concat_list(cell)).alias(name))

    def _items(self, rows: pl.DataFrame) -> list[Item | Answer | None]:
        sent = self._sent(rows)
        texts = self._texts(sent)
        return [self._item(each, texts) for each in sent]

    def _item(self, row: dict[str, Any], texts: Mapping[str, Read]) -> Item | Answer | None:
        documents: list[DocumentText] = []
        for name in self._file_columns:
            for each in files_of(row.pop(name)):
                read = texts[str(each["ref"])]
                if isinstance(read, ConnectorProblem):
                    return Answer(problem=read)
                documents.append(read)
        says_more = any(_says(each) for each in row.values())
        if not any(map(_says, (each.text for each in documents))) and (
            not says_more or self.effect.exploded is not None
        ):
            return None
        return Item(values=_finite(row), documents=tuple(documents))

    def _texts(self, sent: Sequence[Mapping[str, Any]]) -> Mapping[str, Read]:
        names = self._file_columns
        files = [each for row in sent for name in names for each in files_of(row[name])]
        return self.documents.read_all(files) if self.documents is not None and files else {}

    def _sent(self, rows: pl.DataFrame) -> list[dict[str, Any]]:
        """The columns that are sent, in the order in which the operation names them."""
        columns = Schema((name, self.effect.rows.schema[name]) for name in self.effect.sent)
        return json_rows(rows.select(all_exact(columns.names)), columns, timezone=self.timezone)

    @property
    def _file_columns(self) -> list[str]:
        return file_columns(self.effect)


def file_columns(effect: AiEffect) -> list[str]:
    """The columns with files among those that are sent."""
    return [name for name in effect.sent if is_file(effect.rows.schema[name])]


def files_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """The files of a cell: of one, or of a list of them."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Mapping) and each.get("ref"):
            yield each


def _readable(read: Read) -> DocumentText:
    if isinstance(read, ConnectorProblem):
        raise read
    return read


def _says(value: Any) -> bool:
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the words for numbers that JSON has none for."""
    return {name: str(each) if isinstance(each, float) and not math.isfinite(each) else each
            for name, each in row.items()}  # fmt: skip
