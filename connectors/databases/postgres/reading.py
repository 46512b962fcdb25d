"""Rows of a statement over ADBC, in bounded memory; a reader that stops early stops the server's work too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import polars as pl

from connectors.databases.address import Address
from connectors.databases.cancelling import cancellable
from connectors.databases.database import Statement
from connectors.databases.postgres.connecting import reading_connection

_BATCH_BYTES = 4_000_000
"""Of what the server sends: a batch in Arrow's form takes about as much again."""


def batches(address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
    """The rows in batches, at least one: COPY gives them fastest, but takes no parameters, so that with some a
    cursor of the server does."""
    with reading_connection(address) as connection:
        cursor = connection.cursor()
        is_done = False
        try:
            rows = _by_cursor if statement.parameters else _by_copy
            with cancellable(cursor.adbc_cancel):
                yield from rows(cursor, statement, batch_rows)
            is_done = True
        finally:
            if not is_done:
                with suppress(Exception):
                    cursor.adbc_cancel()
            with suppress(Exception):
                cursor.close()


def _by_copy(cursor: Any, statement: Statement, batch_rows: int) -> Iterator[pl.DataFrame]:
    cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
    cursor.execute(statement.sql)
    reader = cursor.fetch_record_batch()
    yield _frame(reader.schema.empty_table())
    for batch in reader:
        yield _frame(batch)


def _by_cursor(cursor: Any, statement: Statement, batch_rows: int) -> Iterator[pl.DataFrame]:
    cursor.execute(f"declare weirflow_rows no scroll cursor for {statement.sql}", tuple(statement.parameters))
    cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
    while True:
        cursor.execute(f"fetch forward {int(batch_rows)} from weirflow_rows")
        frame = _frame(cursor.fetch_arrow_table())
        yield frame
        if frame.height < batch_rows:
            return


def _frame(rows: Any) -> pl.DataFrame:
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame
