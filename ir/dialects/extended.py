"""The original's "extended 2.0": lists of filters and deliveries, ids everywhere, and every key required."""

from __future__ import annotations

import re
from typing import Any

from ir.diagnostics import Pointer
from ir.dialects.declarative import Table, in_current_words
from ir.dialects.deliveries import with_delivery_rules
from ir.dialects.free_names import name_of
from ir.dialects.pieces import (
    EACH,
    NESTED,
    Made,
    Piece,
    elements,
    member,
    members,
    plain,
    renamed,
    with_member,
    without,
    word,
)
from ir.dialects.saying import Saying
from ir.dialects.transform_configs import TYPES, with_current_configs

Parts = dict[str, Piece]
_FILLER = frozenset({"n/a", "na", "none", "null", "tbd", "todo", "-", "--", "?", "???", "placeholder", "unknown"})
_PLACEHOLDER = re.compile(r"\s*<[^<>]+>\s*")
_KEPT_EMPTY = frozenset({"rows"})
_WORDS = {"group_by", "type", "engine", "handle_empty"}
"""Keys under which "none" is a word of its own."""


def extended_place(value: dict[str, Any]) -> Pointer | None:
    """The place by which a document is known to be in this dialect."""
    if isinstance(value.get("delivery"), list):
        return ("delivery",)
    transforms = value.get("transforms")
    for index, each in enumerate(transforms if isinstance(transforms, list) else []):
        if isinstance(each, dict) and "operation" in each and "type" not in each:
            return ("transforms", index, "operation")
    return None


def in_declarative_words(root: Parts, saying: Saying) -> Parts:
    """The document in the words of the declarative dialect."""
    root = {key: new for key, each in root.items() if (new := _without_empty(each, key, saying)) is not None}
    root = with_current_configs(in_current_words(root, saying, TABLE), saying)
    root = _without_prose(root, saying)
    return with_delivery_rules(root, saying)


def _without_empty(piece: Piece, key: str, saying: Saying) -> Piece | None:
    """The piece without what is empty: text, and what holds nothing else. Filler is answered with a question."""
    value = piece.value
    if value is None or value == "" or value == [""]:
        return None
    if isinstance(value, str):
        _check_filler(piece, key, saying)
        return piece
    if key in _KEPT_EMPTY:
        return piece
    if isinstance(value, dict):
        before = members(piece)
        after = {name: new for name, each in before.items() if (new := _without_empty(each, name, saying)) is not None}
        if not after:
            return None
        return piece if _same(after, before, value) else Made(after, piece.at)
    if isinstance(value, list):
        items = elements(piece)
        kept = [new for each in items if (new := _without_empty(each, key, saying)) is not None]
        if not kept:
            return None
        if len(kept) == len(items) and all(one is other for one, other in zip(kept, items, strict=True)):
            return piece
        return Made(kept, piece.at)
    return piece


def _same(after: Parts, before: Parts, value: dict[str, Any]) -> bool:
    return len(after) == len(before) == len(value) and all(each is before[name] for name, each in after.items())


def _check_filler(piece: Piece, key: str, saying: Saying) -> None:
    text = piece.value.strip()
    if key in ("value", "description", "goal", "instruction") or (key in _WORDS and text.lower() == "none"):
        return
    if text.lower() in _FILLER:
        saying.ask(
            piece, f'"{text}" is filler', on_key=False, hint=f"what is the {key}? write it, or leave the key out"
        )
    elif _PLACEHOLDER.fullmatch(text):
        saying.problems.error(
            "IR207",
            f'"{text}" is a placeholder that nobody filled in',
            at=piece.at,
            hint="write the value itself, or {{inputs.name}} with a runtime input",
        )


def _as_alias(piece: Piece, saying: Saying) -> Piece | None:
    """A source's id is the name of its frame."""
    name = word(member(piece, "id"))
    if name is None:
        return piece
    written = members(piece)["id"]
    if member(piece, "alias") is not None:
        saying.left_out(written, "the id beside an alias names nothing")
        return with_member(piece, "id", None)
    alias = name_of(name)
    saying.read_as(written, f"the source's id is read as alias{'' if alias == name else ' ' + alias}")
    return renamed(piece, "id", "alias", Made(alias, written.at))


