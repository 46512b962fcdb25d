"""Compiled steps in the order in which they depend on one another, which the original kept to and the list may not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ir.migrating.account import Account
from ir.migrating.shapes import listing


def in_order(steps: Sequence[Any], key: str, account: Account) -> list[Any]:
    """The steps, each behind those that its `dependencies` name; else as they are written."""
    names = [_name(each) for each in steps]
    waits = [
        {str(one) for one in listing(each.get("dependencies"))} if isinstance(each, Mapping) else set()
        for each in steps
    ]
    for index, missing in enumerate(each - set(names) for each in waits):
        if missing:
            account.changed(
                (key, index, "dependencies"),
                names[index],
                "",
                f"waits for no step of this list: {', '.join(sorted(missing))}",
            )
    left, found = list(range(len(steps))), list[int]()
    while left:
        done = {names[index] for index in found}
        ready = next((index for index in left if waits[index] & set(names) <= done), None)
        if ready is None:
            circle = ", ".join(names[index] for index in left)
            account.refused(
                (key,), names[left[0]], f"steps that wait for one another: {circle}", "which one comes first?"
            )
            found += left
            break
        found.append(ready)
        left.remove(ready)
    for place, index in enumerate(found):
        if earlier := [names[each] for each in found[:place] if each > index]:
            why = f"stands behind {', '.join(earlier)} now, which it depends on"
            account.changed((key, index, "dependencies"), names[index], "", why)
    return [steps[index] for index in found]


def _name(step: Any) -> str:
    return str(step.get("step_id") or step.get("id") or "") if isinstance(step, Mapping) else ""
