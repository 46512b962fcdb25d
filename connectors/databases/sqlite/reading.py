"""The rows of a statement, as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.databases.address import Address
from connectors.databases.cancelling import cancellable
from connectors.databases.database import Statement
from connectors.databases.sqlite.canonical import bindable, bindings
from connectors.databases.sqlite.opening import LOCK_TIMEOUT_MS, location, opened, problem_of
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLES = {"text": "''", "real": "0.0", "blob": "x''"}
"""A value of each storage class but the one that the driver takes a column without values for."""


def batches(address: Address, statement: Statement, *, batch_rows: int) -> Iterator[pl.DataFrame]:
    """The batches of the statement's rows.

    The driver gives a column the type that its first batch has, integer where all of that is null. A column that has
    other values behind so many nulls is read with a row before the first that shows them.

    Raises:
        ConnectorProblem: what SQLite or the driver said; IR533 for a value that is of another type than the first ones.
    """
    from adbc_driver_sqlite import dbapi

    values = [bindable(each) for each in statement.parameters]
    try:
        with dbapi.connect(location(address)) as connection, connection.cursor() as cursor, ExitStack() as stack:
            cursor.execute(f"pragma busy_timeout = {LOCK_TIMEOUT_MS}")
            stack.enter_context(cancellable(cursor.adbc_cancel))
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(batch_rows)})
            cursor.execute(statement.sql, values or None)
            reader = cursor.fetch_record_batch()
            first = next(iter(reader), None)
            if first is None:
                yield _frame(reader.schema.empty_table())
                return
            samples = _samples(address, statement, first) if len(first) == batch_rows else {}
            if samples:
                cursor.execute(_with_samples(statement.sql, first.schema.names, samples), values or None)
                reader = cursor.fetch_record_batch()
                first = next(iter(reader)).slice(1)
            yield _frame(first)
            for batch in reader:
                yield _frame(batch)
    except (dbapi.Error, OSError) as error:
        if "type mismatch" in str(error).lower():  # in a column where the first batch had only the other
            raise ConnectorProblem("IR533", "there are values that do not fit their columns' types",
                                   key=("database_config",)) from error  # fmt: skip
        raise problem_of(error, address) from error


def _samples(address: Address, statement: Statement, first: pa.RecordBatch) -> dict[str, str]:
    """A value for each column that is null in the whole first batch, and not of integers behind it."""
    names = [name for name, values in zip(first.schema.names, first.columns, strict=True)
             if values.null_count == len(values)]  # fmt: skip
    found: dict[str, str] = {}
    with opened(address) as connection:
        for name in names:
            quoted = name.replace('"', '""')
            told = connection.execute(
                f'select typeof("{quoted}") from ({statement.sql}) where "{quoted}" is not null limit 1',
                bindings(statement.parameters),
            ).fetchone()
            if told and told[0] in _SAMPLES:
                found[name] = _SAMPLES[told[0]]
    return found


def _with_samples(text: str, names: Sequence[str], samples: dict[str, str]) -> str:
    """The statement behind a row of samples; its limit of no rows keeps its order."""
    row = ", ".join(f'{samples.get(name, "null")} as "{name.replace(chr(34), chr(34) * 2)}"' for name in names)
    return f"select {row} union all select * from (select * from ({text}) limit -1)"


def _frame(batch: Any) -> pl.DataFrame:
    import pyarrow as pa

    try:
        batch.validate(full=True)  # SQLite does not look whether a text is UTF-8
    except pa.ArrowInvalid as error:
        raise ConnectorProblem("IR573", "a text in it is no UTF-8", key=("database_config",), notes=[str(error)],
                               hint='a query can read its bytes: select hex("name")') from error  # fmt: skip
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)
    return frame
