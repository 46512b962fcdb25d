"""Conditions as the original's documents write them: its runtime's operators, values that say nothing, loose fields."""

from __future__ import annotations

import re

from ir.dialects.pieces import (
    EACH,
    NESTED,
    Made,
    Piece,
    elements,
    member,
    members,
    plain,
    replaced,
    with_member,
    without,
    word,
)
from ir.dialects.saying import Saying

_OPERATORS = {
    "exists": "is_not_null",
    "not_exists": "is_null",
    "matches": "matches_regex",
    "regex": "matches_regex",
    "eq": "equals",
    "ne": "not_equals",
    "gt": "greater_than",
    "lt": "less_than",
    "gte": "greater_than_or_equals",
    "lte": "less_than_or_equals",
    "==": "equals",
    "=": "equals",
    "!=": "not_equals",
    "<>": "not_equals",
    ">": "greater_than",
    "<": "less_than",
    ">=": "greater_than_or_equals",
    "<=": "less_than_or_equals",
}
_PREFIXED = re.compile(r"(?:\{\{\s*)?(?:item|data)\.([A-Za-z_]\w*)(?:\s*\}\})?")


def original_condition(piece: Piece, saying: Saying) -> Piece | None:
    """One condition in the language's words; None for one that the original dropped because it tests nothing."""
    parts = members(piece)
    operator, value = parts.get("operator"), parts.get("value")
    if operator is not None and operator.value == "contains" and (value is None or value.value == ""):
        saying.differs(
            operator,
            "contains with nothing to look for: the original dropped this condition, and so is it left out here",
        )
        return None
    name = _OPERATORS.get(word(operator) or "")
    if operator is not None and name is not None:
        saying.read_as(operator, f'the operator "{operator.value}" is read as {name}', on_key=False)
        piece = with_member(piece, "operator", Made(name, operator.at))
    field = parts.get("field")
    prefixed = _PREFIXED.fullmatch(field.value) if field is not None and isinstance(field.value, str) else None
    if field is not None and prefixed:
        saying.read_as(field, f'the field "{field.value}" is read as {prefixed[1]}', on_key=False)
        piece = with_member(piece, "field", Made(prefixed[1], field.at))
    return piece


def condition_rule(piece: Piece, saying: Saying) -> Piece | None:
    """The condition of a branch: a FilterGroup, or the original's {type simple | complex}."""
    if member(piece, "type") is None:
        return as_original_filters(piece, saying) or piece
    if member(piece, "conditions") is None:
        return original_condition(piece, saying) or piece
    return replaced(piece, ("conditions", EACH), lambda each: condition_rule(each, saying)) or piece


def as_original_filters(piece: Piece, saying: Saying) -> Piece | None:
    """A FilterGroup or list of conditions of a 2.0 or 3.0 document; None when nothing of it is left."""
    pattern = (EACH,) if isinstance(piece.value, list) else (NESTED, "conditions", EACH)
    if member(piece, "combineWith") is not None and plain(member(piece, "combineWith")) == "OR":
        _check_or(piece, saying)
    new = replaced(piece, pattern, lambda each: original_condition(each, saying))
    return None if new is None or (new is piece and _is_empty(piece)) else (piece if new is piece else _pruned(new))


def _check_or(piece: Piece, saying: Saying) -> None:
    groups, conditions = elements(member(piece, "groups")), elements(member(piece, "conditions"))
    if groups and len(groups) + len(conditions) > 1:
        saying.differs(
            members(piece)["groups"],
            "the original joined groups by AND whatever combineWith said; here the OR holds over conditions and groups",
        )


def _is_empty(piece: Piece) -> bool:
    value = plain(piece)
    return value == [] or (isinstance(value, dict) and not value.get("conditions") and not value.get("groups"))


def _pruned(piece: Piece) -> Piece | None:
    """The group without groups that hold nothing any more."""
    if not isinstance(piece.value, dict):
        return None if _is_empty(piece) else piece
    kept = [new for each in elements(member(piece, "groups")) if (new := _pruned(each)) is not None]
    parts = members(piece)
    rest = without(parts, "groups")
    if kept:
        rest["groups"] = Made(kept, parts["groups"].at)
    found = Made(rest, piece.at)
    return None if _is_empty(found) else found
