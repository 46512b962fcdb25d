"""What a source asks a collection: a filter, or a pipeline that only reads.

The query is data from the first to the last step: JSON text is parsed before a reference in it gets its value, and a
value stays a value, whatever it looks like.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.templates import Template, TemplateSyntax, parse_template

Filled = Callable[[Template, tuple[str | int, ...]], Any]
"""The value that a template has, at this place of the query; a single reference keeps its type."""

STAGES = frozenset({
    "$addFields", "$bucket", "$bucketAuto", "$count", "$densify", "$facet", "$fill", "$geoNear", "$graphLookup",
    "$group", "$limit", "$lookup", "$match", "$project", "$redact", "$replaceRoot", "$replaceWith", "$sample",
    "$search", "$searchMeta", "$set", "$setWindowFields", "$skip", "$sort", "$sortByCount", "$unionWith", "$unset",
    "$unwind", "$vectorSearch",
})  # fmt: skip
"""The stages that a pipeline may have: those that read."""
_WRITING = frozenset({"$out", "$merge"})
_SCRIPTS = frozenset({"$where", "$function", "$accumulator"})
EXTENDED = frozenset({"$oid", "$date", "$numberDecimal", "$numberLong", "$numberInt", "$numberDouble", "$uuid",
                       "$binary", "$timestamp", "$minKey", "$maxKey"})  # fmt: skip
"""Objects of one such key are values, in MongoDB's extended JSON."""
_KEEP_ORDER = frozenset({"$addFields", "$limit", "$match", "$project", "$set", "$skip", "$unset"})
_KEEP_DOCUMENTS = frozenset({"$limit", "$match", "$sample", "$skip", "$sort"})
_AT: tuple[str | int, ...] = ("database_config", "query")
_DAY = len("2026-01-31")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A filter, or where there is one a pipeline."""

    filter: Mapping[str, Any] = field(default_factory=dict)
    pipeline: tuple[Mapping[str, Any], ...] | None = None

    @property
    def ordered(self) -> bool:
        """Whether the last stage that decides about the order sorts."""
        return next((name for name in reversed(self._stages) if name not in _KEEP_ORDER), None) == "$sort"

    @property
    def key(self) -> tuple[str | int, ...]:
        """The place in the document of what is asked."""
        return ("database_config", "table") if not self.filter and self.pipeline is None else _AT

    @property
    def keeps_documents(self) -> bool:
        """Whether what it finds are documents of the collection as they are."""
        return not set(self._stages) - _KEEP_DOCUMENTS

    @property
    def _stages(self) -> list[str]:
        return [next(iter(stage)) for stage in self.pipeline or ()]


def read_query(written: str | Sequence[Any] | Mapping[str, Any] | None, filled: Filled | None = None) -> Query:
    """The query of a source; without `filled` its references stand as texts, as when nothing is sent.

    Raises:
        ConnectorProblem: IR581 for what is no filter and no pipeline, IR582 for a pipeline that does more than read.
    """
    if written is None:
        return Query()
    asked = _parsed(written) if isinstance(written, str) else written
    if isinstance(asked, Mapping):
        _check(asked, _AT)
        return Query(filter=_value(asked, filled, _AT, is_expression=False))
    if not isinstance(asked, list):
        raise _no_query(f"a filter is an object and a pipeline a list; this is {json.dumps(asked)[:60]}")
    stages = []
    for index, stage in enumerate(asked):
        at = (*_AT, index)
        _check_stage(stage, at)
        _check(stage, at)
        stages.append(_value(stage, filled, at, is_expression="$match" not in stage))
    return Query(pipeline=tuple(stages))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        hint = 'write a reference in quotes: "{{inputs.name}}" keeps the type of its value' if "{{" in text else None
        raise _no_query(f"the query is no JSON: {error}", hint) from error
    except RecursionError:
        raise _no_query("the query is nested too deeply") from None


def _no_query(message: str, hint: str | None = None) -> ConnectorProblem:
    return ConnectorProblem("IR581", message, key=_AT, hint=hint or 'write {"status": "open"}, or a list of stages')


def _check_stage(stage: Any, at: tuple[str | int, ...]) -> None:
    if not isinstance(stage, Mapping) or len(stage) != 1:
        raise ConnectorProblem("IR581", f"stage {at[-1]} is no object of one key", key=at,
                               hint='a stage is {"$match": {…}}')  # fmt: skip
    [name] = stage
    if name in _WRITING:
        raise ConnectorProblem("IR582", f"{name} writes, and a source only reads", key=at,
                               hint="write the rows with a database_delivery")  # fmt: skip
    if name not in STAGES:
        raise ConnectorProblem("IR582", f'"{name}" is no stage that a source may have', key=at,
                               hint=did_you_mean(str(name), STAGES))  # fmt: skip


def _check(value: Any, at: tuple[str | int, ...]) -> None:
    """Refuse scripts anywhere, and in pipelines within the pipeline what is refused in it."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            here = (*at, key)
            if key in _SCRIPTS:
                raise ConnectorProblem("IR582", f"{key} runs JavaScript on the server", key=here,
                                       hint="write the condition with operators, or filter in a step")  # fmt: skip
            if key in {"$lookup", "$unionWith"} and isinstance(each, Mapping):
                _check_pipeline(each.get("pipeline"), (*here, "pipeline"))
            elif key == "$facet" and isinstance(each, Mapping):
                for name, pipeline in each.items():
                    _check_pipeline(pipeline, (*here, name))
            _check(each, here)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check(each, (*at, index))


