"""The answer of an operation: what is the result in it, where further pages are, and what its errors say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from connectors.plugins.openapi.document import NoDraft, Operation
from connectors.plugins.openapi.schemas import Schemas

_LISTS = ("data", "items", "results", "value", "values", "records", "entries", "objects", "rows", "list")
_CURSORS = ("cursor", "page_token", "pageToken", "start_cursor", "starting_after", "next_cursor", "continuation_token",
            "continuationToken", "next_token", "nextToken", "after", "offset", "page[cursor]",
            "page[after]")  # fmt: skip
_TOKENS = ("next_cursor", "nextCursor", "next_page_token", "nextPageToken", "next_token", "nextToken", "end_cursor",
           "next_page", "offset", "cursor", "after", "continuation_token", "continuationToken")  # fmt: skip
_NEXT_URLS = ("next", "next_url", "nextLink", "@odata.nextLink", "next_page_url", "next_page_uri")
_SIZES = ("limit", "page_size", "pageSize", "per_page", "perPage", "maxResults", "max_results", "count", "$top", "size",
          "page[size]")  # fmt: skip
_PAGE = 100
_MORE = ("has_more", "hasMore", "has_next", "hasNextPage", "more")
_MESSAGES = ("error.message", "message", "errors[0].message", "errors[0].detail", "error_description", "detail",
             "error", "title", "msg", "reason")  # fmt: skip


def response_of(operation: Operation, schemas: Schemas) -> tuple[dict[str, Any], dict[str, Any] | None, list[str]]:
    """The response of an action, the schema of its result, and notes."""
    found = _success(operation, schemas)
    if found is None:
        return {}, None, ["no answer is described: the result is whatever comes"]
    content = found.get("content", {})
    kinds = {each: _decoding(each) for each in content}
    media_type = next((each for decode in ("json", "ndjson", "text", "xml", "file")
                       for each, kind in kinds.items() if kind == decode), None)  # fmt: skip
    if media_type is None:
        return {"decode": "none"}, None, []
    decode = kinds[media_type]
    written = content[media_type].get("schema") if isinstance(content[media_type], Mapping) else None
    if decode == "file":
        return {"decode": "file"}, {"type": "object", "x-file": True}, []
    if decode == "text":
        return {"decode": "text"}, {"type": "string"}, []
    schema = schemas.of(written or {}, "response")
    response: dict[str, Any] = {} if decode == "json" else {"decode": decode}
    path = _result_path(schema)
    if path is not None:
        response["select"] = path
        schema = schema["properties"].get(path, {})
    return response, schema or None, []


def pagination_of(operation: Operation, request: Mapping[str, Any], response: dict[str, Any], schemas: Schemas
                  ) -> dict[str, Any] | None:  # fmt: skip
    """How the pages of a list follow each other, as far as the names in the document tell."""
    found = _success(operation, schemas)
    if found is None or operation.method not in {"get", "post"}:
        return None
    query = {str(each.get("name")) for each in operation.parameters if each.get("in") == "query"}
    body = set(request.get("body") or {}) if isinstance(request.get("body"), Mapping) else set()
    schema = _json_schema(found, schemas)
    paths = {path.rpartition(".")[2]: path for path in reversed(list(_leaves(schema)))}
    items = _items(schema, response)
    if items is None:
        return None
    size = _named(_SIZES, query | body)
    page_size = {"page_size": {"name": size, "value": _page_size(operation, size, schemas)}} if size is not None else {}
    more = _named(_MORE, paths)
    has_more = {"more": paths[more]} if more is not None else {}
    cursor, token = _named(_CURSORS, query | body), _named(_TOKENS, paths)
    if cursor is not None and token is not None:
        place = {"query": cursor} if cursor in query else {"body": cursor}
        return {"style": "cursor", **items, "token": paths[token], "to": place, **page_size, **has_more}
    link = _named(_NEXT_URLS, paths)
    if link is not None:
        return {"style": "next_url", **items, "token": paths[link], **page_size}
    if any(name.lower() == "link" for name in found.get("headers", {})):
        return {"style": "link_header", **items, **page_size}
    if "offset" in query and size is not None:
        return {"style": "offset", **items, "to": {"query": "offset"}, **page_size, **has_more}
    number = _named(("page", "page_number", "pageNumber", "page[number]"), query)
    if number is not None and size is not None:
        return {"style": "page", **items, "to": {"query": number}, **page_size, **has_more}
    return None


def _items(schema: Mapping[str, Any], response: dict[str, Any]) -> dict[str, str] | None:
    """Where the items of a page are: the result where that is a list, else the only list there is; None for neither."""
    path = response.get("select")
    if path is not None:
        found = schema.get("properties", {}).get(path, {})
        return {"items": path} if "array" in (found.get("type") or []) else None
    if "array" in (schema.get("type") or []):
        return {}
    lists = [name for name, each in schema.get("properties", {}).items() if "array" in (each.get("type") or [])]
    return {"items": lists[0]} if len(lists) == 1 else None


def _page_size(operation: Operation, name: str, schemas: Schemas) -> int:
    """As many items a page as is usual, or as the parameter takes."""
    given = next((each for each in operation.parameters if each.get("name") == name), {})
    most = schemas.of(given.get("schema"), "request").get("maximum", _PAGE)
    return min(int(most), _PAGE)


def message_paths(operations: list[Operation], schemas: Schemas) -> list[str]:
    """Where the errors of these operations have their words, the most telling first."""
    paths: set[str] = set()
    for operation in operations:
        for status, written in operation.value.get("responses", {}).items():
            if str(status)[:1] not in {"4", "5", "d"}:
                continue
            with suppress(NoDraft):  # what an error says is not worth a draft
                answer = schemas.document.followed(written)
                if isinstance(answer, Mapping):
                    paths |= set(_leaves(_json_schema(answer, schemas)))
    return [each for each in _MESSAGES if each in paths]


def _success(operation: Operation, schemas: Schemas) -> Mapping[str, Any] | None:
    """The first answer that is a success; the default one where no other is described."""
    answers = {str(status): each for status, each in operation.value.get("responses", {}).items()}
    status = next((each for each in sorted(answers) if each.startswith("2")), "default")
    found = schemas.document.followed(answers.get(status))
    return found if isinstance(found, Mapping) else None


def _json_schema(answer: Mapping[str, Any], schemas: Schemas) -> dict[str, Any]:
    for media_type, each in answer.get("content", {}).items():
        if _decoding(media_type) == "json" and isinstance(each, Mapping):
            return schemas.of(each.get("schema", {}), "response")
    return {}


def _decoding(media_type: str) -> str:
    kind = media_type.partition(";")[0].strip().lower()
    if kind in {"application/json", "*/*"} or kind.endswith("+json"):
        return "json"
    if kind in {"application/x-ndjson", "application/jsonl", "application/json-seq"}:
        return "ndjson"
    if kind.endswith(("/xml", "+xml")):
        return "xml"
    return "text" if kind.startswith("text/") else "file"


def _result_path(schema: Mapping[str, Any]) -> str | None:
    """The property of an envelope that is the result: the one list of a list, or the one object beside nothing."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return None
    lists: list[str] = [name for name, each in properties.items()
             if "array" in (each.get("type") or []) and each.get("items", {}).get("type") == "object"]  # fmt: skip
    known = _named(_LISTS, lists)
    looks_paged = bool({*_TOKENS, *_NEXT_URLS, *_MORE, "total", "total_count", "response_metadata", "next_page"}
                       & set(properties))  # fmt: skip
    if known is not None and (looks_paged or len(properties) == 1):
        return known
    if len(lists) == 1 and (looks_paged or len(properties) == 1):
        return lists[0]
    only = str(next(iter(properties))) if len(properties) == 1 else None
    return only if only in {"data", "result", "response"} else None


def _leaves(schema: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[str]:
    """The paths of single values, three objects deep; of lists that of their first element."""
    for name, each in (schema.get("properties") or {}).items():
        path = f"{before}{name}"
        if not name.replace("_", "").isalnum():
            path = f'{before.removesuffix(".")}["{name}"]'
        if each.get("properties") and depth < 3:
            yield from _leaves(each, f"{path}.", depth + 1)
        elif isinstance(each.get("items"), Mapping) and each["items"].get("properties") and depth < 3:
            yield from _leaves(each["items"], f"{path}[0].", depth + 1)
        else:
            yield path


def _named(names: tuple[str, ...], known: Collection[str]) -> str | None:
    return next((each for each in names if each in known), None)
