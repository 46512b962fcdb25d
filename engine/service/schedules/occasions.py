"""What a run is asked for by: a time of a schedule, or an event. What is begun of them, what waits and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field
from typing import Any, Literal

from engine.service.asking import BACKGROUND, NORMAL, start_of
from engine.service.store.starts import Start
from engine.service.store.workflows import StoredWorkflow
from ir.records import dataclass

MOST_WAITING = 1000
"""So many wait for the run before them; what comes then is skipped, and counted."""
Overlap = Literal["skip", "queue", "allow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One reason to run. `key` is the idempotency key of its run: there is one, whoever asks and however often."""

    key: str
    cause: Literal["schedule", "event"]
    about: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    now: str | None = None
    """What the run takes for its instant; None for the clock."""
    is_made_up: bool = False
    """Whether it is for a time that passed while nothing was running."""

    def start(self, workflow: StoredWorkflow) -> Start:
        return start_of(
            workflow, cause=self.cause, asked_by="schedule", inputs=self.inputs, about=self.about,
            options={} if self.now is None else {"now": self.now}, idempotency_key=self.key,
            priority=BACKGROUND if self.is_made_up else NORMAL,
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def waiting_of(found: Iterable[Mapping[str, Any]]) -> list[Occasion]:
    """The occasions as `as_json` wrote them."""
    return [Occasion(**each) for each in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What becomes of occasions."""

    begun: tuple[Occasion, ...] = ()
    waiting: tuple[Occasion, ...] = ()
    skipped: tuple[Occasion, ...] = ()


def decided(new: Sequence[Occasion], *, waiting: Sequence[Occasion], overlap: Overlap, is_busy: bool) -> Decided:
    """What to begin now. `is_busy` says that a run which the schedule has begun is not over.

    allow begins everything at once; queue one after the other. skip drops what comes while a run goes on, but not a
    time that is made up for, nor one that comes while such times wait: these follow each other.
    """
    if overlap == "allow":
        return Decided(begun=(*waiting, *new))
    line, skipped = list(waiting), []
    for each in new:
        is_behind = is_busy or bool(line)
        may_wait = overlap == "queue" or each.is_made_up or any(one.is_made_up for one in line)
        if is_behind and (not may_wait or len(line) >= MOST_WAITING):
            skipped.append(each)
        else:
            line.append(each)
    count = 0 if is_busy else 1
    return Decided(begun=tuple(line[:count]), waiting=tuple(line[count:]), skipped=tuple(skipped))
