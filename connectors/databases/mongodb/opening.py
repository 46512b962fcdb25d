"""A MongoDB source, opened: a sample of the documents tells the columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.bad_rows import BadRowRule
from connectors.databases.address import Address
from connectors.databases.mongodb.client import database_of
from connectors.databases.mongodb.newer import new_documents
from connectors.databases.mongodb.query import Query
from connectors.databases.mongodb.relation import Key, MongoRelation
from connectors.databases.mongodb.request import BrokenDocument, Request, documents_of
from connectors.databases.mongodb.sampled import sampled_types
from connectors.databases.newer import Begun, check_limit
from connectors.problem import ConnectorProblem
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.model.sorting import SortKey
from ir.model.sources import DatabaseSource

if TYPE_CHECKING:
    from pymongo.collection import Collection

SAMPLE = 1000
"""So many documents tell the columns and their types."""
_UNKNOWN_DOCUMENTS = 1_000_000


def open_mongodb(source: DatabaseSource, address: Address, query: Query, *, name: str, begun: Begun | None = None,
                 ) -> MongoRelation:  # fmt: skip
    """The relation of a collection; a sample of its documents is read.

    Raises:
        ConnectorProblem: IR58x where it cannot be reached or refuses the query, IR570 for an unknown collection,
            IR521 for an unknown column, IR525 where neither documents nor a schema tell any column.
    """
    config, own = source.database_config, source.config
    assert config is not None
    assert config.table is not None
    written = (own.columns_schema if own else None) or {}
    declared = {column: t.parse_type(text) for column, text in written.items()}
    with database_of(address, config.table, key=query.key) as database:
        collection = database[config.table]
        sample = _sample(collection, query)
        if not sample and query.keeps_documents:
            sample = _sample(collection, Query())
        if not sample and not declared:
            _check_exists(database.list_collection_names(), config.table, address)
        count = _count(collection) if query.pipeline is None else None
    keys = _keys(sample, declared)
    chosen = _chosen(keys, config.columns, config.table, declared)
    for index, each in enumerate(config.order_by):
        _check_known(each.field, keys, config.table, ("database_config", "order_by", index))
    documents = count if count is not None else _UNKNOWN_DOCUMENTS if len(sample) >= SAMPLE else len(sample)
    if config.limit is not None:
        documents = min(documents, config.limit)
    found = MongoRelation(
        name=name, address=address, collection=config.table, query=query, keys=chosen,
        order=tuple(config.order_by), limit=config.limit, offset=config.offset,
        bad_row_rule=BadRowRule.of(own.on_bad_row if own else None, own.max_bad if own else None),
        bytes=documents * max(len(chosen), 1) * 16,
    )  # fmt: skip
    incremental = own.incremental if own else None
    if incremental is None or begun is None:
        return found
    check_limit(config, incremental.cursor)
    _check_known(incremental.cursor, keys, config.table, ("config", "incremental", "cursor"))
    return new_documents(found, incremental.cursor, keys[incremental.cursor], sample, begun)


def _sample(collection: Collection[dict[str, Any]], query: Query) -> list[dict[str, Any]]:
    """The first documents that the query finds, and of a whole collection the last ones too."""
    if query.pipeline is not None or query.filter:
        return _read(collection, Request(query=query, limit=SAMPLE))
    first = _read(collection, Request(query=query, order=(SortKey(field="_id"),), limit=SAMPLE // 2))
    if len(first) < SAMPLE // 2:
        return first
    return first + _read(
        collection, Request(query=query, order=(SortKey(field="_id", direction="desc"),), limit=SAMPLE // 2)
    )


def _read(collection: Collection[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    found: Iterable[dict[str, Any] | BrokenDocument] = (
        each for raw in request.raw_batches(collection) for each in documents_of(raw)
    )
    return [each.readable if isinstance(each, BrokenDocument) else each for each in found]


def _count(collection: Collection[dict[str, Any]]) -> int | None:
    """About how many documents there are, by the server's own count; None for a view, which has none."""
    from pymongo.errors import OperationFailure

    try:
        return collection.estimated_document_count(maxTimeMS=5000)
    except OperationFailure:
        return None


def _check_exists(names: Sequence[str], wanted: str, address: Address) -> None:
    if wanted not in names:
        raise ConnectorProblem(
            "IR570", f'{address.shown} has no collection "{wanted}"', key=("database_config", "table"),
            hint=did_you_mean(wanted, names),
            notes=[f"its collections: {', '.join(sorted(names)[:12])}"] if names else [],
        )  # fmt: skip


def _keys(sample: Sequence[Mapping[str, Any]], declared: Mapping[str, t.DataType]) -> dict[str, Key]:
    """The columns: those of the sample, then those that are only declared."""
    found = sampled_types(sample)
    names = dict.fromkeys((*found, *declared))
    if not names:
        raise ConnectorProblem("IR525", "no document is there to tell the columns", key=("database_config", "table"),
                               hint="declare them: config: {schema: {column: type}}; weirflow schema pin does it "
                               "while there are some")  # fmt: skip
    folded: dict[str, str] = {}
    for each in names:
        other = folded.setdefault(each.casefold(), each)
        if other != each or not each:
            seen = f'the keys "{other}" and "{each}" differ only in case' if each else "a key of the documents is empty"
            raise ConnectorProblem("IR532", seen, key=("database_config", "table"),
                                   hint="rename one in a pipeline: query: [{$project: {…}}]")  # fmt: skip
    return {each: Key(type=declared[each], is_declared=True) if each in declared else Key(type=found[each])
            for each in names}  # fmt: skip


def _chosen(keys: Mapping[str, Key], names: Sequence[str] | None, table: str,
            declared: Mapping[str, t.DataType]) -> dict[str, Key]:  # fmt: skip
    if names is None:
        return dict(keys)
    for index, each in enumerate(names):
        _check_known(each, keys, table, ("database_config", "columns", index))
    return {each: keys[each] for each in names}


def _check_known(name: str, keys: Mapping[str, Key], table: str, at: tuple[str | int, ...]) -> None:
    if name not in keys:
        raise ConnectorProblem(
            "IR521", f'no document of the sample of {table} has the key "{name}"', key=at,
            hint=did_you_mean(name, keys) or f"declare it where it is rare: config: {{schema: {{{name}: string}}}}",
            notes=[f"its keys: {', '.join(list(keys)[:12])}" + (", …" if len(keys) > 12 else "")],
        )  # fmt: skip
