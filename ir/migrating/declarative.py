"""Documents of the declarative dialects: their translation, element by element."""

from __future__ import annotations

import copy
from typing import Any

from ir.diagnostics import Diagnostic, Pointer, Problems
from ir.dialects import translated
from ir.document import Document
from ir.migrating.account import Account, Element, Migration
from ir.migrating.settling import settled
from ir.secrets import check_secrets

_DIALECTS = {"2.0": "a declarative document 2.0", "3.0": "a declarative document 3.0", "3.1": "a document 3.1"}


def migrated_declarative(document: Document) -> Migration:
    """The document in the words of 3.1; every change and refusal of its translation belongs to an element."""
    account = Account()
    problems = Problems(document)
    check_secrets(document, problems)
    current = translated(document, problems)
    assert current is not None
    findings = list(problems.found)
    is_extended = any(each.code == "IR211" for each in findings)
    dialect = _DIALECTS.get(str(document.value.get("ir_version")), "a document without a known ir_version")
    if is_extended:
        dialect = 'an "extended 2.0" document'
    for key, each in document.value.items():
        if key in ("ir_version", "goal", "name", "description", "$schema") or key.startswith("x-"):
            continue
        parts = _parts(key, each)
        whole = [found for found in findings if found.pointer == (key,) and found.code != "IR211"]
        if whole and ((key,), key, each) not in parts:
            _say((key,), key, each, whole, current, account)
        if any(found.severity == "error" for found in whole) and parts and parts[0][0] != (key,):
            continue
        for at, name, was in parts:
            _say(at, name, was, findings, current, account)
    value = copy.deepcopy(current.value)
    value["ir_version"] = "3.1"
    return settled(dialect, value, account)


def _parts(key: str, value: Any) -> list[tuple[Pointer, str, Any]]:
    """The elements of one key: those of a list, else the key itself."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return [((key, index), _name(key, index, each), each) for index, each in enumerate(value)]
    if key == "delivery_rules" and isinstance(value, dict):
        return [((key, name), name, each) for name, each in value.items() if each is not None]
    return [] if value is None or value == [] else [((key,), key, value)]


def _name(key: str, index: int, element: dict[str, Any]) -> str:
    own = next(
        (
            str(element[each])
            for each in ("id", "alias", "name", "source", "condition")
            if isinstance(element.get(each), str) and element[each]
        ),
        str(index),
    )
    return f"{key} {own}"


def _place(at: Pointer, current: Document) -> str:
    """Where what was written at `at` stands in the new document; empty where nothing of it does."""
    if current.origins is None:
        return _named(at)
    for is_whole in (True, False):
        found = [new for new, origin in current.origins.items()
                 if new and (origin.at == at if is_whole else origin.at[: len(at)] == at)]  # fmt: skip
        if found:
            return _named(min(found, key=len))
    parent = next((new for new, origin in current.origins.items() if new and origin.exact and origin.at
                   and at[: len(origin.at)] == origin.at), None)  # fmt: skip
    return _named((*parent, *at[len(current.origins[parent].at) :])) if parent is not None else ""


def _named(at: Pointer) -> str:
    return ".".join(str(part) for part in at)


def _say(at: Pointer, name: str, was: Any, findings: list[Diagnostic], current: Document, account: Account) -> None:
    own = [each for each in findings if each.pointer[: len(at)] == at and each.code != "IR211"]
    place = _place(at, current)
    for each in own:
        if each.severity == "error":
            account.refused(each.pointer, name, each.message, each.hint or "what is meant?", was)
        else:
            account.elements.append(Element(at=each.pointer, name=name, verdict="changed", now=place, why=each.message))
    if not own and place:
        account.kept(at, name, place)
    elif not own:
        account.changed(at, name, "", "left out: nothing comes of it")