def _check_pipeline(stages: Any, at: tuple[str | int, ...]) -> None:
    for index, stage in enumerate(stages if isinstance(stages, list) else ()):
        _check_stage(stage, (*at, index))


def _value(value: Any, filled: Filled | None, at: tuple[str | int, ...], *, is_expression: bool) -> Any:
    """The value as BSON has it, references filled in."""
    match value:
        case Mapping():
            if len(value) == 1 and next(iter(value)) in EXTENDED:
                return _extended(value, filled, at)
            inside = {}
            for key, each in value.items():
                if "{{" in str(key):
                    raise ConnectorProblem("IR581", f'the key "{key}" holds a reference', key=at,
                                           hint="references stand in values only")  # fmt: skip
                within = (is_expression or key == "$expr") and key != "$match"
                inside[str(key)] = _value(each, filled, (*at, key), is_expression=within)
            return inside
        case list():
            return [_value(each, filled, (*at, index), is_expression=is_expression)
                    for index, each in enumerate(value)]  # fmt: skip
        case str() if "{{" in value and filled is not None:
            return _filled(value, filled, at, is_expression=is_expression)
        case _:
            return sent(value)


def _filled(text: str, filled: Filled, at: tuple[str | int, ...], *, is_expression: bool) -> Any:
    try:
        template = parse_template(text)
    except TemplateSyntax as problem:
        raise ConnectorProblem("IR111", problem.message, key=at) from problem
    found = sent(filled(template, at))
    _refuse_operators(found, at)
    if is_expression and isinstance(found, str) and found.startswith("$"):
        return {"$literal": found}  # a text, not the path of a field
    return found


def _refuse_operators(value: Any, at: tuple[str | int, ...]) -> None:
    """An object that came from outside is a value to compare with, and no operator."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if str(key).startswith("$"):
                raise ConnectorProblem("IR582", f'the value of an input has the key "{key}", which is an operator',
                                       key=at, hint="an input is a value; write the operator in the query")  # fmt: skip
            _refuse_operators(each, at)
    elif isinstance(value, list):
        for each in value:
            _refuse_operators(each, at)


def sent(value: Any) -> Any:
    """A value of the workflow as BSON has it: days and naive moments in UTC, decimals exact."""
    from bson import Decimal128

    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)
        case Decimal():
            return Decimal128(value)
        case time() | timedelta():
            return str(value)
        case Mapping():
            return {str(key): sent(each) for key, each in value.items()}
        case list() | tuple():
            return [sent(each) for each in value]
        case bool() | None:
            return value
        case int():
            return int(value)  # a number of a document knows how it was written; BSON takes no subclasses of float
        case float():
            return float(value)
        case str():
            return str(value)
    return value


def _extended(value: Mapping[str, Any], filled: Filled | None, at: tuple[str | int, ...]) -> Any:
    from bson import json_util

    [(key, written)] = value.items()
    if isinstance(written, str) and "{{" in written:
        if filled is None:
            return dict(value)
        written = _filled(written, filled, (*at, key), is_expression=False)
    if key == "$date" and isinstance(written, datetime):
        return written
    if key == "$date" and isinstance(written, str) and len(written) == _DAY:
        written += "T00:00:00Z"
    try:
        return json_util.loads(json.dumps({key: written}, default=str), json_options=_options())
    except Exception as error:  # bson raises what its parts raise: TypeError, ValueError, InvalidId …
        raise ConnectorProblem("IR581", f"{json.dumps({key: written}, default=str)[:80]} is no value: {error}",
                               key=at) from error  # fmt: skip


def _options() -> Any:
    from bson import UuidRepresentation, json_util

    return json_util.JSONOptions(tz_aware=False, uuid_representation=UuidRepresentation.STANDARD)
