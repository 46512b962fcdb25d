"""The original's free words for what a source is there for."""

from __future__ import annotations

from ir.dialects.pieces import Made, Piece
from ir.dialects.saying import Saying

_ROLES = ("primary", "deduplicate", "existing", "destination")
_DEDUPLICATE = ("reference", "lookup", "existing", "dedup", "check_against")
"""A role with one of these in it was a reference to deduplicate against, so are reference_store and the like."""


def exact_role(role: Piece, saying: Saying) -> Piece | None:
    """The role in the language's word; None for one that said nothing to the original either."""
    text = role.value
    if not isinstance(text, str) or text in _ROLES:
        return role
    folded = text.casefold().strip()
    if folded in _ROLES:
        return Made(folded, role.at)
    if any(each in folded for each in _DEDUPLICATE):
        saying.problems.warning(
            "IR213",
            f'role "{text}" is read as deduplicate: rows that stand in this source are dropped',
            at=role.at,
            hint="write role: deduplicate",
        )
        return Made("deduplicate", role.at)
    saying.problems.warning("IR213", f'role "{text}" says nothing to the engine and is left out', at=role.at)
    return None


def is_exact(role: Piece) -> bool:
    """Whether the role is one of the language's words."""
    return isinstance(role.value, str) and role.value.casefold().strip() in _ROLES
