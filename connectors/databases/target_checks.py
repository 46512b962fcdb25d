"""Whether a table has the columns that are sent to it, and takes their types."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.databases.fitting import cast_for, fits
from connectors.databases.refusals import no_table
from connectors.databases.writing import TableWrite, TargetDatabase, TargetTable
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean


def check_target(write: TableWrite, target: TargetTable | None, database: TargetDatabase) -> Iterator[ConnectorProblem]:
    """Everything that speaks against the delivery before a row is there."""
    if target is None:
        yield from (*_named(write, database), *_made(write, database)) if write.create else [no_table(write)]
        return
    yield from _made(write, database) if target.any_column else _unknown(write, target)
    yield from _types(write, target)
    if write.action in {"insert", "upsert"}:
        yield from _required(write, target)


def _named(write: TableWrite, database: TargetDatabase) -> Iterator[ConnectorProblem]:
    """Names that would be cut, or refused in the middle of the delivery."""
    table = write.table
    for name in [table.name, *([table.schema] if table.schema else [])]:
        if not database.can_name(name):
            yield ConnectorProblem("IR630", f"no table can be made that is called {table.shown}", key=("table",),
                                   hint=_NAMES)  # fmt: skip
    for name in write.columns:
        if not database.can_name(name):
            yield ConnectorProblem("IR631", f'no column can be made that is called "{name}"', key=("table",),
                                   hint=f"rename it before: {_NAMES}")  # fmt: skip


_NAMES = "PostgreSQL takes names of up to 63 bytes, MySQL of up to 64 characters without a blank at their end"


def _made(write: TableWrite, database: TargetDatabase) -> Iterator[ConnectorProblem]:
    for name, kind in write.columns.items():
        if database.native_type(kind, is_key=name in write.keys) is None:
            yield ConnectorProblem("IR632", f'no column that can be made holds "{name}", which is {kind}',
                                   key=("table",), hint="cast it to another type before, or leave it out (columns)",
                                   )  # fmt: skip


def _unknown(write: TableWrite, target: TargetTable) -> Iterator[ConnectorProblem]:
    names = [each.name for each in target.columns]
    listed = f"its columns: {', '.join(names[:12])}" + (", …" if len(names) > 12 else "")
    for name in write.columns:
        column = target.column(name)
        if column is None:
            hint = did_you_mean(name, names) or "leave it out (columns), or add it to the table"
            yield ConnectorProblem("IR631", f'{write.table.shown} has no column "{name}"', key=("table",), hint=hint,
                                   notes=[listed])  # fmt: skip
        elif column.generated and not _only_compared(name, write):
            hint = "leave the column out (columns)"
            if name in write.keys:
                hint = "take keys that can be written, or write operation: update, which adds no row"
            yield ConnectorProblem("IR631", f'the database itself makes the values of "{name}" in {write.table.shown}',
                                   key=("table",), hint=hint)  # fmt: skip


def _only_compared(name: str, write: TableWrite) -> bool:
    """Whether the delivery looks its rows up by the column and never sets it."""
    return name in write.keys and write.action in {"update", "delete"}


def _types(write: TableWrite, target: TargetTable) -> Iterator[ConnectorProblem]:
    for name, kind in write.columns.items():
        column = target.column(name)
        if column is None or fits(kind, column) or (column.generated and not _only_compared(name, write)):
            continue
        to = cast_for(kind, column)
        hint = f'put a step before it: {{type: map, config: {{cast: {{{name}: "{to}"}}}}}}' if to else None
        yield ConnectorProblem("IR632", f'"{name}" is {kind}, and the column of {write.table.shown} is {column.native}',
                               key=("table",), hint=hint)  # fmt: skip


def _required(write: TableWrite, target: TargetTable) -> Iterator[ConnectorProblem]:
    for column in target.columns:
        is_given = column.name in write.columns or column.has_default or column.generated
        if column.not_null and not is_given:
            yield ConnectorProblem("IR631", f'the column "{column.name}" of {write.table.shown} must have a value, '
                                   "and none is sent", key=("table",),
                                   hint="add it before, or give the column a default in the database")  # fmt: skip
