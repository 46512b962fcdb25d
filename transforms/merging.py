"""data_merge: how several sources become one frame (section 4)."""

from __future__ import annotations

from collections.abc import Sequence

from ir.diagnostics import Pointer
from ir.expressions import Call, Expression
from ir.model.merge import DataMerge, JoinConfig
from ir.types import Schema
from transforms.building import Building, column_tree
from transforms.enrich import check_unique, checked_keys
from transforms.expressions.widening import common_type
from transforms.frame import Frame
from transforms.join import How, free_names, join
from transforms.map import Map
from transforms.operation import Operation
from transforms.union import union


def merge_sources(config: DataMerge, frames: Sequence[Frame], building: Building) -> Operation | None:
    """The operation that makes `data` of the sources in order, or None after errors."""
    if config.strategy == "union":
        places: list[Pointer] = [("strategy",)] * len(frames)
        if config.sources is not None:
            places = [("sources", index) for index in range(len(frames))]
        return union(frames, building, places)
    result: Frame = frames[0]
    operation: Operation | None = None
    for step, right in enumerate(frames[1:]):
        keys = config.join_config[min(step, len(config.join_config) - 1)]
        at: tuple[str | int, ...] = ("join_config", step) if len(config.join_config) > 1 else ("join_config",)
        made = (_merged if config.strategy == "merge" else _joined)(config, keys, result, right, building, at)
        if made is None:
            return None
        operation = made
        if step < len(frames) - 2:
            result = building.add_hidden(f"{result.name}_{right.name}", made)
    return operation


def _on(keys: JoinConfig, left: Frame, right: Frame, building: Building, at: Pointer) -> list[tuple[str, str]] | None:
    pairs = list(zip(keys.left_key or (), keys.right_key or (), strict=True))
    places: list[tuple[Pointer, Pointer]] = [
        ((*at, "left_key", index), (*at, "right_key", index)) for index in range(len(pairs))
    ]
    return checked_keys(pairs, left, right, building, places)


def _joined(
    config: DataMerge, keys: JoinConfig, left: Frame, right: Frame, building: Building, at: tuple[str | int, ...]
) -> Operation | None:
    how: How = "left" if config.strategy == "left_join" else keys.how or "inner"
    on = _on(keys, left, right, building, at)
    if on is None:
        return None
    wanted = {name: name for name in right.schema if name not in {key for _, key in on}}
    if how in {"semi", "anti"}:
        wanted = {}
    taken, clashes = free_names(wanted, left.schema, keys.suffix if keys.suffix is not None else f"_{right.name}")
    for clash in clashes:
        building.error("IR403", f'the name "{clash}" would stand for two columns', *at, hint="write another suffix")
    _check_relationship(keys, left, right, on, building, at)
    return None if clashes else join(left, right, how=how, on=on, taken=taken)


def _check_relationship(
    keys: JoinConfig,
    left: Frame,
    right: Frame,
    on: Sequence[tuple[str, str]],
    building: Building,
    at: tuple[str | int, ...],
) -> None:
    one_left, _, one_right = (keys.relationship or "many_to_many").partition("_to_")
    for side, frame, names in ((one_left, left, [name for name, _ in on]), (one_right, right, [key for _, key in on])):
        if side == "one":
            check_unique(
                frame,
                names,
                building,
                at=(*building.at, *at),
                message=f'the join is said to be {keys.relationship}, but a key stands twice in "{frame.name}"',
                hint="deduplicate it first, or write another relationship",
            )


def _merged(
    config: DataMerge, keys: JoinConfig, left: Frame, right: Frame, building: Building, at: tuple[str | int, ...]
) -> Operation | None:
    """A full join in which the later source's non-null values win."""
    on = _on(keys, left, right, building, at)
    if on is None:
        return None
    right_keys = {key for _, key in on}
    names = set(left.schema) | set(right.schema)
    aside = {name: _aside(name, names) for name in right.schema if name in left.schema and name not in right_keys}
    wanted = {aside.get(name, name): name for name in right.schema if name not in right_keys}
    taken, clashes = free_names(wanted, left.schema, f"_{right.name}")
    if clashes:
        building.error("IR403", f'the name "{clashes[0]}" would stand for two columns', *at, hint="rename it first")
        return None
    for name in aside:
        if common_type([left.schema[name], right.schema[name]]) is None:
            building.error(
                "IR406",
                f'"{name}" is {left.schema[name]} before and {right.schema[name]} in "{right.name}"',
                *at,
                hint=building.cast_hint(name, "string"),
            )
            return None
    for frame, columns in ((left, [name for name, _ in on]), (right, [key for _, key in on])):
        check_unique(
            frame,
            columns,
            building,
            at=building.at,
            message=f'a key stands twice in "{frame.name}"',
            hint="strategy merge makes one row a key: deduplicate the source first",
        )
    both = building.add_hidden(f"{left.name}_with_{right.name}", join(left, right, how="full", on=on, taken=taken))
    return _later_wins(both, aside, building)


def _aside(name: str, taken: set[str]) -> str:
    candidate = f"{name}__later"
    while candidate in taken:
        candidate += "_"
    return candidate


def _later_wins(rows: Frame, aside: dict[str, str], building: Building) -> Map:
    scope = building.scope(rows.schema)
    outputs = []
    for name in rows.schema:
        if name in aside.values():
            continue
        tree: Expression = column_tree(name)
        if name in aside:
            tree = Call("coalesce", (column_tree(aside[name]), tree), (0, 0))
        bound = building.bound_tree(tree, scope)
        assert bound is not None
        outputs.append((name, bound))
    return Map(
        inputs=(rows,),
        schema=Schema((name, bound.type) for name, bound in outputs),
        formats=rows.formats_of(name for name, _ in outputs),
        keeps_arrival=True,
        keeps_count=True,
        outputs=tuple(outputs),
        notes="later values win",
    )
