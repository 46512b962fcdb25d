"""Choices: of rows they are filters, of a whole run they are conditionals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ir.migrating.condition_tree import Group, Not, Tree, Untold, fields_of
from ir.migrating.conditions import filter_group, tree_of
from ir.migrating.draft import Draft, Where
from ir.migrating.lost import refuse_within
from ir.migrating.meanings import Unmeant
from ir.migrating.program import Block, Choice
from ir.migrating.tested import differences, resolved
from ir.migrating.text_conditions import ALWAYS, NEVER
from ir.records import dataclass

Write = Callable[[Block, Where, Draft], None]


def write_choice(choice: Choice, where: Where, draft: Draft, write: Write) -> None:
    """Each arm with its condition; what no condition holds for goes to the last."""
    arms: list[tuple[Tree, Block]] = []
    said: list[str] = []
    for arm in choice.arms:
        try:
            arms.append((resolved(tree_of(arm.condition), where, said.append), arm.body))
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
    fields = [field for tree, _ in arms for field in fields_of(tree)]
    arms, otherwise = _undecided(choice, arms, draft)
    if not arms:
        write(otherwise, where, draft)
        return
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
    writer = _write_runs if is_of_run else _write_rows
    writer(choice, list(_ways(choice, arms, otherwise, where.path if is_of_run else ())), where, draft, write)


def _undecided(
    choice: Choice, arms: Sequence[tuple[Tree, Block]], draft: Draft
) -> tuple[list[tuple[Tree, Block]], Block]:
    """The arms whose condition may or may not hold, and what is done where none does."""
    left: list[tuple[Tree, Block]] = []
    otherwise = choice.otherwise
    for tree, body in arms:
        if tree == ALWAYS:
            otherwise = body
            draft.account.changed(choice.at, choice.name, "", "left out: its condition always holds")
            break
        if tree == NEVER:
            draft.account.changed(choice.at, choice.name, "", "left out: its condition never holds")
        else:
            left.append((tree, body))
    return left, otherwise


@dataclass(frozen=True, slots=True)
class _Way:
    """One way through a choice that does something."""

    name: str
    parts: Sequence[Tree]
    """What has to hold, the opposite of the conditions before it included."""
    body: Block
    differences: Sequence[str]

    def condition(self) -> dict[str, Any]:
        """All parts as one FilterGroup.

        Raises:
            Untold: where one of them has no opposite.
        """
        return filter_group(Group(is_all=True, parts=tuple(self.parts)) if len(self.parts) != 1 else self.parts[0])

    def why(self, said: str) -> str:
        return "; ".join([said, *self.differences])


def _ways(choice: Choice, arms: Sequence[tuple[Tree, Block]], otherwise: Block, path: Sequence[Tree]) -> Iterator[_Way]:
    before: list[Tree] = []
    for number, (tree, body) in enumerate([*arms, (None, otherwise)]):
        parts = [*path, *([tree] if tree is not None else []), *[Not(each) for each in before]]
        if tree is not None:
            before.append(tree)
        if body:
            word = "else" if tree is None else str(number + 1) if len(arms) > 1 else "then"
            told = differences(tree) if tree is not None else []
            yield _Way(f"{choice.name}_{word}", parts, body, told)


def _refuse_bodies(choice: Choice, draft: Draft) -> None:
    for body in (*(arm.body for arm in choice.arms), choice.otherwise):
        refuse_within(body, choice.name, draft.account)


def _write_rows(choice: Choice, ways: Sequence[_Way], where: Where, draft: Draft, write: Write) -> None:
    for way in ways:
        try:
            config = way.condition()
        except Untold as problem:
            draft.account.refused(
                choice.at,
                choice.name,
                f"the rows of a branch cannot be told: {problem}",
                "which rows go the other way? write a filter of their own",
                None,
            )
            refuse_within(way.body, choice.name, draft.account)
            continue
        frame = draft.name(way.name)
        draft.transforms.append(
            {"type": "filter", "config": config, "input_source": where.meanings.frame, "output_variable": frame}
        )
        draft.account.changed(
            choice.at,
            choice.name,
            f"transforms {frame}",
            way.why("a branch of rows: a filter, whose rows the steps of the branch read"),
        )
        inner = where.inside()
        inner.meanings.frame = frame
        write(way.body, inner, draft)
    if not ways:
        draft.account.changed(choice.at, choice.name, "", "left out: no branch does anything")


def _write_runs(choice: Choice, ways: Sequence[_Way], where: Where, draft: Draft, write: Write) -> None:
    made = 0
    for way in ways:
        rules: dict[str, Any] = {}
        inner = where.inside(rules=rules, is_branch=True, path=way.parts)
        write(way.body, inner, draft)
        # what is read and computed in a branch is there in every run: later steps may name it
        where.meanings.known = {**inner.meanings.known, **where.meanings.known}
        if not rules:
            continue
        try:
            condition = way.condition()
        except Untold as problem:
            draft.account.refused(
                choice.at,
                choice.name,
                f"the branch cannot be told: {problem}",
                "when is it taken? write a condition of its own",
                {"delivery_rules": rules},
            )
            continue
        name = draft.name(way.name)
        draft.conditionals.append(
            {"id": name, "scope": "run", "condition": condition, "then_actions": {"delivery_rules": rules}}
        )
        made += 1
        draft.account.changed(
            choice.at,
            choice.name,
            f"conditionals {name}",
            way.why("a branch of the run: its deliveries, with the condition under which they are made"),
        )
    if not made:
        draft.account.changed(choice.at, choice.name, "", "no branch delivers anything by itself")
