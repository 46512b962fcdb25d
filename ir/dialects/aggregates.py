"""Aggregates in the original's words: aggregations[], or one aggregation of one field."""

from __future__ import annotations

from ir.dialects.expressions import column
from ir.dialects.pieces import Made, Piece, elements, member, plain, without, word
from ir.dialects.saying import Saying

Parts = dict[str, Piece]
_FUNCTIONS = {"average": "avg", "mean": "avg", "distinct_count": "count_distinct", "minimum": "min", "maximum": "max"}


def separated(piece: Piece) -> Piece:
    """A list of names: of one text, what stands between its commas."""
    if not isinstance(piece.value, str):
        return piece
    return Made([Made(each.strip(), piece.at) for each in piece.value.split(",") if each.strip()], piece.at)


def aggregates_of(config: Parts, written: Piece, saying: Saying) -> Parts:
    """The config of an aggregate with `aggregates` in place of the original's keys."""
    if "aggregates" in config and isinstance(config["aggregates"].value, list) and "aggregations" not in config:
        config = {**without(config, "aggregates"), "aggregations": config["aggregates"]}
    if "aggregations" in config and "aggregates" not in config:
        several = config["aggregations"]
        saying.read_as(several, "aggregations is read as aggregates {name: expression}")
        found: dict[str, Piece] = {}
        for each in elements(several):
            name, made = _aggregate(member(each, "operation"), member(each, "field"), each)
            found[word(member(each, "alias")) or name] = made
        return {**without(config, "aggregations"), "aggregates": Made(found, several.at)}
    if "aggregation" in config and "aggregates" not in config:
        single = config["aggregation"]
        saying.read_as(single, "aggregation and field are read as aggregates {name: expression}")
        name, made = _aggregate(single, config.get("field"), single)
        return {**without(config, "aggregation", "field"), "aggregates": Made({name: made}, single.at)}
    return config


def reduced(config: Parts, written: Piece, saying: Saying) -> Parts:
    """The config of a reduce: one reducer of one field, which begins with what it begins with."""
    key = next((each for each in ("reducer", "aggregation", "operation") if each in config), None)
    if key is None:
        return aggregates_of(config, written, saying)
    reducer = config[key]
    if reducer.value in ("concat", "merge"):
        saying.refuse(
            reducer,
            f"a reduce by {reducer.value} has no aggregate of that name",
            hint="write aggregates: {texts: \"string_agg(name, ', ')\"} or {rows: list(name)}",
        )
        return config
    for each in ("initialValue", "initial_value"):
        if each in config:
            saying.left_out(config[each], f"{each} has no meaning for an aggregate")
    rest = without(config, key, "initialValue", "initial_value")
    return aggregates_of({**rest, "aggregation": reducer}, written, saying)


def _aggregate(operation: Piece | None, field: Piece | None, at: Piece) -> tuple[str, Piece]:
    """The name the original's aggregate gets, and its expression."""
    function = str(plain(operation) if operation is not None else "count").lower()
    function = _FUNCTIONS.get(function, function)
    name = word(field)
    if name is None or (name, function) == ("*", "count"):
        return function, Made(f"{function}(*)", at.at)
    if function == "count_distinct":
        return f"{function}_{name}", Made(f"count(distinct {column(name)})", at.at)
    return f"{function}_{name}", Made(f"{function}({column(name)})", at.at)
