"""The tables of a document: which rows each shows, how they are grouped, and what is added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.files.report import ROWS, Chart, Part
from engine.hidden_columns import shown_rows
from engine.partitions import partitioned
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.rendering import Rendering, ReportSection
from ir.records import dataclass
from transforms.aggregate import Aggregate, AggregateConfig, AggregateSpelling, build_aggregate
from transforms.building import Building
from transforms.expressions import SortKey
from transforms.expressions.orders import has_order
from transforms.frame import Frame
from transforms.limit import LimitConfig, build_limit
from transforms.operation import Operation
from transforms.sort import SortConfig, build_sort, sort

if TYPE_CHECKING:
    from engine.compiler import Compiler

DOCUMENTS = frozenset({"xlsx", "pdf", "html"})
"""The formats that follow `rendering.sections`."""
_WORDS = {"mean": "avg"}
_ADDED = frozenset({"sum", "mean", "avg", "median"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPart:
    """A part and the frame its rows come from; its words are still templates.

    `totals` and `subtotals`, one for each level of `group_by`, are computed from the very rows that are shown. Rows
    with a `split` column come sorted by it, and each file shows those of one value, at most `limit` of them.
    """

    part: Part
    at: Pointer
    frame: Frame
    totals: Aggregate | None = None
    subtotals: tuple[Aggregate, ...] = ()
    split: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The column that files or sheets are split by, and the columns of a group's rows that texts name."""

    column: str
    named: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    """What the texts name of a group, such as group.key, as it is written."""


class Sections:
    """A report's sections, compiled once for each way that deliveries split them."""

    def __init__(self, compiler: Compiler) -> None:
        rendering = compiler.workflow.rendering
        self._compiler = compiler
        self._rendering = rendering if rendering is not None and rendering.sections else None
        self._known: dict[Split | None, list[CompiledPart]] = {}
        self.of(None)

    def __bool__(self) -> bool:
        return self._rendering is not None

    def of(self, split: Split | None) -> list[CompiledPart]:
        """The tables; none where one has an error, or columns that only a first pass tells."""
        if self._rendering is not None and split not in self._known:
            self._known[split] = compile_sections(self._rendering, self._compiler, split) or []
        return self._known.get(split, [])


def compile_sections(rendering: Rendering, compiler: Compiler, split: Split | None = None) -> list[CompiledPart] | None:
    """The report's sections, or None where one of them has an error or columns that only a first pass tells."""
    found = [
        _section(each, rendering, ("rendering", "sections", index), f"section_{index + 1}", compiler, split)
        for index, each in enumerate(rendering.sections)
    ]
    return [each for each in found if each is not None] if all(found) else None


def one_table(
    rows: Frame, columns: Sequence[str] | None, at: Pointer, name: str, compiler: Compiler, *, is_document: bool,
    split: Split | None = None,
) -> CompiledPart:  # fmt: skip
    """The part that a delivery without sections is; only a document's rows have columns that are not shown."""
    shown = list(columns if columns is not None else rows.schema)
    rows, beside = _split(rows, [], split, at, name, compiler)
    needed = [*shown, *(each for each in beside if each not in shown)]
    found = shown_rows(rows, shown if is_document else (), needed, at, name, compiler)
    part = Part(columns=_some(rows.schema, shown), formats=rows.formats_of(shown), links=found.links, rules=found.rules)
    has_groups = split is not None and split.column in found.frame.schema
    return CompiledPart(part=part, at=at, frame=found.frame, split=split.column if split and has_groups else None)


def _split(
    rows: Frame, keys: Sequence[str], split: Split | None, at: Pointer, name: str, compiler: Compiler
) -> tuple[Frame, list[str]]:
    """The rows with those of a file and of a group together, and the columns that this needs."""
    if split is None or split.column not in rows.schema:
        return grouped_rows(rows, keys, at, name, compiler), list(keys)
    rows = partitioned(rows, split.column, name, compiler)
    first = [split.column, *(each for each in keys if each != split.column)]
    named = [each for each in rows.schema if each in split.named and each not in first]
    return grouped_rows(rows, first, at, name, compiler), [*first, *named]


def _section(
    section: ReportSection, rendering: Rendering, at: Pointer, name: str, compiler: Compiler, split: Split | None
) -> CompiledPart | None:
    rows = _rows(section, rendering, at, name, compiler, split)
    if rows is None:
        return None
    building = compiler.building(at, name)
    keys = building.known_columns(section.group_by or [], rows.schema, "group_by")
    shown = building.known_columns(section.columns, rows.schema, "columns") if section.columns is not None else [
        each for each in rows.schema if each not in keys
    ]  # fmt: skip
    charted = _charted(section, rows.schema, building)
    if len(keys) < len(section.group_by or []) or charted is None or (section.columns and not shown):
        return None
    rows, beside = _split(rows, keys, split, at, name, compiler)
    needed = list(dict.fromkeys([*shown, *beside, *charted]))
    found = shown_rows(rows, shown, needed, at, name, compiler)
    every, rows = rows.schema, found.frame
    totals = _totals(section.totals, shown, keys, every, rows, building)
    if totals is None:
        return None
    whole, levels = totals
    chart = section.chart
    part = Part(
        columns=_some(rows.schema, shown),
        formats=rows.formats,
        heading=section.heading,
        text=section.text,
        caption=section.caption,
        group_by=_some(rows.schema, keys),
        totals=section.totals,
        total_types=whole.schema if whole is not None else t.Schema(()),
        chart=Chart(type=chart.type, x=chart.x, y=tuple(chart.y), series=chart.series, title=chart.title)
        if chart is not None
        else None,
        chart_types=_some(rows.schema, charted),
        links=found.links,
        rules=found.rules,
    )
    has_groups = split is not None and split.column in rows.schema
    return CompiledPart(part=part, at=at, frame=rows, totals=whole, subtotals=levels,
                        split=split.column if split is not None and has_groups else None,
                        limit=section.limit if has_groups else None)  # fmt: skip


