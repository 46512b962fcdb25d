"""Sources that are targets: a database that `data` is written to after the other deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.edge_cases import edge_case
from ir.diagnostics import Pointer
from ir.model.deliveries import DatabaseDelivery
from ir.model.source import Source
from ir.model.sources import DatabaseSource
from ir.model.workflow import Workflow

if TYPE_CHECKING:
    from engine.compiler import Compiler

_OPERATIONS = {"update": "update", "upsert": "upsert", "delete": "delete"}
"""All other words for writing add rows."""

PLACES: dict[tuple[str | int, ...], Pointer] = {
    ("table",): ("database_config", "table"),
    ("operation",): ("operation_type",),
    ("conflict_strategy",): ("operation_type",),
    ("key_fields",): ("config", "identifier_field"),
}
"""Where in such a source the keys of a database_delivery are written."""


def read_first(workflow: Workflow, source: Source) -> bool:
    """Whether the target is read as the reference before: rows of `data` whose key it has are then dropped."""
    is_database = isinstance(source, DatabaseSource) and source.database_config is not None
    return (
        source.is_destination and is_database and edge_case(workflow, "duplicate_records", "skip_execution") is not None
    )


def target_deliveries(compiler: Compiler) -> Iterator[tuple[Pointer, DatabaseDelivery]]:
    """What the targets among the sources are, as deliveries, each with the place of its source."""
    for index, source in enumerate(compiler.workflow.data_sources):
        if not (source.is_destination and isinstance(source, DatabaseSource)):
            continue
        at: Pointer = ("data_sources", index)
        made = _delivery(source, at, compiler)
        if made is not None:
            yield at, made


def _delivery(source: DatabaseSource, at: Pointer, compiler: Compiler) -> DatabaseDelivery | None:
    config = source.database_config
    connection = config.connection if config is not None else None
    kind = connection.plugin_key if connection is not None else source.plugin_key
    if config is None or config.table is None or kind is None:
        compiler.problems.error("IR202", "a target needs to know its database and its table", at=at,
                                hint="write database_config: {connection: {plugin_key: …}, table: …}")  # fmt: skip
        return None
    operation = _OPERATIONS.get(source.operation_type or "", "insert")
    reference = (connection.credentials_ref if connection is not None else None) or source.credentials_ref
    written = {
        "id": compiler.source_name(int(at[1])), "plugin_key": kind, "credentials_ref": reference, "table": config.table,
        "path": source.location if kind == "sqlite" and reference is None else None, "columns": config.columns,
        "operation": operation, "key_fields": _keys(source) if operation != "insert" else [],
        "depends_on": source.depends_on,
    }  # fmt: skip
    return DatabaseDelivery.model_validate({key: value for key, value in written.items() if value is not None})


def _keys(source: DatabaseSource) -> list[str]:
    config = source.config
    single = config.identifier_field if config is not None else None
    several = config.identifier_fields if config is not None else None
    return [single] if single else list(several or ["id"])
