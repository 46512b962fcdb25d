"""Execution graphs 4.0 as operations, branches and loops: `next` is followed, and where branches meet they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ir.diagnostics import Pointer
from ir.migrating.program import Arm, Block, Choice, Kind, Loop, Operation, Part, Refused, Together, Words
from ir.migrating.retries import constraints_of
from ir.migrating.shapes import mapping, mappings, text

_SETTINGS: dict[str, Kind] = {
    "fetch": "fetch",
    "transform": "transform",
    "ai": "ai",
    "deliver": "deliver",
    "file_op": "file",
}


class Graph:
    """The nodes of one graph, read from its start."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        nodes = written.get("nodes")
        if isinstance(nodes, list):
            nodes = {str(each.get("id", index)): each for index, each in enumerate(nodes) if isinstance(each, dict)}
        self.nodes: dict[str, Words] = {name: each for name, each in mapping(nodes).items() if isinstance(each, dict)}
        self.start = str(written.get("start") or next(iter(self.nodes), ""))
        self.seen: set[str] = set()

    def program(self) -> Block:
        """The whole graph; nodes that nothing leads to come last, refused."""
        found = list(self._block(self.start, frozenset()))
        for name, node in self.nodes.items():
            if name not in self.seen and node.get("type") != "end":
                found.append(
                    Refused(
                        at=self._at(name),
                        name=name,
                        why="nothing leads to this node",
                        question="is it needed? write the step where it belongs, or leave it out",
                        was=node,
                    )
                )
        return found

    def _block(self, start: str | None, ends: frozenset[str]) -> Block:
        """What is done from `start` on, up to one of `ends`."""
        found: list[Part] = []
        at = start
        while at is not None and at not in ends and at in self.nodes:
            if at in self.seen:
                if self.nodes[at].get("type") != "end":
                    found.append(
                        Refused(
                            at=self._at(at),
                            name=at,
                            why="the graph comes to this node a second time",
                            question="write the step once for each way that leads to it",
                        )
                    )
                break
            self.seen.add(at)
            node, name = self.nodes[at], at
            at = _single(node.get("next"))
            match node.get("type"):
                case "operation":
                    found.append(self._operation(name, node))
                case "choice":
                    made, at = self._choice(name, node, ends)
                    found.append(made)
                case "loop":
                    found.append(self._loop(name, node))
                case "parallel":
                    made_parts, at = self._parallel(name, node, ends)
                    found += made_parts
                case "end":
                    pass
                case other:
                    found.append(
                        Refused(
                            at=self._at(name),
                            name=name,
                            why=f'"{other}" is no type of node',
                            question="what does it do?",
                            was=node,
                        )
                    )
        if at is not None and at not in ends and at not in self.nodes:
            found.append(
                Refused(
                    at=("execution_graph", "nodes"),
                    name=at,
                    why="a node leads here, and there is none",
                    question="which step comes next?",
                )
            )
        return found

    def _operation(self, name: str, node: Words) -> Part:
        settings = mapping(node.get("operation"))
        kind = settings.get("operation_type")
        own = _SETTINGS.get(str(kind))
        words = mapping(settings.get(str(kind)))
        if own is None or not isinstance(words, Mapping):
            return Refused(
                at=self._at(name),
                name=name,
                why=f'"{kind}" is no kind of operation',
                question="what does it do?",
                was=node,
                output=_output(node),
            )
        made, open_ = constraints_of(node.get("error_handler"))
        return Operation(
            at=self._at(name),
            name=name,
            kind=own,
            words=dict(words),
            output=_output(node),
            inputs=tuple(_path(each) for each in mappings(node.get("inputs"))),
            settings={**made, **({"open": open_} if open_ else {})},
            description=text(node.get("description")) or text(settings.get("description")),
        )

    def _choice(self, name: str, node: Words, ends: frozenset[str]) -> tuple[Part, str | None]:
        """The choice, and the node at which its branches meet."""
        settings = mapping(node.get("choice"))
        rules = mappings(settings.get("rules"))
        starts = [str(each.get("next")) for each in rules]
        default = settings.get("default")
        meet = self._meeting([*starts, *([str(default)] if default else [])], ends)
        inner = ends | ({meet} if meet else set())
        arms = [Arm(condition=each.get("condition"), body=self._block(str(each.get("next")), inner)) for each in rules]
        otherwise = self._block(str(default), inner) if default else ()
        return Choice(at=self._at(name), name=name, arms=arms, otherwise=otherwise), meet

    def _loop(self, name: str, node: Words) -> Part:
        settings = mapping(node.get("loop"))
        after = _single(node.get("next"))
        start = settings.get("body_start")
        ends = frozenset({name, *([after] if after and after != start else [])})
        body = self._block(text(start), ends)
        if settings.get("exit_condition"):
            body = [
                *body,
                Refused(
                    at=(*self._at(name), "loop", "exit_condition"),
                    name=f"{name}.exit_condition",
                    why="rows have no order in which one of them could end the others",
                    question="which rows are meant? write them as a filter before the step",
                    was=settings["exit_condition"],
                ),
            ]
        return Loop(
            at=self._at(name),
            name=name,
            over=str(settings.get("iterate_over") or ""),
            item=str(settings.get("item_variable") or "item"),
            body=body,
            output=text(settings.get("output_variable")) or _output(node),
            at_once=_whole(settings.get("concurrency")),
        )

    def _parallel(self, name: str, node: Words, ends: frozenset[str]) -> tuple[list[Part], str | None]:
        settings = mapping(node.get("parallel"))
        branches = [str(each.get("start")) for each in mappings(settings.get("branches"))]
        branches = branches or [str(each) for each in _listed(node.get("next"))]
        after = _single(node.get("next")) if settings.get("branches") else None
        meet = after or self._meeting(branches, ends)
        inner = ends | ({meet} if meet else set())
        found: list[Part] = [
            Together(at=self._at(name), name=name, blocks=[self._block(each, inner) for each in branches])
        ]
        if settings.get("wait_strategy") not in (None, "all"):
            found.append(
                Refused(
                    at=(*self._at(name), "parallel", "wait_strategy"),
                    name=name,
                    why="every step of a run is waited for, not any or some of them",
                    question="which of the branches is needed?",
                    was={"wait_strategy": settings["wait_strategy"]},
                )
            )
        return found, meet

    def _meeting(self, starts: Sequence[str], ends: frozenset[str]) -> str | None:
        """The first node that all of `starts` lead to."""
        ways = [self._reached(each, ends) for each in starts]
        if not ways:
            return None
        common = [each for each in ways[0] if all(each in way for way in ways[1:])]
        return next((each for each in common), None)

    def _reached(self, start: str, ends: frozenset[str]) -> list[str]:
        """The nodes from `start` on, nearest first, without those inside loops."""
        found: list[str] = []
        waiting = [start]
        while waiting:
            at = waiting.pop(0)
            if at in found:
                continue
            found.append(at)
            if at in ends or at not in self.nodes:
                continue
            node = self.nodes[at]
            choice = mapping(node.get("choice"))
            waiting += [str(each.get("next")) for each in mappings(choice.get("rules"))]
            waiting += [str(choice["default"])] if choice.get("default") else []
            waiting += [str(each) for each in _listed(node.get("next"))]
            branches = mappings(mapping(node.get("parallel")).get("branches"))
            waiting += [str(each.get("start")) for each in branches]
        return found

    @staticmethod
    def _at(name: str) -> Pointer:
        return ("execution_graph", "nodes", name)


def _output(node: Words) -> str | None:
    for each in mappings(node.get("outputs")):
        if text(each.get("variable")):
            return str(each["variable"])
    return None


def _path(binding: Mapping[str, Any]) -> str:
    variable, path = str(binding.get("variable") or ""), binding.get("path")
    return f"{variable}.{path}" if path else variable


def _single(written: Any) -> str | None:
    found = _listed(written)
    return str(found[0]) if len(found) == 1 else None


def _listed(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [] if written is None else [written]


def _whole(written: Any) -> int | None:
    return written if isinstance(written, int) and not isinstance(written, bool) and written > 0 else None
