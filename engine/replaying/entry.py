"""Rows that come back into a workflow: in place of their source, or where a step had rejected them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.bad_rows import BadRowRule
from connectors.inline import InlineRelation, inline_rows
from engine.effects.relation import EffectRelation
from engine.graph import Graph, Relation
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.file_source import FileConfig
from ir.model.source import Source
from ir.records import dataclass
from ir.types import DataType, Schema
from transforms.explode import Explode
from transforms.frame import Frame, Order
from transforms.join import Join
from transforms.operation import Operation
from transforms.union import Union
from transforms.unpivot import Unpivot
from transforms.validation.testing import Picked
from transforms.window import WindowColumns

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.database_deliveries import TableOutput
    from engine.effects.effect import Effect
    from engine.file_output import FileOutput

    Delivered = TypeVar("Delivered", FileOutput, TableOutput)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaying:
    """`rows` {column: value} come in at `entry`, a source or the step that rejected them."""

    entry: str
    rows: Sequence[Mapping[str, Any]]
    parent: str
    """The run that rejected them."""
    letters: tuple[int, ...]
    """Which of its dead letters they were."""
    suffix: str
    """What file names get before their ending, so that a replay replaces no file of the run."""

    def relation(self, schema: Schema, source: Source | None = None) -> InlineRelation:
        """The rows with the types of those they go with; what still does not fit is a dead letter again."""
        config = getattr(source, "config", None)
        known = config if isinstance(config, FileConfig) else None
        rows = [{name: _read(row.get(name), kind, known) for name, kind in schema.items()} for row in self.rows]
        types = {name: str(kind) for name, kind in schema.items()}
        return inline_rows(rows, types, name=self.entry, rule=BadRowRule.of("quarantine", len(rows)))

    def named(self, filename: str, ending: str) -> str:
        """The file's name as this replay delivers it."""
        stem = filename.removesuffix(f".{ending}")
        return f"{stem}{self.suffix}.{ending}" if stem != filename else f"{filename}{self.suffix}"


def _read(value: Any, kind: DataType, config: FileConfig | None) -> Any:
    """A value as its file writes it: a text that means null there, and dates in their own form."""
    if config is None or not isinstance(value, str):
        return value
    if value in (config.null_values or ()):
        return None
    if config.date_format and isinstance(kind, t.Date | t.Datetime):
        try:
            found = datetime.strptime(value.strip(), config.date_format)
        except ValueError:
            return value
        return found.date() if isinstance(kind, t.Date) else found
    return value


def enter(compiler: Compiler, data: Frame, step: str, at: Pointer) -> Frame:
    """What a step takes: the rows that come back where it had rejected them, else `data`."""
    replaying = compiler.replaying
    if replaying is None or replaying.entry != step:
        return data
    frame = Frame(name=compiler.graph.free_name("replayed"), schema=data.schema, order=Order(arrival=True),
                  formats=data.formats)  # fmt: skip
    compiler.entered = frame.name
    return compiler.graph.add(Relation(frame=frame, at=at, source=replaying.relation(data.schema),
                                       word="replay"))  # fmt: skip


def narrow(compiler: Compiler, outputs: Sequence[Delivered]) -> list[Delivered]:
    """The deliveries that have a row for each row that comes back; the problems say why others are left out."""
    entered = compiler.entered
    kept: list[Delivered] = []
    for output in outputs:
        found = [obstacle(compiler.graph, frame.name, entered) for frame in output.frames] if entered else []
        reason = next((each for each in found if each is not None), None)
        if reason is not None:
            compiler.problems.warning("IR720", f'the delivery "{output.id}" takes no part in the replay: {reason}',
                                      at=output.at)  # fmt: skip
        elif found:
            kept.append(output)
    return kept


def obstacle(graph: Graph, name: str, entered: str) -> str | None:
    """Why the rows of a relation are not one by one those that come back; None where they are."""
    relation = graph[name]
    if name == entered:
        return None
    if isinstance(relation.source, EffectRelation):
        return _through_effect(graph, relation.source, name, entered)
    operation = relation.operation
    if operation is None:
        return f'it delivers "{name}", which the rows do not come through'
    values = [value.frame for value in operation.values]
    if any(graph.is_made_of(each, entered) for each in values):
        return f'"{name}" shows a value that is computed of all rows'
    if not graph.is_made_of(operation.inputs[0].name, entered):
        beside = any(graph.is_made_of(frame.name, entered) for frame in operation.inputs)
        return (f'"{name}" looks the rows up, and would deliver those that found others before'
                if beside else f'it delivers "{name}", which the rows do not come through')  # fmt: skip
    if isinstance(operation, Union):
        return f'"{name}" puts rows beside them that were delivered before'
    if not _is_row_by_row(operation):
        return f'"{name}" ({relation.kind}) computes rows together, and these are not all'
    return obstacle(graph, operation.inputs[0].name, entered)


def _through_effect(graph: Graph, source: EffectRelation, name: str, entered: str) -> str | None:
    """The same of what an AI or plugin operation gives: a row for each that it took, with the same columns first."""
    rows, *values = source.reads or ("",)
    if not rows or not graph.is_made_of(rows, entered) or source.part:
        return f'it delivers "{name}", which the rows do not come through'
    if any(graph.is_made_of(each, entered) for each in values):
        return f'"{name}" reads a value that is computed of all rows'
    taken = graph[rows].frame.schema
    if not all(each in source.schema for each in taken):
        return f'"{name}" is made of all rows together, and these are not all'
    return obstacle(graph, rows, entered)


def narrow_effects(compiler: Compiler) -> list[Effect]:
    """The operations that are carried out for the rows that come back, and for no others."""
    graph, entered = compiler.graph, compiler.entered
    found = []
    for each in compiler.effects:
        values = any(graph.is_made_of(frame.name, entered) for frame in each.values)
        if entered and each.rows is not None and not values and obstacle(graph, each.rows.name, entered) is None:
            found.append(each)
    return found


def _is_row_by_row(operation: Operation) -> bool:
    if isinstance(operation, WindowColumns):
        return False
    is_joined = isinstance(operation, Join) and operation.how in {"left", "inner", "semi", "anti"}
    return operation.keeps_rows or is_joined or isinstance(operation, Explode | Unpivot | Picked)


def renamed(output: FileOutput, replaying: Replaying) -> FileOutput:
    """The file delivery under the name that the replay gives it."""
    return replace(output, filename=replaying.named(output.filename, output.ending))
