"""What is sent to a collection: the source's query with its order, its limits and the columns that are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.databases.mongodb.client import QUERY_SECONDS
from connectors.databases.mongodb.query import Query
from ir.model.sorting import SortKey
from ir.records import dataclass

if TYPE_CHECKING:
    from pymongo.collection import Collection

_BATCH_DOCUMENTS = 10_000
Raw = bytes
"""Documents in BSON, one behind the other."""
_NO_VALUE = "__weirflow_null_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A find, or where the query is a pipeline or nulls sort last an aggregate."""

    query: Query
    order: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int | None = None
    names: tuple[str, ...] | None = None
    """The keys that are asked for; None for whole documents."""
    before: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)
    """Conditions that leave out what nothing after the source wants to see."""

    @property
    def is_find(self) -> bool:
        return self.query.pipeline is None and not any(_needs_help(each) for each in self.order)

    @property
    def projection(self) -> dict[str, int] | None:
        """Every key that is asked for; None where one of them cannot be named in a projection."""
        if self.names is None or any(not each or each.startswith("$") or "." in each for each in self.names):
            return None
        return {"_id": 0} | dict.fromkeys(self.names, 1) if self.names else {"_id": 1}

    @property
    def filter(self) -> Mapping[str, Any]:
        conditions = [each for each in (self.query.filter, *self.before) if each]
        return {"$and": conditions} if len(conditions) > 1 else conditions[0] if conditions else {}

    def stages(self) -> list[Mapping[str, Any]]:
        """The request as a pipeline."""
        stages: list[Mapping[str, Any]] = []
        if self.query.pipeline is None:
            stages += [{"$match": self.filter}] if self.filter else []
        else:
            stages += [*self.query.pipeline, *({"$match": each} for each in self.before)]
        if self.order:
            flags = {f"{_NO_VALUE}{index}": _is_absent(each.field)
                     for index, each in enumerate(self.order) if _needs_help(each)}  # fmt: skip
            stages += [{"$set": flags}] if flags else []
            stages.append({"$sort": self._sort(helped=True)})
            stages += [{"$unset": list(flags)}] if flags else []
        if self.offset:
            stages.append({"$skip": self.offset})
        if self.limit is not None:
            stages.append({"$limit": self.limit})
        if self.projection is not None:
            stages.append({"$project": self.projection})
        return stages

    def _sort(self, *, helped: bool) -> dict[str, int]:
        sort: dict[str, int] = {}
        for index, each in enumerate(self.order):
            if helped and _needs_help(each):
                sort[f"{_NO_VALUE}{index}"] = -1 if each.nulls == "first" else 1
            sort[each.field] = -1 if each.direction == "desc" else 1
        return sort

    def raw_batches(self, collection: Collection[dict[str, Any]]) -> Iterator[Raw]:
        """The documents as the server sends them, some thousand at a time."""
        if self.limit == 0:
            return
        most_ms = QUERY_SECONDS * 1000
        if self.is_find:
            cursor = collection.find_raw_batches(
                dict(self.filter), self.projection, sort=list(self._sort(helped=False).items()) or None,
                skip=self.offset or 0, limit=self.limit or 0, batch_size=_BATCH_DOCUMENTS, max_time_ms=most_ms,
                allow_disk_use=True if self.order else None,
            )  # fmt: skip
        else:
            cursor = collection.aggregate_raw_batches(
                self.stages(), batchSize=_BATCH_DOCUMENTS, maxTimeMS=most_ms, allowDiskUse=True
            )
        with cursor:
            yield from cursor

    def shown(self, collection: str) -> str:
        """What is sent, as MongoDB's shell would write it."""
        target = f"db.getCollection({json.dumps(collection, ensure_ascii=False)})"
        if not self.is_find:
            return f"{target}.aggregate({_written(self.stages())})"
        asked = _written(self.filter) + (f", {_written(self.projection)}" if self.projection is not None else "")
        text = f"{target}.find({asked})"
        if self.order:
            text += f".sort({_written(self._sort(helped=False))})"
        if self.offset:
            text += f".skip({self.offset})"
        return text + (f".limit({self.limit})" if self.limit is not None else "")


def _needs_help(key: SortKey) -> bool:
    """Whether the server would put documents without a value elsewhere: to it they are less than all others."""
    return key.field != "_id" and (key.nulls == "first") != (key.direction == "asc")


def _is_absent(name: str) -> dict[str, Any]:
    return {"$in": [{"$ifNull": [f"${name}", None]}, [None, float("nan")]]}


def _written(value: object) -> str:
    from bson import json_util

    return json_util.dumps(value, json_options=json_util.RELAXED_JSON_OPTIONS, ensure_ascii=False)


def documents_of(raw: Raw) -> Sequence[dict[str, Any] | BrokenDocument]:
    """The documents of a batch; those whose text is no UTF-8 stand as broken ones."""
    import bson
    from bson.codec_options import CodecOptions, DatetimeConversion
    from bson.errors import BSONError

    options = CodecOptions[dict[str, Any]](datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    try:
        return bson.decode_all(raw, options)
    except (BSONError, UnicodeDecodeError):
        lenient = options.with_options(unicode_decode_error_handler="replace")
        found: list[dict[str, Any] | BrokenDocument] = []
        start = 0
        while start < len(raw):
            end = start + int.from_bytes(raw[start : start + 4], "little")
            try:
                found.append(bson.decode(raw[start:end], options))
            except (BSONError, UnicodeDecodeError):
                found.append(BrokenDocument(bson.decode(raw[start:end], lenient)))
            start = end
        return found


@dataclass(frozen=True, slots=True)
class BrokenDocument:
    """A document with a text that is no UTF-8; what is none stands as �."""

    readable: dict[str, Any]
