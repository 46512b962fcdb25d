"""Calls of single rows packed into one, of an action that takes several items and answers in their order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from connectors.problem import ConnectorProblem
from engine.plugin_operations.tally import Called
from engine.plugin_operations.units import Call, Unit
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.plugins.manifest import Batch
    from engine.plugin_operations.effect import PluginEffect


@dataclass(slots=True, kw_only=True)
class Packer:
    """Packs the rows of an operation; rows whose other parameters differ are not packed together."""

    effect: PluginEffect
    batch: Batch
    packs: int = 0
    """How many there were, which numbers them."""

    def packed(self, unit: Unit) -> list[Pack]:
        """The rows of a unit in packs, in their order."""
        found: list[Pack] = []
        before: str | None = None
        for [row] in unit.calls:
            try:
                arguments = row.arguments(self.effect)
            except ConnectorProblem as problem:
                found.append(self._pack(row, {}, [], problem=problem.message))
                before = None
                continue
            given = arguments.pop(self.batch.parameter, None)
            items = given if isinstance(given, list) else [] if given is None else [given]
            others = json.dumps(arguments, sort_keys=True, default=str)
            if others == before and len(found[-1].items) + len(items) <= self.batch.max_items:
                found[-1].add(row, items)
            else:
                found.append(self._pack(row, arguments, items))
            before = others
        return found

    def _pack(self, row: Call, others: dict[str, Any], items: list[Any], *, problem: str | None = None) -> Pack:
        pack = Pack(ordinal=self.packs, parameter=self.batch.parameter, others=others, problem=problem)
        pack.add(row, items)
        self.packs += 1
        return pack


@dataclass(slots=True, kw_only=True)
class Pack:
    """Several rows in one call."""

    ordinal: int
    parameter: str
    others: dict[str, Any]
    problem: str | None
    rows: list[Call] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)

    def add(self, row: Call, items: Sequence[Any]) -> None:
        self.rows.append(row)
        self.sizes.append(len(items))
        self.items += items

    @property
    def call(self) -> Call:
        first, last = self.rows[0].first + 1, self.rows[-1].first + 1
        return replace(
            self.rows[0], ordinal=self.ordinal, count=len(self.rows), problem=self.problem,
            shown=f"row {first}" if first == last else f"rows {first} to {last}",
            prepared={**self.others, self.parameter: self.items}, pack=self,
        )  # fmt: skip

    def halves(self) -> tuple[Pack, Pack]:
        """The first and the second half of its rows."""
        middle = len(self.rows) // 2
        at = sum(self.sizes[:middle])
        return (replace(self, rows=self.rows[:middle], sizes=self.sizes[:middle], items=self.items[:at]),
                replace(self, rows=self.rows[middle:], sizes=self.sizes[middle:], items=self.items[at:]))  # fmt: skip

    def apart(self, called: Called, *, is_list: bool) -> Iterator[Called]:
        """What became of each of the rows."""
        output = called.output if isinstance(called.output, list) else None
        at = 0
        for row, size in zip(self.rows, self.sizes, strict=True):
            mine = output[at : at + size] if output is not None else [called.output] * size
            at += size
            yield replace(called, call=row, output=mine if is_list else mine[0] if mine else None)
