"""The strict form: a document made by the schema for language models, in which mappings are lists of pairs."""

from __future__ import annotations

from ir.dialects.pieces import Made, Piece, elements, inside, without
from ir.dialects.saying import Saying

Parts = dict[str, Piece]
MARK = "x-form"
"""The key that tells a document in the strict form."""


def with_mappings(root: Parts, saying: Saying) -> Parts:
    """The document with its pairs as mappings; nothing is said, as nothing else is meant."""
    if MARK not in root or root[MARK].value != "strict":
        return root
    return {key: _mapped(each, saying) for key, each in without(root, MARK).items()}


def _mapped(piece: Piece, saying: Saying) -> Piece:
    value = piece.value
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if each is not None or _tests_for_null(key, value)}
        return Made({key: _mapped(inside(piece, key, each), saying) for key, each in kept.items()}, piece.at)
    if not isinstance(value, list):
        return piece
    if not value or not all(isinstance(each, dict) and set(each) == {"name", "value"} for each in value):
        return Made([_mapped(each, saying) for each in elements(piece)], piece.at)
    found: dict[str, Piece] = {}
    for each in elements(piece):
        name = each.value["name"]
        if not isinstance(name, str):
            saying.problems.error("IR110", "the name of a pair is no text", at=(*each.at, "name"))
        elif name in found:
            saying.problems.error("IR105", f'the name "{name}" stands twice', at=(*each.at, "name"))
        else:
            found[name] = _mapped(inside(each, "value", each.value["value"]), saying)
    return Made(found, piece.at)


def _tests_for_null(key: str, mapping: dict[str, object]) -> bool:
    """Whether a null under the key is more than absent: the value of a condition that compares with null."""
    return key == "value" and mapping.get("operator") in ("equals", "not_equals")
