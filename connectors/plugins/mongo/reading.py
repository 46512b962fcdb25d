"""Documents that a filter or a pipeline finds, as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connectors.databases.mongodb.query import read_query
from connectors.databases.mongodb.request import BrokenDocument, Request, documents_of
from connectors.problem import ConnectorProblem
from ir.model.sorting import SortKey

if TYPE_CHECKING:
    from pymongo.database import Database

PAGE_DOCUMENTS = 1_000
Document = dict[str, Any]


def request_of(operation: str, params: Mapping[str, Any]) -> Request:
    """What is asked of the collection.

    Raises:
        ConnectorProblem: IR581 or IR582 for what is no filter and no pipeline that only reads.
    """
    written = params["pipeline"] if operation == "aggregate" else params.get("filter") or {}
    sort = [each.partition(" ") for each in params.get("sort") or ()]
    keys = (SortKey(field=name, direction="desc" if direction.strip().lower() == "desc" else "asc")
            for name, _, direction in sort)  # fmt: skip
    fields = params.get("fields")
    return Request(query=read_query(written), order=tuple(keys), limit=params.get("limit"),
                   names=tuple(fields) if fields else None)  # fmt: skip


def pages_of(database: Database[Document], params: Mapping[str, Any], request: Request) -> Iterator[list[Document]]:
    """The documents, page by page: ids, dates and decimals as their texts.

    Raises:
        ConnectorProblem: IR570 for a collection that is not there, IR583 for a text that is no UTF-8.
    """
    check_collection(database, params["collection"])
    for raw in request.raw_batches(database[params["collection"]]):
        documents = documents_of(raw)
        for start in range(0, len(documents), PAGE_DOCUMENTS):
            yield [_shown(each) for each in documents[start : start + PAGE_DOCUMENTS]]


def check_collection(database: Database[Document], name: str) -> None:
    """Refuse a collection that is not there: MongoDB itself takes it for an empty one.

    Raises:
        ConnectorProblem: IR570.
    """
    if not database.list_collection_names(filter={"name": name}):
        from ir.diagnostics import did_you_mean

        names = database.list_collection_names()
        raise ConnectorProblem("IR570", f'{database.name} has no collection "{name}"', key=("config", "collection"),
                               hint=did_you_mean(name, names),
                               notes=[f"its collections: {', '.join(sorted(names)[:12])}"] if names else [],
                               )  # fmt: skip


def _shown(document: Document | BrokenDocument) -> Document:
    from connectors.databases.mongodb.values import json_text

    if isinstance(document, BrokenDocument):
        raise ConnectorProblem("IR583", f"a text of the document {document.readable.get('_id')} is no UTF-8",
                               key=("config", "collection"),
                               hint="leave its field out with fields, or mend it")  # fmt: skip
    found: Document = json.loads(json_text(document))
    return found
