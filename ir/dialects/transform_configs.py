"""Transforms in the original's words: other names of types, of keys, and of what stands under them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ir.dialects.aggregates import aggregates_of, reduced, separated
from ir.dialects.conditions import condition_rule
from ir.dialects.expressions import expression
from ir.dialects.pieces import Made, Piece, elements, member, members, plain, renamed, with_member, without, word
from ir.dialects.saying import Saying
from ir.records import dataclass

Parts = dict[str, Piece]

TYPES = {"dedupe": "deduplicate", "group": "aggregate", "group_by": "aggregate", "select": "map", "lookup": "enrich"}
"""Words of the original for a type."""


@dataclass(frozen=True, slots=True)
class Key:
    """The language's key for one of the original, and its value in the language's shape."""

    name: str
    shape: Callable[[Piece, Saying], Piece] = lambda piece, _: piece


def _listed(piece: Piece, _: Saying) -> Piece:
    return Made([piece], piece.at) if isinstance(piece.value, str) else piece


def _names(piece: Piece, _: Saying) -> Piece:
    """One name, names between commas, or a list of them."""
    return separated(piece)


def _expressions(piece: Piece, saying: Saying) -> Piece:
    if not isinstance(piece.value, Mapping):
        return piece
    return Made({key: expression(each, saying) for key, each in members(piece).items()}, piece.at)


_JOIN = {"join_key": Key("on", _listed), "key": Key("on", _listed), "join_type": Key("how"), "fields": Key("columns")}
KEYS: dict[str, dict[str, Key]] = {
    "map": {
        "mapping": Key("columns", _expressions),
        "column_mapping": Key("rename"),
        "header_mapping": Key("rename"),
        "fields": Key("select"),
    },
    "deduplicate": {key: Key("keys", _listed) for key in ("key_fields", "field", "key", "column", "fields")},
    "join": _JOIN,
    "enrich": _JOIN,
    "aggregate": {"groupBy": Key("group_by", _names)},
    "limit": {"count": Key("rows"), "limit": Key("rows")},
    "union": {"source": Key("sources", _listed)},
}
"""{type: {the original's key: the language's}}."""

_HAVE_A_SOURCE = frozenset({"join", "enrich", "union"})


def with_current_configs(root: Parts, saying: Saying) -> Parts:
    """The document with every transform in the language's words."""
    steps = root.get("transforms")
    if steps is None or not isinstance(steps.value, list):
        return root
    before = elements(steps)
    after: list[Piece] = []
    for step in before:
        new = _step(step, root, saying)
        if new is not None:
            after.append(new)
    if len(after) == len(before) and all(one is other for one, other in zip(before, after, strict=True)):
        return root
    rest = without(root, "transforms")
    return {**rest, "transforms": Made(after, steps.at)} if after else rest


def _step(step: Piece, root: Parts, saying: Saying) -> Piece | None:
    parts = members(step)
    kind = word(parts.get("type"))
    if kind is None:
        return step
    written = parts.get("config")
    config = members(written) if written is not None else {}
    if kind in ("group", "group_by") and not ({"aggregation", "aggregations", "aggregates"} & set(config)):
        return _grouping(step, config, root, saying)
    if kind in TYPES:
        saying.read_as(parts["type"], f"a transform of type {kind} is read as {TYPES[kind]}", on_key=False)
        step = with_member(step, "type", Made(TYPES[kind], parts["type"].at))
        kind = TYPES[kind]
    if "input" in parts and "input_source" not in parts:
        saying.read_as(parts["input"], "input is read as input_source")
        step = renamed(step, "input", "input_source")
    if written is None or not isinstance(written.value, Mapping):
        return step
    new, source = _config(kind, config, written, saying)
    if source is not None and member(step, "input_source") is None:
        step = with_member(step, "input_source", source)
    return step if new is None else with_member(step, "config", Made(new, written.at))


def _config(kind: str, config: Parts, written: Piece, saying: Saying) -> tuple[Parts | None, Piece | None]:
    """The config in the language's words, or None where it is already; and the input that it names."""
    new, source = dict(config), None
    if "source" in config and kind not in _HAVE_A_SOURCE:
        source = new.pop("source")
        saying.read_as(source, "config.source is read as input_source")
    if "lookup" in new and isinstance(new["lookup"].value, Mapping):
        looked_up = new.pop("lookup")
        saying.read_as(looked_up, "lookup is read as source, on and columns")
        new |= members(looked_up)
    for old, key in KEYS.get(kind, {}).items():
        if old in new and key.name != old and key.name not in new:
            piece = new.pop(old)
            if old not in ("key", "fields") or "lookup" not in config:
                saying.read_as(piece, f"{old} is read as {key.name}")
            new[key.name] = key.shape(piece, saying)
    special = _SPECIAL.get(kind)
    if special is not None:
        new = special(new, written, saying)
    same = len(new) == len(config) and all(each is config.get(key) for key, each in new.items())
    return (None if same else new), source


