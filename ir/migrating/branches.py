"""Choices: of rows they are filters, of a whole run they are conditionals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ir.migrating.conditions import Group, Not, Tree, Untold, fields_of, filter_group, renamed, tree_of
from ir.migrating.draft import Draft, Where
from ir.migrating.lost import refuse_within
from ir.migrating.meanings import Kind, Unmeant, in_templates, split
from ir.migrating.program import Block, Choice

Write = Callable[[Block, Where, Draft], None]


def write_choice(choice: Choice, where: Where, draft: Draft, write: Write) -> None:
    """Each arm with its condition; what no condition holds for goes to the last."""
    trees: list[Tree] = []
    said: list[str] = []
    for arm in choice.arms:
        try:
            tree = tree_of(arm.condition)
            trees.append(renamed(tree, lambda field: _field(field, where), lambda value: _value(value, where, said)))
        except (Untold, Unmeant) as problem:
            draft.account.refused(
                choice.at,
                choice.name,
                str(problem),
                "what has to hold? write a condition with field, operator and value",
                {"condition": arm.condition},
            )
            _refuse_bodies(choice, draft)
            return
    for each in said:
        draft.account.refused(choice.at, choice.name, each, "what is it compared with?")
    arms = [(tree, arm.body) for tree, arm in zip(trees, choice.arms, strict=True)]
    fields = [field for tree in trees for field in fields_of(tree)]
    is_of_run = where.meanings.frame is None or all(field.startswith("{{") for field in fields)
    if not is_of_run and any(field.startswith("{{") for field in fields):
        draft.account.refused(
            choice.at,
            choice.name,
            "it compares a row and the run at once",
            "which rows go which way? write what belongs to the run as a column of the rows first",
            {"conditions": [arm.condition for arm in choice.arms]},
        )
        _refuse_bodies(choice, draft)
        return
    if is_of_run:
        _write_runs(choice, arms, where, draft, write)
    else:
        _write_rows(choice, arms, where, draft, write)


def _refuse_bodies(choice: Choice, draft: Draft) -> None:
    for body in (*(arm.body for arm in choice.arms), choice.otherwise):
        refuse_within(body, choice.name, draft.account)


def _field(field: str, where: Where) -> str:
    """A column of the rows that are looped over, or a single value in braces."""
    meanings = where.meanings
    root = split(field)[0]
    found = meanings.known.get(root)
    if meanings.frame is not None:
        if found is None and root not in ("input", "inputs", "config", "var"):
            return field if "{{" not in field else _inner(field, where)
        if found is not None and found.kind in (Kind.ROW, Kind.COLUMN):
            return meanings.path(field)
    return "{{" + meanings.path(field) + "}}"


def _inner(field: str, where: Where) -> str:
    raise Unmeant(f'the column that "{field}" names is known only when it runs')


def _value(value: Any, where: Where, said: list[str]) -> Any:
    return in_templates(value, where.meanings, said.append)


def _write_rows(choice: Choice, arms: Sequence[tuple[Tree, Block]], where: Where, draft: Draft, write: Write) -> None:
    before: list[Tree] = []
    ways = [*arms, (None, choice.otherwise)]
    for number, (tree, body) in enumerate(ways):
        parts = [*([tree] if tree is not None else []), *[Not(each) for each in before]]
        if tree is not None:
            before.append(tree)
        if not body:
            continue
        try:
            config = filter_group(Group(is_all=True, parts=tuple(parts)) if len(parts) != 1 else parts[0])
        except Untold as problem:
            draft.account.refused(
                choice.at,
                choice.name,
                f"the rows of a branch cannot be told: {problem}",
                "which rows go the other way? write a filter of their own",
                None,
            )
            refuse_within(body, choice.name, draft.account)
            continue
        frame = draft.name(f"{choice.name}_{'else' if tree is None else number + 1 if len(arms) > 1 else 'then'}")
        draft.transforms.append(
            {"type": "filter", "config": config, "input_source": where.meanings.frame, "output_variable": frame}
        )
        draft.account.changed(
            choice.at,
            choice.name,
            f"transforms {frame}",
            "a branch of rows: a filter, whose rows the steps of the branch read",
        )
        inner = where.inside()
        inner.meanings.frame = frame
        write(body, inner, draft)
    if not any(body for _, body in ways):
        draft.account.changed(choice.at, choice.name, "", "left out: no branch does anything")


def _write_runs(choice: Choice, arms: Sequence[tuple[Tree, Block]], where: Where, draft: Draft, write: Write) -> None:
    before: list[Tree] = []
    made = 0
    ways = [*arms, (None, choice.otherwise)]
    for number, (tree, body) in enumerate(ways):
        parts = [*where.path, *([tree] if tree is not None else []), *[Not(each) for each in before]]
        if tree is not None:
            before.append(tree)
        if not body:
            continue
        rules: dict[str, Any] = {}
        inner = where.inside(rules=rules, is_branch=True, path=parts)
        write(body, inner, draft)
        # what is read and computed in a branch is there in every run: later steps may name it
        where.meanings.known = {**inner.meanings.known, **where.meanings.known}
        if not rules:
            continue
        try:
            condition = filter_group(Group(is_all=True, parts=tuple(parts)) if len(parts) != 1 else parts[0])
        except Untold as problem:
            draft.account.refused(
                choice.at,
                choice.name,
                f"the branch cannot be told: {problem}",
                "when is it taken? write a condition of its own",
                {"delivery_rules": rules},
            )
            continue
        word = "else" if tree is None else str(number + 1) if len(arms) > 1 else "then"
        name = draft.name(f"{choice.name}_{word}")
        draft.conditionals.append(
            {"id": name, "scope": "run", "condition": condition, "then_actions": {"delivery_rules": rules}}
        )
        made += 1
        draft.account.changed(
            choice.at,
            choice.name,
            f"conditionals {name}",
            "a branch of the run: its deliveries, with the condition under which they are made",
        )
    if not made:
        draft.account.changed(choice.at, choice.name, "", "no branch delivers anything by itself")
