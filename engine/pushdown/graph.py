"""A graph whose first steps run in the databases that its rows come from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from connectors.databases.relation import DatabaseRelation
from engine.graph import Graph, Relation
from engine.pushdown.collections import with_filters
from engine.pushdown.names import check_names
from engine.pushdown.needs import needed_columns
from engine.pushdown.operations import Pushed, pushed
from engine.pushdown.refusal import NotPushed
from engine.pushdown.rows import Rows
from ir.records import dataclass
from transforms.expressions import Clock
from transforms.filter import keep_where
from transforms.map import Map
from transforms.sort import Sort

SHARED = "several steps read the rows below it, which are read once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushdown:
    """What an engine computes, and what databases do before.

    `graph` has a source for each statement, under the name of the last relation that it holds.
    """

    graph: Graph
    statements: Mapping[str, DatabaseRelation] = field(default_factory=dict)
    """By the name of the relation whose rows they give."""
    inside: Mapping[str, str] = field(default_factory=dict)
    """{relation: the one whose statement it is part of}; sources are part of one too."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """{relation: why it, or a part of it, is not}, of those that read a database's rows."""


def push_down(graph: Graph, outputs: Collection[str], *, clock: Clock, is_wanted: bool = True) -> Pushdown:
    """The graph for these outputs. Without `is_wanted` only columns are left out."""
    if is_wanted:
        graph = with_filters(graph, outputs)
    if not any(isinstance(each.source, DatabaseRelation) for each in graph):
        return Pushdown(graph=graph)
    return _Pushing(graph, outputs, clock).pushdown(is_wanted=is_wanted)


class _Pushing:
    def __init__(self, graph: Graph, outputs: Collection[str], clock: Clock) -> None:
        self._graph = graph
        self._outputs = set(outputs)
        self._clock = clock
        self._names = graph.needed(outputs)
        self._done: dict[str, Pushed] = {}
        self._outside: dict[str, str] = {}
        self._readers: dict[str, list[str]] = {name: [] for name in self._names}
        for name in self._names:
            for each in graph[name].inputs:
                self._readers[each].append(name)

    def pushdown(self, *, is_wanted: bool) -> Pushdown:
        for name in self._names:
            relation = self._graph[name]
            if isinstance(relation.source, DatabaseRelation):
                self._done[name] = Pushed(rows=Rows.of(relation.source))
            elif is_wanted and relation.operation is not None:
                self._push(relation)
        self._leave_sorts()
        return self._made()

    def _push(self, relation: Relation) -> None:
        operation = relation.operation
        assert operation is not None
        if not any(each in self._done for each in relation.inputs):
            return
        try:
            done = pushed(operation, self._inputs(relation), self._clock)
            check_names(done.rows)
            self._done[relation.name] = done
        except NotPushed as problem:
            self._outside[relation.name] = str(problem)

    def _inputs(self, relation: Relation) -> list[Rows]:
        """The rows that the relation reads, all of them inside a database and read by nobody else."""
        found: list[Rows] = []
        for each in relation.inputs:
            below = self._done.get(each)
            if below is None:
                raise NotPushed(f'"{each}" is not of that database')
            if below.rest is not None:
                raise NotPushed(f'a part of "{each}" is done here')
            if len(self._readers[each]) > 1 or each in self._outputs:
                raise NotPushed(SHARED)
            found.append(below.rows)
        return found

    def _leave_sorts(self) -> None:
        """What stands at the end and saves nothing is left to the engine.

        A sort costs the server more there; columns that are left out are not asked for anyway, and where rows may be
        bad they would have to be looked for before.
        """
        for name in reversed(self._names):
            operation = self._graph[name].operation
            is_last = name in self._done and not any(each in self._done for each in self._readers[name])
            if is_last and isinstance(operation, Sort) and operation.limit is None:
                del self._done[name]
                self._outside[name] = "the same rows are put in order here"
            elif is_last and isinstance(operation, Map) and self._done[operation.inputs[0].name].rows.has_misfits:
                del self._done[name]
                self._outside[name] = "columns that are not read are not asked for anyway"

    def _made(self) -> Pushdown:
        roots = [name for name in self._names if name in self._done and not self._is_inside(name)]
        graph = Graph()
        sources: dict[str, str] = {}
        for name in self._names:
            relation = self._graph[name]
            if name not in self._done:
                graph.add(relation)
            elif name in roots:
                sources[name] = self._add_root(relation, graph)
        needs = needed_columns(graph, self._outputs)
        ordered = graph.ordered(self._outputs)
        statements: dict[str, DatabaseRelation] = {}
        for name, source in sources.items():
            relation = graph[source]
            statements[name] = self._final(relation, needs[source], is_ordered=source in ordered)
            graph.relations[source] = replace(relation, source=statements[name])
        outside = {**self._outside, **{name: done.why for name, done in self._done.items() if done.rest is not None}}
        inside = {each: name for name in roots for each in self._below(name)}
        return Pushdown(graph=graph, statements=statements, inside=inside, outside=outside)

    def _is_inside(self, name: str) -> bool:
        """Whether the relation is part of another one's statement."""
        readers = self._readers[name]
        return name not in self._outputs and bool(readers) and all(each in self._done for each in readers)

    def _add_root(self, relation: Relation, graph: Graph) -> str:
        """Add the relation as a source, with the rest of it behind where there is one; the source's name."""
        done = self._done[relation.name]
        frame, operation = relation.frame, relation.operation
        source = replace(done.rows.relation, looked_at=done.rows.looked_at)
        if done.rest is None:
            graph.add(replace(relation, source=source, operation=None, word=relation.kind))
            return relation.name
        assert operation is not None
        read = replace(frame, name=self._graph.free_name(f"{frame.name}_read", graph.relations))
        graph.add(Relation(frame=read, at=relation.at, step=relation.step, source=source, hidden=True))
        rest = keep_where(read, done.rest, operation.summary())
        graph.add(replace(relation, operation=rest, word=relation.kind))
        return read.name

    def _final(self, relation: Relation, needs: set[str], *, is_ordered: bool) -> DatabaseRelation:
        source = relation.source
        assert isinstance(source, DatabaseRelation)
        wanted = tuple(each.name for each in source.columns if each.name in needs or each.name in source.fallible)
        keeps_order = is_ordered or source.limit is not None or bool(source.offset)
        return replace(source, name=relation.name, order=source.order if keeps_order else (),
                       wanted=wanted or tuple(each.name for each in source.columns[:1]),
                       single=relation.frame.single)  # fmt: skip

    def _below(self, name: str) -> list[str]:
        """The relations of a statement, the source first."""
        found = {name}
        for each in reversed(self._names):
            if each in self._done and each not in found and set(self._readers[each]) <= found and self._is_inside(each):
                found.add(each)
        return [each for each in self._names if each in found]