def _rows(
    section: ReportSection, rendering: Rendering, at: Pointer, name: str, compiler: Compiler, split: Split | None
) -> Frame | None:
    """The section's frame, sorted as the rendering says where it is the whole result, and cut to its limit.

    A limit of rows that are split is one of each group's rows, which are counted when they are there.
    """
    rows = compiler.input_frame(section.input_source, at)
    if rows is not None and rendering.sort_order and section.input_source is None:
        rows = sorted_by_rendering(rows, rendering, name, compiler)
    if rows is None or section.limit is None:
        return rows
    building = compiler.building((*at, "limit"), name)
    if split is not None and split.column in rows.schema:
        return rows if building.needs_order(rows, "limit") else None
    limited = build_limit(LimitConfig(rows=section.limit), rows, building)
    return None if limited is None else _add(limited, at, name, compiler)


def sorted_by_rendering(frame: Frame, rendering: Rendering, name: str, compiler: Compiler) -> Frame:
    """The rows in the order of `rendering.sort_order`."""
    keys = sorted(enumerate(rendering.sort_order), key=lambda each: (each[1].priority or 999, each[0]))
    by = [{"field": key.field, "direction": key.direction or "asc"} for _, key in keys]
    building = compiler.building(("rendering", "sort_order"), name)
    operation = build_sort(SortConfig.model_validate({"by": by}), frame, building)
    if operation is None:
        return frame
    return _add(operation, building.at, name, compiler)


def grouped_rows(rows: Frame, keys: Sequence[str], at: Pointer, name: str, compiler: Compiler) -> Frame:
    """The rows with equal keys together: as they are where they are sorted by the keys first, else sorted by them."""
    led_by = [key.column for key in rows.order.keys[: len(keys)]] if rows.order is not None else []
    if not keys or led_by == list(keys):
        return rows
    return _add(sort(rows, tuple(SortKey(key) for key in keys)), (*at, "group_by"), name, compiler)


def _totals(
    totals: Mapping[str, str],
    shown: Sequence[str],
    keys: Sequence[str],
    every: t.Schema,
    rows: Frame,
    building: Building,
) -> tuple[Aggregate | None, tuple[Aggregate, ...]] | None:
    """What is added up over all rows, and over the groups of each level; None after an error."""
    good = True
    for column, function in totals.items():
        if not building.column(column, every, "totals", column):
            good = False
        elif column not in shown or column in keys:
            building.error("IR206", f'the total of "{column}" has no column to stand in', "totals", column,
                           hint="add it to columns")  # fmt: skip
            good = False
        elif problem := _misfit(function, every[column]):
            building.error("IR408", f'"{column}" {problem}', "totals", column,
                           hint="count fits every type: it counts the values")  # fmt: skip
            good = False
    if not good:
        return None
    spelled = {
        name: AggregateSpelling(field=name, operation=_WORDS.get(function, function), alias=name)
        for name, function in totals.items()
    }
    whole = build_aggregate(AggregateConfig(aggregates={**spelled}), rows, building) if spelled else None
    counted = {**spelled, ROWS: AggregateSpelling(operation="count", field="*", alias=ROWS)}
    levels = [
        build_aggregate(AggregateConfig(group_by=list(keys[: level + 1]), aggregates={**counted}), rows, building)
        for level in range(len(keys))
    ]
    return whole, tuple(each for each in levels if each is not None)


def _misfit(function: str, kind: t.DataType) -> str | None:
    if function in _ADDED and not isinstance(kind, (*t.NUMERIC, t.Null)):
        return f"is {kind}, which has no {function}"
    if function in {"min", "max"} and not has_order(kind):
        return f"is {kind}, which has no order"
    return None


def _charted(section: ReportSection, schema: t.Schema, building: Building) -> list[str] | None:
    """The columns that the chart draws, None after an error."""
    chart = section.chart
    if chart is None:
        return []
    good = building.column(chart.x, schema, "chart", "x")
    for index, name in enumerate(chart.y):
        at = ("chart", "y") if len(chart.y) == 1 else ("chart", "y", index)
        if not building.column(name, schema, *at):
            good = False
        elif not isinstance(schema[name], (*t.NUMERIC, t.Null)):
            building.error("IR408", f'"{name}" is {schema[name]}, no number that a chart could draw', *at)
            good = False
    if chart.series is not None:
        good = building.column(chart.series, schema, "chart", "series") and good
        if len(chart.y) > 1:
            building.error("IR206", "a chart with series has one y, here are more", "chart", "series",
                           hint="write one column as y, or leave series out")  # fmt: skip
            good = False
    return list(dict.fromkeys([chart.x, *chart.y, *([chart.series] if chart.series else [])])) if good else None


def _some(schema: t.Schema, names: Sequence[str]) -> t.Schema:
    return t.Schema((name, schema[name]) for name in names)


def _add(operation: Operation, at: Pointer, name: str, compiler: Compiler) -> Frame:
    return compiler.add(compiler.graph.free_name(name), operation, at, name, hidden=True)
