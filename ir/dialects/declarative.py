"""The original's declarative dialect, 2.0 and 3.0: its looser words and the keys that nothing there ever read."""

from __future__ import annotations

import re
from functools import partial
from typing import Protocol

from ir.dialects.conditions import as_original_filters, condition_rule
from ir.dialects.pieces import EACH, Made, Pattern, Piece, member, members, plain, replaced, with_member, word
from ir.dialects.saying import Saying


class Translate(Protocol):
    """A rule of the table."""

    def __call__(self, piece: Piece, saying: Saying) -> Piece | None:
        """What stands in the piece's place: itself, another piece, or nothing."""
        ...


Table = tuple[tuple[Pattern, Translate], ...]

_META_STATS = re.compile(r"number_of_.+|num_.+|.+_(?:scanned|processed|extracted)|.+_with_.+")
_KNOWN_STATS = re.compile(r"count|total_count|row_count|(?:sum|total|average|avg|min|max)_.+")
_COUNTS = ("total_records", "record_count")
_ERRORS = {
    "rate_limit": ("429", "quota", "too_many_requests", "rate_limited", "rate_limit_exceeded"),
    "timeout": ("etimedout", "timed_out", "504"),
    "network_error": ("econnreset", "econnrefused", "enotfound", "network", "connection_error"),
    "server_error": ("500", "502", "5xx", "internal_error", "bad_gateway"),
    "temporary_failure": ("503", "service_unavailable", "temporary", "unavailable"),
}
_ERROR_WORDS = {other: name for name, others in _ERRORS.items() for other in (name, *others)}


def _dropped(what: str) -> Translate:
    def rule(piece: Piece, saying: Saying) -> Piece | None:
        saying.left_out(piece, what)
        return None

    return rule


def _stat(piece: Piece, saying: Saying) -> Piece | None:
    name = piece.value
    if not isinstance(name, str):
        return piece
    if name in _COUNTS:
        saying.read_as(piece, f'the summary "{name}" is read as count')
        return Made("count", piece.at)
    if _META_STATS.fullmatch(name):
        saying.left_out(piece, f'the summary "{name}" names no column')
        return None
    if _KNOWN_STATS.fullmatch(name):
        return piece
    saying.read_as(piece, f'the summary "{name}" is read as sum_{name}')
    return Made(f"sum_{name}", piece.at)


def _grouping(piece: Piece, saying: Saying) -> Piece | None:
    by = member(piece, "group_by")
    if isinstance(piece.value, dict) and (by is None or plain(by) in ("", "none", [])):
        seen = "without group_by" if by is None else f'by "{plain(by)}"'
        saying.left_out(piece, f"a grouping {seen} makes no groups")
        return None
    return piece


def _engine(piece: Piece, saying: Saying) -> Piece | None:
    """An engine without a template: the original never read either."""
    engine = member(piece, "engine")
    if engine is None or engine.value == "none" or word(member(piece, "template")):
        return piece
    saying.left_out(engine, "an engine without a template renders nothing")
    return with_member(piece, "engine", None)


def failure_named(text: str) -> str | None:
    """The class of failure that the original's word means, if any."""
    return _ERROR_WORDS.get(text.lower())


def _retry_error(piece: Piece, saying: Saying) -> Piece | None:
    name = failure_named(str(piece.value))
    if name is None or name == piece.value:
        return piece
    saying.read_as(piece, f'the failure "{piece.value}" is read as {name}')
    return Made(name, piece.at)


def _input_description(piece: Piece, saying: Saying) -> Piece | None:
    words = member(piece, "input_description")
    if words is None:
        return piece
    rest = with_member(piece, "input_description", None)
    if member(piece, "context") is not None:
        saying.left_out(words, "input_description stands beside a context")
        return rest
    saying.read_as(words, "input_description is read as context")
    return with_member(rest, "context", words)


def _normalization_fields(piece: Piece, saying: Saying) -> Piece | None:
    saying.refuse(
        piece,
        "normalization puts headers in order, not values",
        hint="write a transform of type map, such as columns: {email: lower(trim(email))}, or cast",
    )
    return None


def _destinations(piece: Piece, saying: Saying) -> Piece | None:
    several = members(piece).get("multiple_destinations")
    beside = [key for key in ("per_item_delivery", "per_group_delivery", "summary_delivery") if member(piece, key)]
    if several is not None and plain(several) and beside:
        saying.differs(
            several,
            f"the original sent multiple_destinations only; here {' and '.join(beside)} "
            f"{'is' if len(beside) == 1 else 'are'} sent as well",
            hint=f"take {beside[0]} out if it should not be sent",
        )
    return piece


TABLE: Table = (
    (("normalization", "grounded_facts"), _dropped("grounded_facts says nothing to the engine")),
    (("normalization", "fields"), _normalization_fields),
    (("filters",), as_original_filters),
    (("post_ai_filters",), as_original_filters),
    (("conditionals", EACH, "condition"), condition_rule),
    (("ai_operations", EACH), _input_description),
    *(
        (("ai_operations", EACH, "output_schema", *where, key), _dropped(f"{key} is a note that nothing reads"))
        for where in (("fields", EACH), ("items", "fields", EACH))
        for key in ("inference", "inferenceSource")
    ),
    (("rendering",), _engine),
    (("rendering", "summary_stats", EACH), _stat),
    *(
        (("rendering", key), _dropped(f"{key} is a note that nothing reads"))
        for key in ("preserve_fields", "preserve_parent_fields")
    ),
    (("grouping",), _grouping),
    (("delivery_rules",), _destinations),
    (("execution_constraints", "retry", "retry_on_errors", EACH), _retry_error),
)
"""What is translated in 2.0 and 3.0 documents, by its place."""


def in_current_words(root: dict[str, Piece], saying: Saying, table: Table = TABLE) -> dict[str, Piece]:
    """The document with everything in the table translated."""
    root = dict(root)
    for pattern, translate in table:
        key = str(pattern[0])
        if key not in root:
            continue
        new = replaced(root[key], pattern[1:], partial(translate, saying=saying))
        if new is None:
            del root[key]
        else:
            root[key] = new
    return root
