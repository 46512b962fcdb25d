"""The program of a graph, or of compiled steps, as the sections of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.migrating import ai_steps, deliveries, fetches, transforms
from ir.migrating.account import Account
from ir.migrating.branches import write_choice
from ir.migrating.draft import Draft, Where
from ir.migrating.loops import write_loop
from ir.migrating.meanings import Meanings, split
from ir.migrating.program import Block, Choice, Loop, Operation, Part, Refused, Together, Told
from ir.references import texts_in

_WRITERS = {
    "fetch": fetches.write,
    "transform": transforms.write,
    "ai": ai_steps.write,
    "deliver": deliveries.write,
    "file": deliveries.write_file,
}


def written(program: Block, inputs: Mapping[str, Any], account: Account) -> tuple[Draft, Meanings]:
    """The document that does what the program did, and what its names mean at its end."""
    draft = Draft(account, read_later=frozenset(_read(program)))
    meanings = Meanings(inputs=dict(inputs))
    where = Where(meanings, draft.rules)
    write_block(program, where, draft)
    return draft, meanings


def write_block(block: Block, where: Where, draft: Draft) -> None:
    """One part after the other."""
    for part in block:
        _write(part, where, draft)


def _write(part: Part, where: Where, draft: Draft) -> None:
    match part:
        case Operation():
            for each in part.settings.get("open", ()):
                draft.account.refused(part.at, part.name, "its error_handler has no words here", each)
            _WRITERS[part.kind](part, where, draft)
            _call_by_step(part.name, part.output, where)
        case Choice():
            write_choice(part, where, draft, write_block)
        case Loop():
            write_loop(part, where, draft, write_block)
            _call_by_step(part.name, part.output, where)
        case Together():
            _write_together(part, where, draft)
        case Refused():
            draft.account.refused(part.at, part.name, part.why, part.question, part.was)
        case Told():
            draft.account.changed(part.at, part.name, "", part.why)


def _call_by_step(step: str, output: str | None, where: Where) -> None:
    """A result can also be named by its step: {{step1.data}}."""
    known = where.meanings.known
    if output is not None and output in known and step not in known:
        known[step] = known[output]


def _write_together(part: Together, where: Where, draft: Draft) -> None:
    """Blocks of which none waits for another: what they make can be read after them."""
    draft.at_most(part.at_once)
    message, effect = where.last_message, where.last_effect
    for block in part.blocks:
        where.last_message, where.last_effect = message, effect
        write_block(block, where, draft)
    if len(part.blocks) > 1:
        draft.account.changed(part.at, part.name, "", "steps that do not name one another run side by side anyway")


def _read(block: Block) -> set[str]:
    """The variables that are named anywhere in the program."""
    found: set[str] = set()
    for part in block:
        match part:
            case Operation():
                found |= {split(each)[0] for each in part.inputs}
                found |= _named(part.words)
            case Choice():
                for arm in part.arms:
                    found |= _named(arm.condition) | _read(arm.body)
                found |= _read(part.otherwise)
            case Loop():
                found |= {split(part.over)[0]} | _read(part.body)
            case Together():
                for inner in part.blocks:
                    found |= _read(inner)
            case Refused() | Told():
                pass
    return found


def _named(words: Any) -> set[str]:
    found: set[str] = set()
    for text in texts_in(words):
        found.add(split(text)[0])
        for piece in text.split("{{")[1:]:
            found.add(split(piece.partition("}}")[0])[0])
    return found
