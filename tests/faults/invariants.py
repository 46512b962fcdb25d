"""What must hold after a kill, after the run was gone on with, and after that was done once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.faults.kinds import Fact, Kind


def after_a_kill(kind: Kind, facts: Mapping[str, Fact], delivered: Sequence[str]) -> list[str]:
    """Nothing is half there, and what the journal calls delivered stands."""
    broken = [
        f"{name} is half there: {fact.said}"
        for name, fact in facts.items()
        if fact.is_there and not fact.is_right and not kind.may_be_partial(name)
    ]
    broken += [f"some of {name} came twice: {fact.said}" for name, fact in facts.items() if fact.is_doubled]
    missing = [name for name in delivered if name in facts and not facts[name].is_right]
    return [*broken, *(f"{name} is called delivered: {facts[name].said}" for name in missing)]


def after_resuming(before: Mapping[str, Fact], after: Mapping[str, Fact], delivered: Sequence[str]) -> list[str]:
    """All is there, once, and what was delivered before was not made again."""
    wrong = [f"{name} is not right: {fact.said}" for name, fact in after.items() if not fact.is_right]
    again = [name for name in delivered if name in before and after[name].identity != before[name].identity]
    return [*wrong, *(f"{name} was made again, though it was delivered" for name in again)]


def after_another_resuming(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> list[str]:
    """Nothing has changed."""
    return [
        f"resuming once more made {name} again: {fact.said}"
        for name, fact in after.items()
        if fact.identity != before[name].identity or fact.is_right != before[name].is_right
    ]
