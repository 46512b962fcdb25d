"""The relations of a compiled workflow: which frame is made of which, and whose row order somebody sees."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from connectors.bad_rows import BadRows
from connectors.rejects import RejectsRelation
from ir.diagnostics import Pointer
from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame, free_name
from transforms.operation import Operation

if TYPE_CHECKING:
    from sqlglot import exp


class SourceRelation(Protocol):
    """What a connector gives for a source: a schema, and the rows for either engine."""

    @property
    def schema(self) -> Schema: ...

    @property
    def bytes(self) -> int:
        """Estimated size of the uncompressed rows."""
        ...

    @property
    def description(self) -> str: ...

    @property
    def single(self) -> bool:
        """Whether it is known to have one row at most."""
        ...

    @property
    def fallible(self) -> tuple[str, ...]:
        """The columns whose misfits make bad rows."""
        ...

    @property
    def may_fail(self) -> bool:
        """Whether reading a row may fail."""
        ...

    @property
    def bad(self) -> BadRows | None:
        """The rows that are left out of it."""
        ...

    def to_polars(self, scratch: Path) -> pl.LazyFrame: ...

    def to_sql(self, scratch: Path) -> exp.Query | None:
        """A DuckDB query with the same rows, or None where DuckDB cannot read them itself."""
        ...

    def to_sql_shown(self) -> exp.Query | None:
        """That query for reading, over the files as they stand; nothing is unpacked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A frame and what makes it: a source or an operation. `step` is its id in the plan."""

    frame: Frame
    at: Pointer
    step: str = ""
    source: SourceRelation | None = None
    operation: Operation | None = None
    hidden: bool = False
    word: str = ""
    """What the workflow calls it, such as enrich; by default the operation's own word."""
    inputs: tuple[str, ...] = field(init=False)
    """The relations it reads: the operation's inputs, then the frames whose single values it takes."""

    @property
    def kind(self) -> str:
        """The word for it in plans and results."""
        return self.word or (self.operation.kind if self.operation else "source")

    @property
    def name(self) -> str:
        return self.frame.name

    def __post_init__(self) -> None:
        names: list[str] = []
        if self.operation is not None:
            names = [frame.name for frame in self.operation.inputs]
            names += [value.frame for value in self.operation.values]
        object.__setattr__(self, "inputs", tuple(dict.fromkeys(names)))


@dataclass(slots=True)
class Graph:
    """The relations by name, each after those it reads."""

    relations: dict[str, Relation] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Relation:
        return self.relations[name]

    def __contains__(self, name: object) -> bool:
        return name in self.relations

    def __iter__(self) -> Iterator[Relation]:
        return iter(self.relations.values())

    def add(self, relation: Relation) -> Frame:
        self.relations[relation.name] = relation
        return relation.frame

    def free_name(self, wanted: str, taken: Collection[str] = ()) -> str:
        """`wanted`, or with a number behind it; names that differ only in case count as equal, as in SQL."""
        return free_name(wanted, [*self.relations, *taken])

    def needed(self, names: Iterable[str]) -> list[str]:
        """The relations that `names` are made of, themselves included, each after those it reads."""
        wanted = set(names)
        for relation in reversed(self.relations.values()):
            if relation.name in wanted:
                wanted.update(relation.inputs)
        return [name for name in self.relations if name in wanted]

    def is_made_of(self, name: str, other: str) -> bool:
        """Whether rows of `other` are in it or were taken by an AI or plugin operation that it is made of."""
        waiting, seen = [name], set[str]()
        while waiting:
            each = waiting.pop()
            if each == other:
                return True
            if each not in seen:
                seen.add(each)
                relation = self.relations[each]
                waiting += [*relation.inputs, *getattr(relation.source, "reads", ())]
        return False

    def rejecting(self, names: Iterable[str]) -> list[str]:
        """The sources whose rejects `names` are made of."""
        sources = (self.relations[name].source for name in self.needed(names))
        return [source.rejecting for source in sources if isinstance(source, RejectsRelation)]

    def ordered(self, outputs: Collection[str]) -> set[str]:
        """The relations the order of whose rows shows in an output, or changes what another relation is."""
        seen = set(outputs)
        for relation in reversed(self.relations.values()):
            operation = relation.operation
            if operation is None or not operation.inputs:
                continue
            passes = operation.keeps_arrival and relation.name in seen
            if passes or operation.reads_arrival:
                seen.add(operation.inputs[0].name)
        return seen

    def shared(self, outputs: Iterable[str]) -> list[str]:
        """The relations that several outputs are made of and that stand nearest to them.

        What is read by several outputs only through another shared relation is not listed, nor is a relation
        that a single other relation reads.
        """
        readers: dict[str, set[str]] = {}
        for output in outputs:
            readers.setdefault(output, set()).add(f"output {output}")
        for name in self.needed(list(readers)):
            for source in self.relations[name].inputs:
                readers.setdefault(source, set()).add(name)
        reached: dict[str, set[str]] = {}
        for output in dict.fromkeys(outputs):
            for name in self.needed([output]):
                reached.setdefault(name, set()).add(output)
        return [name for name in self.relations if len(readers.get(name, ())) > 1 and len(reached.get(name, ())) > 1]


def known_counts(graph: Graph, counted: Mapping[str, int]) -> dict[str, int]:
    """The row counts that were taken, and those that follow: what keeps every row has as many as its input."""
    counts = dict(counted)
    for relation in graph:
        operation = relation.operation
        if operation is not None and operation.keeps_count and operation.inputs[0].name in counts:
            counts.setdefault(relation.name, counts[operation.inputs[0].name])
    for relation in reversed(graph.relations.values()):
        operation = relation.operation
        if operation is not None and operation.keeps_count and relation.name in counts:
            counts.setdefault(operation.inputs[0].name, counts[relation.name])
    return counts