def _id(piece: Piece, saying: Saying) -> Piece | None:
    name = name_of(str(piece.value))
    if name == piece.value:
        return piece
    saying.read_as(piece, f'the id "{piece.value}" is read as {name}')
    return Made(name, piece.at)


def _no_id(piece: Piece, saying: Saying) -> Piece | None:
    saying.left_out(piece, "an id that nothing can refer to says nothing")
    return None


def _no_partition(piece: Piece, saying: Saying) -> Piece | None:
    saying.left_out(piece, "a grouping has no input_partition: it reads the rows of its delivery")
    return None


def _typed(piece: Piece, saying: Saying) -> Piece | None:
    """A transform's operation is its type; its array operations are those on lists here."""
    operation = member(piece, "operation")
    if operation is None or member(piece, "type") is not None:
        return piece
    name = {"flatten": "explode"}.get(str(operation.value), str(operation.value))
    if name not in TYPES:
        saying.read_as(operation, f"operation {operation.value} is read as type {name}")
    return renamed(piece, "operation", "type", Made(name, operation.at))


def _rendering(piece: Piece, saying: Saying) -> Piece | None:
    kind = member(piece, "type")
    if kind is not None and kind.value == "none":
        saying.left_out(piece, "a rendering of type none shows nothing")
        return None
    if kind is not None and kind.value == "template":
        saying.read_as(kind, "the type template is read as html_table with its template", on_key=False)
        return with_member(piece, "type", Made("html_table", kind.at))
    return piece


def _complete(what: str, *keys: str) -> Any:
    """Filler entries of a list: those without what makes them one."""

    def rule(piece: Piece, saying: Saying) -> Piece | None:
        if any(member(piece, key) is not None for key in keys):
            return piece
        saying.left_out(piece, f"{what} without {' or '.join(keys)} is filler")
        return None

    return rule


TABLE: Table = (
    (("data_sources", EACH), _as_alias),
    (("filters", EACH, "id"), _no_id),
    (("filters", NESTED, "conditions", EACH, "id"), _no_id),
    (("partitions", EACH), _complete("a partition", "field")),
    (("partitions", EACH, "id"), _no_id),
    (("ai_operations", EACH), _complete("an AI operation", "type", "instruction")),
    (("ai_operations", EACH, "id"), _id),
    (("transforms", EACH), _complete("a transform", "operation", "type")),
    (("transforms", EACH), _typed),
    (("transforms", EACH, "id"), _id),
    (("grouping", "input_partition"), _no_partition),
    (("rendering",), _rendering),
    (("edge_cases", EACH), _complete("an edge case", "condition")),
)


def _without_prose(root: Parts, saying: Saying) -> Parts:
    """conditionals whose branches are sentences, and loops whose bodies are, become questions."""
    for each in elements(root.get("conditionals")):
        branches = [(name, piece) for name in ("then", "else") if (piece := member(each, name)) is not None]
        for name, piece in branches:
            texts = [str(one) for one in plain(piece)] if isinstance(plain(piece), list) else [str(plain(piece))]
            when = "for these rows" if name == "then" else "for the others"
            saying.ask(
                piece,
                f'"{texts[0]}" is a sentence, and no step follows from it',
                hint=f"what is delivered {when}, and to whom? write {name}_actions: {{delivery_rules: …}}",
            )
        if not branches and member(each, "when") is not None:
            saying.left_out(each, "a conditional without branches does nothing")
    for each in elements(root.get("loops")):
        body = member(each, "do")
        if body is not None:
            texts = [str(one) for one in plain(body)] if isinstance(plain(body), list) else [str(plain(body))]
            saying.ask(
                body,
                f'"{texts[0]}" is a sentence, and no step follows from it',
                hint="what is done with each row? write ai_operations or plugin_operations, which run a row at a time",
            )
    return without(root, "conditionals", "loops") if _is_prose(root) else root


def _is_prose(root: Parts) -> bool:
    return any(member(each, "when") is not None for each in elements(root.get("conditionals"))) or "loops" in root