def _sort(config: Parts, written: Piece, saying: Saying) -> Parts:
    by = config.get("sort_by") or config.get("field")
    if by is None or "by" in config:
        return config
    name = "sort_by" if "sort_by" in config else "field"
    order = config.get("order") or config.get("direction")
    direction = str(plain(order)).lower()[:4].removesuffix("e") if order is not None else None
    direction = {"asc": "asc", "desc": "desc", "des": "desc"}.get(direction or "", direction)
    keys = elements(by) if isinstance(by.value, list) else [by]
    if direction is not None:
        keys = [
            Made({"field": each, "direction": direction}, each.at) if word(each) is not None else each for each in keys
        ]
    saying.read_as(by, f"{name}{' with order' if order is not None else ''} is read as by")
    return {**without(config, "sort_by", "field", "order", "direction"), "by": Made(keys, by.at)}


def _aggregate(config: Parts, written: Piece, saying: Saying) -> Parts:
    by = config.get("group_by")
    if by is not None and isinstance(by.value, str):
        saying.read_as(by, "group_by as text is read as a list")
        config = {**config, "group_by": separated(by)}
    if by is None and "aggregations" in config and "field" in config:
        saying.read_as(config["field"], "field is read as group_by")
        config = {**without(config, "field"), "group_by": separated(config["field"])}
    return aggregates_of(config, written, saying)


def _filter(config: Parts, written: Piece, saying: Saying) -> Parts:
    if "condition" in config:
        condition = config["condition"]
        rest = without(config, "condition")
        if isinstance(condition.value, str):
            saying.read_as(condition, "condition is read as where")
            return {**rest, "where": expression(condition, saying)}
        saying.read_as(condition, "condition is read as conditions")
        group = filter_group(condition_rule(condition, saying) or condition)
        return {**rest, **members(group)}
    if "field" in config and "operator" in config:
        saying.read_as(config["field"], "field, operator and value are read as one of conditions")
        single = Made({key: config[key] for key in ("field", "operator", "value") if key in config}, written.at)
        return {**without(config, "field", "operator", "value"), "conditions": Made([single], written.at)}
    if "filters" in config:
        saying.read_as(config["filters"], "filters is read as conditions")
        return {**without(config, "filters"), "conditions": config["filters"]}
    return config


def filter_group(condition: Piece) -> Piece:
    """A condition of any of the original's shapes as a FilterGroup."""
    parts = members(condition)
    if isinstance(condition.value, list):
        return Made({"conditions": condition}, condition.at)
    if "field" in parts:
        return Made({"conditions": Made([Made(without(parts, "type"), condition.at)], condition.at)}, condition.at)
    if "type" not in parts:
        return condition
    tests = [(each, member(each, "conditions") is not None) for each in elements(parts.get("conditions"))]
    found: Parts = {key: parts[key] for key in ("combineWith",) if key in parts}
    single = [Made(without(members(each), "type"), each.at) for each, nested in tests if not nested]
    groups = [filter_group(each) for each, nested in tests if nested]
    if single:
        found["conditions"] = Made(single, condition.at)
    if groups:
        found["groups"] = Made(groups, condition.at)
    return Made(found, condition.at)


def _flatten(config: Parts, written: Piece, saying: Saying) -> Parts:
    depth = config.get("depth")
    if depth is None:
        return config
    if plain(depth) != 1:
        saying.refuse(depth, f"flatten opens one level, not {plain(depth)}", hint="write one step for each level")
    else:
        saying.left_out(depth, "depth 1 is what flatten does")
    return without(config, "depth")


def _pivot(config: Parts, written: Piece, saying: Saying) -> Parts:
    old = [key for key in ("rowKey", "columnKey", "valueKey") if key in config]
    if not old:
        return config
    names = {key: plain(config[key]) for key in old}
    hint = (
        f"write config: {{index: [{names.get('rowKey', '…')}], columns: {names.get('columnKey', '…')}, "
        f"values: {names.get('valueKey', '…')}, function: …}} with sum, mean, min, max, count or first"
    )
    saying.refuse(
        config[old[0]], "the original kept the last of several values for one cell, whichever that was", hint=hint
    )
    return config


def _join(config: Parts, written: Piece, saying: Saying) -> Parts:
    left, right = config.get("left_key"), config.get("right_key")
    if left is None or right is None or word(left) is None or word(right) is None:
        return config
    saying.read_as(left, "left_key and right_key are read as on")
    return {**without(config, "left_key", "right_key"), "on": Made({str(left.value): right}, left.at)}


_SPECIAL: dict[str, Callable[[Parts, Piece, Saying], Parts]] = {
    "sort": _sort,
    "aggregate": _aggregate,
    "reduce": reduced,
    "filter": _filter,
    "flatten": _flatten,
    "pivot": _pivot,
    "join": _join,
    "enrich": _join,
}


def _grouping(step: Piece, config: Parts, root: Parts, saying: Saying) -> Piece | None:
    """A step that only makes groups is the document's grouping."""
    by = next((config[key] for key in ("group_by", "field", "groupBy", "column") if key in config), None)
    kind = member(step, "type")
    assert kind is not None
    if by is None or "grouping" in root:
        seen = "names no column" if by is None else "stands beside the document's grouping"
        saying.refuse(
            kind,
            f"a step of type {kind.value} without aggregates {seen}",
            on_key=False,
            hint="write grouping: {group_by: …} for deliveries per group, or type aggregate with aggregates",
        )
        return None
    saying.read_as(kind, f"a step of type {kind.value} without aggregates is read as grouping", on_key=False)
    root["grouping"] = Made({"group_by": separated(by)}, step.at)
    return None
