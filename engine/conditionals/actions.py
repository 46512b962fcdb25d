"""What the branches of a conditional do beside delivering, in the original's list of actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.conditionals.branch import Abort, Branches
from engine.conditionals.conditions import as_bound, call, holds
from engine.conditionals.member import Member
from engine.conditionals.sends import sends_of
from engine.conditionals.settings import Setting, in_branches, setting_nodes, with_settings
from engine.scopes import DeliveryScope
from engine.wording import render_words
from ir.diagnostics import Pointer
from ir.model.conditionals import Action
from ir.value_text import text_of
from transforms.expressions.tree import Node, columns_of
from transforms.filter import keep_where
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.compiler import Compiler


def add_sends(member: Member, found: Branches, compiler: Compiler) -> None:
    """The messages of one branch, each a place of its own that delivers."""
    for rules, place in sends_of(member.arm.listed, compiler):
        found.scopes.append(
            DeliveryScope(rules=rules, at=place, written={}, data=member.branch.frame, branch=member.branch.name,
                          placed={"multiple_destinations": place})
        )  # fmt: skip


def add_aborts(member: Member, columns: Sequence[str], found: Branches, compiler: Compiler) -> None:
    """Have the run fail where the branch has rows, or is taken."""
    for at, each in member.arm.listed:
        if each.type != "abort":
            continue
        reason = each.value if each.value is not None else each.params.get("message", each.params.get("reason"))
        data = compiler.frames["data"]
        first = [next(iter(data.schema.names))] if data is not None and len(data.schema) else []
        shown = tuple(dict.fromkeys([*first, *columns]))
        said = None if reason is None else text_of(reason)
        if said is not None and "{{" in said:
            said = render_words(said, compiler.words, compiler.problems, at=_reason_at(at, each))
        found.aborts.append(Abort(branch=member.branch, at=at, columns=shown, reason=said))


def _reason_at(at: Pointer, action: Action) -> Pointer:
    if action.value is not None:
        return (*at, "value")
    return (*at, "params", "message" if "message" in action.params else "reason")


def with_set_fields(
    members: Sequence[Member], data: Frame, left: Frame, name: str, at: Pointer, compiler: Compiler
) -> tuple[list[Member], Frame]:
    """The branches with their columns set, and so the rows that are `left` of `data` for the deliveries after them."""
    settings = [
        Setting(field=each.field, value=each.value, at=place, rows=member.rows)
        for member in members for place, each in member.arm.listed
        if each.type == "set_field" and each.field is not None and member.rows is not None
    ]  # fmt: skip
    nodes = setting_nodes(settings, data, compiler)
    if not nodes:
        return list(members), left
    everywhere = {field: in_branches(field, pairs, data) for field, pairs in nodes.items()}
    found: list[Member] = []
    for member in members:
        set_to = {field: value for field, pairs in nodes.items() for rows, value in pairs if rows is member.rows}
        frame = member.branch.frame
        if set_to and frame is not None:
            step = compiler.graph.free_name(f"{frame.name}_set", compiler.declared)
            operation = with_settings(frame, set_to, compiler, at, _says(settings, member.rows))
            frame = compiler.add(step, operation, at, step, word="set_field")
        found.append(replace(member, branch=replace(member.branch, frame=frame)))
    step = compiler.graph.free_name(f"{name}_set", compiler.declared)
    said = [(_says(settings, each.rows), each.branch.name) for each in members]
    notes = "; ".join(f"{words} in {branch}" for words, branch in said if words)
    operation = with_settings(left, everywhere, compiler, at, notes)
    return found, compiler.add(step, operation, at, step, word="set_field")


def without_skipped(members: Sequence[Member], data: Frame, name: str, at: Pointer, found: Branches,
                    compiler: Compiler, *, is_last: bool) -> Frame:  # fmt: skip
    """The rows that no branch takes out of the deliveries after it.

    Where a run takes a branch that skips, the document's own deliveries are left out as a whole, so that only
    conditionals after it have to do without the rows.
    """
    skipping = [member for member in members if any(each.type == "skip_delivery" for _, each in member.arm.listed)]
    found.skipping += [member.branch for member in skipping if member.branch.scope == "run"]
    left = [
        each for each in skipping if each.branch.is_taken is not False and (each.branch.scope == "rows" or not is_last)
    ]
    roots = [member.rows for member in left if member.rows is not None]
    if not roots:
        return data
    kept = _none_of(roots)
    words = f"not in {' or '.join(member.branch.name for member in left)}"
    step = compiler.graph.free_name(f"{name}_left", compiler.declared)
    return compiler.add(step, keep_where(data, as_bound(kept, words), words), at, step, word="skip_delivery")


def condition_columns(members: Sequence[Member]) -> list[str]:
    """The columns that decide between the branches."""
    return sorted({column for each in members if each.rows is not None for column in columns_of(each.rows)})


def _none_of(roots: Sequence[Node]) -> Node:
    each = [call("not", holds(root)) for root in roots]
    return each[0] if len(each) == 1 else call("and", *each)


def _says(settings: Sequence[Setting], rows: Node | None) -> str:
    return ", ".join(f"{each.field} = {text_of(each.value) or 'null'}" for each in settings if each.rows is rows)
