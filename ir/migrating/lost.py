"""What stands within a branch or a loop that is refused is refused with it: each step is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.migrating.account import Account
from ir.migrating.program import Block, Choice, Loop, Operation, Part, Refused, Together, Told


def refuse_within(block: Block, name: str, account: Account) -> None:
    """Every step of the block, as it was written; `name` is what it stands in."""
    for part in block:
        match part:
            case Operation():
                output = {"output": part.output} if part.output else {}
                _refuse(part, {"operation": part.kind, **part.words, **output}, name, account)
            case Choice():
                _refuse(part, {"conditions": [arm.condition for arm in part.arms]}, name, account)
                for arm in part.arms:
                    refuse_within(arm.body, part.name, account)
                refuse_within(part.otherwise, part.name, account)
            case Loop():
                _refuse(part, {"iterate_over": part.over}, name, account)
                refuse_within(part.body, part.name, account)
            case Together():
                for inner in part.blocks:
                    refuse_within(inner, name, account)
            case Refused():
                account.refused(part.at, part.name, part.why, part.question, part.was)
            case Told():
                account.changed(part.at, part.name, "", part.why)


def _refuse(part: Part, was: Mapping[str, Any], name: str, account: Account) -> None:
    account.refused(part.at, part.name, f"it stands in {name}, which is refused",
                    f"what is asked about {name} comes first; then write it there", dict(was))  # fmt: skip
