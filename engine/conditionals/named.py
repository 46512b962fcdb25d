"""The single values that a condition names in braces: words of the run, and how many rows a frame has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ir import types as t
from ir.model.conditionals import OriginalCondition
from ir.model.filters import FilterGroup
from ir.templates import Reference, TemplateSyntax, parse_template
from transforms.aggregate import aggregate
from transforms.building import Building
from transforms.expressions.tree import FrameValue, Node, Value
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler

_COUNTS = frozenset({"count", "length"})


def named_values(condition: FilterGroup | OriginalCondition, compiler: Compiler, building: Building) -> dict[str, Node]:
    """The values by what the condition writes for them; what is a column or a column's value is none of them."""
    return values_named(_texts(condition), compiler, building)


def values_named(texts: Iterable[str], compiler: Compiler, building: Building) -> dict[str, Node]:
    """The same of any texts."""
    found: dict[str, Node] = {}
    for reference in _references(texts):
        written = str(reference)
        if written in found:
            continue
        frame = compiler.frames.get(reference.root)
        if len(reference.path) == 2 and reference.path[1] in _COUNTS and frame is not None:
            if reference.path[1] not in frame.schema:
                compiler.read.add(reference.root)
                found[written] = rows_of(frame, building)
        elif frame is not None and len(reference.path) == 3 and reference.path[1] == 0 and frame.single:
            column = str(reference.path[2])
            if column in frame.schema:
                found[written] = FrameValue(frame.schema[column], frame.name, column)
        else:
            word = _word(reference, compiler)
            if word is not None:
                found[written] = word
    return found


def rows_of(frame: Frame, building: Building) -> FrameValue:
    """How many rows the frame has."""
    count = building.bound("count(*)", building.scope(frame.schema, kind="aggregate"))
    assert count is not None
    one = building.add_hidden(f"{frame.name}_count", aggregate(frame, (), [("count", count)]))
    return FrameValue(t.Integer(), one.name, "count")


def _word(reference: Reference, compiler: Compiler) -> Value | None:
    """A word of the run as a value of its type: a date, or a number that can be compared."""
    path = [str(part) for part in reference.path]
    words = compiler.words.run()
    data = compiler.frames["data"]
    if path[0] == "run" and len(path) == 2:
        path = path[1:]
    elif path[0] == "run_id" or (data is not None and path[0] in data.schema):
        return None
    if len(path) != 1 or path[0] not in words or path[0] == "id":
        return None
    match path[0]:
        case "date":
            local = _local(compiler)
            return Value(t.Date(), local.date())
        case "datetime":
            return Value(t.Datetime(), _local(compiler).replace(tzinfo=None, microsecond=0))
        case "year" | "month" | "day" | "week" | "quarter" as word:
            return Value(t.Integer(), int(words[word]))
        case word:
            return Value(t.String(), words[word])


def _local(compiler: Compiler) -> datetime:
    return compiler.words.now.astimezone(ZoneInfo(compiler.words.timezone))


def _references(texts: Iterable[str]) -> Iterator[Reference]:
    for text in texts:
        try:
            yield from parse_template(text).references
        except TemplateSyntax:  # told where the condition is read
            continue


def _texts(condition: FilterGroup | OriginalCondition) -> Iterator[str]:
    """Every text with braces in it, of fields and of values."""
    if isinstance(condition, OriginalCondition):
        yield from _braced([condition.field, condition.value])
        for inner in condition.conditions:
            yield from _texts(inner)
        return
    for each in condition.conditions:
        yield from _braced([each.field, each.value])
    for group in condition.groups:
        yield from _texts(group)


def _braced(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, list):
            yield from _braced(value)
        elif isinstance(value, str) and "{{" in value:
            yield value
