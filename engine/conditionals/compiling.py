"""The conditionals of a document, one after another: each branch becomes a frame and a place that delivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.conditionals.actions import add_aborts, add_sends, condition_columns, with_set_fields, without_skipped
from engine.conditionals.arms import Arm, arms_of, written_at
from engine.conditionals.branch import Branch, Branches, BranchScope
from engine.conditionals.conditions import Condition, as_bound, bound_condition, first_of
from engine.conditionals.member import Member
from engine.conditionals.verdicts import is_branch, taken, verdict
from engine.scopes import DeliveryScope
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.conditionals import Conditional, OriginalCondition
from transforms.conditions import describe
from transforms.expressions import Bound, Clock
from transforms.expressions.tree import Node, Value
from transforms.filter import keep_where
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


def compile_conditionals(compiler: Compiler) -> Branches:
    """Every branch with its frame; `data` becomes what the branches leave for the deliveries after them."""
    found = Branches()
    for index, conditional in enumerate(compiler.workflow.conditionals):
        _add(conditional, index, found, compiler)
    return found


def _add(conditional: Conditional, index: int, found: Branches, compiler: Compiler) -> None:
    at: Pointer = ("conditionals", index)
    name = conditional.id or f"conditional_{index + 1}"
    arms = list(arms_of(conditional, at))
    members = _members(conditional, arms, at, name, compiler)
    data = compiler.frames["data"]
    columns = condition_columns(members)
    is_last = index == len(compiler.workflow.conditionals) - 1
    if data is not None:
        left = without_skipped(members, data, name, at, found, compiler, is_last=is_last)
        members, set_rows = with_set_fields(members, data, left, name, at, compiler)
        compiler.frames["data"] = set_rows
    for each in members:
        found.by_name[each.branch.name] = each.branch
        add_aborts(each, columns, found, compiler)
        add_sends(each, found, compiler)
        if each.arm.rules is not None:
            place = (*each.arm.at, "delivery_rules")
            found.scopes.append(
                DeliveryScope(rules=each.arm.rules, at=place, written=written_at(compiler.document, place),
                              data=each.branch.frame, branch=each.branch.name)
            )  # fmt: skip


def _members(conditional: Conditional, arms: Sequence[Arm], at: Pointer, name: str, compiler: Compiler) -> list[Member]:
    compiler.read.add("data")
    data = compiler.frames["data"]
    conditions = [
        bound_condition(each.condition, data, each.condition_at, name, compiler) if data is not None else None
        for each in arms if each.condition is not None
    ]  # fmt: skip
    known = [each for each in conditions if each is not None]
    scope = _scope_of(conditional, known)
    used = [each for each in arms if each.actions is not None]
    if data is None or len(known) < len(conditions):
        # what an error or a first pass hides: the columns of a branch are those of its rows
        return [Member(arm=each, branch=_branch(each, name, scope, arms, frame=data), rows=None) for each in used]
    if scope == "run":
        return _of_run(conditional, arms, known, data, at, name, compiler)
    roots = first_of([each.root for each in known])
    return [
        Member(arm=arm, rows=root, branch=_branch(
            arm, name, scope, arms, frame=_filtered(arm, arms, root, data, name, compiler)))
        for arm, root in zip(arms, roots, strict=True) if arm.actions is not None
    ]  # fmt: skip


def _of_run(
    conditional: Conditional, arms: Sequence[Arm], conditions: Sequence[Bound], data: Frame, at: Pointer, name: str,
    compiler: Compiler,
) -> list[Member]:  # fmt: skip
    """The branches of which a run takes one, with all rows."""
    of_rows = next((each for each in conditions if each.columns), None)
    if of_rows is not None and conditional.match is None:
        compiler.problems.error("IR202", f'"{sorted(of_rows.columns)[0]}" is a column, and a run has many rows of it',
                                at=at, hint="write match: any or match: all")  # fmt: skip
    clock = Clock(compiler.now, compiler.workflow.settings.timezone)
    number_taken = taken(conditions, clock=clock)
    one = None
    if number_taken is None:
        one = verdict(conditions, data, conditional.match, name, compiler.building(at, name))
    found: list[Member] = []
    for number, arm in enumerate(arms, 1):
        if arm.actions is None:
            continue
        is_taken = None if number_taken is None else number == number_taken
        root = is_branch(one, number) if one is not None else Value(t.Boolean(), is_taken)
        frame = _filtered(arm, arms, root, data, name, compiler)
        branch = _branch(arm, name, "run", arms, frame=frame, is_taken=is_taken, verdict=one)
        found.append(Member(arm=arm, branch=branch, rows=root))
    return found


def _scope_of(conditional: Conditional, conditions: Sequence[Bound]) -> BranchScope:
    if conditional.scope is not None:
        return conditional.scope
    if conditional.match is not None:
        return "run"
    return "rows" if any(each.columns for each in conditions) else "run"


def _filtered(arm: Arm, arms: Sequence[Arm], root: Node, data: Frame, name: str, compiler: Compiler) -> Frame:
    step = compiler.graph.free_name(f"{name}_{arm.word}", compiler.declared)
    words = words_of(arm, arms)
    operation = keep_where(data, as_bound(root, words), words)
    return compiler.add(step, operation, arm.condition_at, step, word=arm.word.partition("_")[0])


def words_of(arm: Arm, arms: Sequence[Arm]) -> str:
    """When a branch is the one, in words: its own condition, and that none before it holds."""
    before = [_text(each.condition) for each in arms[: arms.index(arm)] if each.condition is not None]
    none_before = f"not ({' or '.join(f'({each})' for each in before) if len(before) > 1 else ''.join(before)})"
    if arm.condition is None:
        return none_before
    own = _text(arm.condition)
    return f"({own}) and {none_before}" if before else own


def _text(condition: Condition) -> str:
    return describe(condition.as_filter() if isinstance(condition, OriginalCondition) else condition)


def _branch(
    arm: Arm, name: str, scope: BranchScope, arms: Sequence[Arm], *, frame: Frame | None, is_taken: bool | None = None,
    verdict: Frame | None = None,
) -> Branch:  # fmt: skip
    words, number = words_of(arm, arms), arms.index(arm) + 1
    return Branch(name=f"{name}.{arm.word}", at=arm.at, words=words, scope=scope, number=number, frame=frame,
                  is_taken=is_taken, verdict=verdict)  # fmt: skip
