"""The temporary table that rows are sent to, and what the server remarks on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from connectors.databases.mysql import table_statements as statements
from connectors.databases.mysql.batch_text import lines, literals, sent
from connectors.databases.mysql.loading import Session
from connectors.databases.mysql.offender import driver_errors, misfit_of, number_of
from connectors.databases.mysql.target_types import native_type
from connectors.databases.refusals import misfit, violated
from connectors.databases.writing import TableWrite, TargetTable
from connectors.problem import ConnectorProblem
from transforms.expressions.polars_columns import exact

_SENT_ROWS = 50_000
_NO_LINES = frozenset({1148, 3948, 3950, 4166})
"""LOAD DATA LOCAL is switched off, here or there."""


class Stage:
    """`count` rows so far; `distinct` of them are left where later ones replaced others."""

    def __init__(self, session: Session, write: TableWrite, target: TargetTable | None) -> None:
        self.write = write
        self.count = 0
        self.distinct = 0
        self.has_nulls = False
        """Whether a column that takes no null has some, which `merge` does not write."""
        self._session = session
        self._target = target
        self._natives = {name: self._native(name) for name in write.columns}
        self._sent = {name: sent(name, kind, self._natives[name]) for name, kind in write.columns.items()}
        self._hexadecimal = frozenset(name for name, each in self._sent.items() if each.is_hex)
        self._numbered = bool(write.keys) and write.ordered and not write.distinct
        self._takes_lines = True
        self._waiting: list[pl.DataFrame] = []
        found = session.row("select @@max_allowed_packet")
        self._max_bytes = int(found[0]) if found is not None else 1_000_000
        session.run(statements.stage_definition(write, target))

    def _native(self, name: str) -> str:
        found = self._target.column(name) if self._target is not None else None
        if found is not None:
            return found.native
        return native_type(self.write.columns[name], is_key=name in self.write.keys) or "longtext"

    def add(self, batch: pl.DataFrame) -> None:
        """Take rows; they are sent when there are enough of them.

        Raises:
            ConnectorProblem: IR636 for a null where none may be, IR637 for a value that its column cannot hold.
        """
        self._waiting.append(batch)
        if sum(each.height for each in self._waiting) >= _SENT_ROWS:
            self.send()

    def send(self) -> None:
        """Send the rows that wait."""
        rows = pl.concat(self._waiting) if self._waiting else None
        self._waiting = []
        if rows is None or not rows.height:
            return
        self._check(rows)
        prepared = rows.select(each.value.alias(name) for name, each in self._sent.items())
        if self._numbered:
            prepared = prepared.with_row_index(statements.ROW, offset=self.count)
        if not (self._takes_lines and self._load(rows, prepared)):
            self._insert(rows, prepared)
        self.count += rows.height

    def _load(self, rows: pl.DataFrame, prepared: pl.DataFrame) -> bool:
        """Whether the server took the lines; it does not take any where that is switched off."""
        statement = statements.load_statement(self.write, self._hexadecimal, numbered=self._numbered)
        try:
            warnings = self._session.load(statement, lines(prepared))
        except driver_errors() as error:
            if number_of(error) not in _NO_LINES:
                raise self._explained(error, rows, 0) from None
            self._takes_lines = False
            return False
        for _, number, said in warnings:
            raise self._misfit(number, said, rows, 0)
        return True

    def _insert(self, rows: pl.DataFrame, prepared: pl.DataFrame) -> None:
        head = statements.insert_literals(self.write, numbered=self._numbered)
        for before, text in literals(prepared, hexadecimal=self._hexadecimal, max_bytes=self._max_bytes):
            try:
                self._session.run(head + text)
            except driver_errors() as error:
                raise self._explained(error, rows, before) from None
            for _, number, said in self._session.warnings():
                raise self._misfit(number, said, rows, before)

    def _explained(self, error: Exception, rows: pl.DataFrame, before: int) -> Exception:
        if not re.search(r"for column .* at row \d+$", str(error.args[-1])):
            return error
        return self._misfit(number_of(error), str(error.args[-1]), rows, before)

    def _misfit(self, number: int, said: str, rows: pl.DataFrame, before: int) -> ConnectorProblem:
        """The problem that a warning is; `before` is how many rows came before the statement's first."""
        place = re.search(r"at row (\d+)$", said)
        row = rows.row(before + int(place[1]) - 1, named=True) if place is not None else None
        return misfit_of(number, said, self.write, self._natives, row)

    def _check(self, rows: pl.DataFrame) -> None:
        """What the server would take without a word, though it is not what it would give back."""
        self._check_nulls(rows)
        asked = [(name, said, wrong) for name, each in self._sent.items() for wrong, said in each.misfits]
        if not asked:
            return
        found = rows.select(wrong.any().alias(str(number)) for number, (_, _, wrong) in enumerate(asked)).row(0)
        for (name, said, wrong), is_found in zip(asked, found, strict=True):
            if is_found:
                row = rows.filter(wrong).row(0, named=True)
                raise misfit(self.write, name, self._natives[name], said, key=self._key(row), shown=row[name])

    def _check_nulls(self, rows: pl.DataFrame) -> None:
        if self._target is None or self.write.action == "delete":
            return
        required = [name for name in self.write.columns if self._takes_no_null(name)]
        counts = rows.select(exact(name).null_count() for name in required).row(0, named=True) if required else {}
        for name in (name for name, count in counts.items() if count):
            if self.write.strategy == "merge":
                self.has_nulls = True
                continue
            row = rows.filter(exact(name).is_null()).row(0, named=True)
            raise violated(self.write, "not null", column=name, key=self._key(row))

    def _takes_no_null(self, name: str) -> bool:
        found = self._target.column(name) if self._target is not None else None
        return found is not None and found.not_null

    def _key(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        return {name: row[name] for name in self.write.keys} or None
