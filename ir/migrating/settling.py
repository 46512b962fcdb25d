"""A document that was made is read as one that was written: what does not fit is taken out, and asked about."""

from __future__ import annotations

from typing import Any

from ir.diagnostics import Diagnostic, Pointer, Problems
from ir.loading import from_dict
from ir.migrating.account import Account, Migration
from ir.migrating.shapes import listing
from ir.workflow import read_document

_ROUNDS = 100
_WHOLE = frozenset({"ir_version", "goal", "data_sources", "clarifications_required"})


def settled(dialect: str, value: dict[str, Any], account: Account) -> Migration:
    """The migration whose document has no structure that the language does not have."""
    value = {**value}
    for _ in range(_ROUNDS):
        error = next((each for each in _errors(_with_questions(value, account)) if each.pointer), None)
        if error is None:
            break
        taken = _taken_out(value, error.pointer)
        if taken is None:
            break
        name, was = taken
        hint = error.hint or "what is meant?"
        account.elements = [
            each
            for each in account.elements
            if each.verdict != "kept" or each.name not in (name, f"{error.pointer[0]} {name}")
        ]
        account.refused(error.pointer, name, error.message, hint, was)
    found = _with_questions(value, account)
    questions = tuple(str(each) for each in listing(found.get("clarifications_required")))
    return Migration(dialect=dialect, value=found, elements=tuple(account.elements), questions=questions)


def _with_questions(value: dict[str, Any], account: Account) -> dict[str, Any]:
    found = dict(value)
    if account.questions:
        before = [each for each in listing(found.get("clarifications_required")) if each not in account.questions]
        found["clarifications_required"] = [*before, *account.questions]
    if account.left:
        found["x-refused"] = account.left
    return found


def _errors(value: dict[str, Any]) -> list[Diagnostic]:
    document = from_dict(value)
    problems = Problems(document)
    read_document(document, problems)
    return [each for each in problems.found if each.severity == "error"]


def _taken_out(value: dict[str, Any], at: Pointer) -> tuple[str, Any] | None:
    """Take out the smallest part that stands for itself: an element of a list, else the whole key."""
    head = at[0]
    if not isinstance(head, str) or head not in value:
        return None
    holder: Any = value
    cut: tuple[Any, Any] | None = None if head in _WHOLE else (value, head)
    names = [head]
    for part in at:
        if not isinstance(holder, dict | list):
            break
        is_element = isinstance(holder, list) and isinstance(part, int) and part < len(holder)
        if is_element and (cut is None or len(names) <= 4):
            cut = (holder, part)
        inner = _inside(holder, part)
        if inner is None:
            break
        holder = inner
        names.append(str(part))
    if cut is None:
        return None
    where, key = cut
    was = where[key]
    where.pop(key)
    name = (
        str(was.get("id") or was.get("alias") or was.get("output_variable") or head) if isinstance(was, dict) else head
    )
    _drop_empty(value, head)
    return name, was


def _inside(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(str(part))
    return holder[part] if isinstance(part, int) and part < len(holder) else None


def _drop_empty(value: dict[str, Any], head: str) -> None:
    section = value.get(head)
    if isinstance(section, dict):
        for key in [key for key, each in section.items() if each == []]:
            section.pop(key)
    if section in ([], {}) and head not in _WHOLE:
        value.pop(head)
