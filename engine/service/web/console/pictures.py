"""The plan of a workflow as a picture. One that takes long to compile comes after its page."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

from markupsafe import Markup

from engine.picture.boxes import added_columns, badge_text, dropped_columns, shown_name, style_of, where_done
from engine.plan_steps import Step
from engine.service.compiling.task import Planned
from engine.service.planning import Planner, TooManyAtOnce
from engine.service.store.workflows import StoredWorkflow
from engine.service.web.routes import Call
from ir.records import dataclass

PATIENCE_S = 1.5
"""How long a page waits for its picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step below the picture."""

    id: str
    name: str
    kind: str
    style: str
    summary: str
    reads: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str, bool]] | None
    """Name, type and whether it is new; None where only a first pass can tell."""
    dropped: Sequence[str]
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a page shows of a plan; without a `planned` it is not there yet."""

    address: str
    planned: Planned | None
    svg: Markup | None = None
    steps: Sequence[ShownStep] = ()

    @property
    def diagnostics(self) -> list[dict[str, Any]]:
        """What the plan is told about. That only an event will tell the columns is none of its faults."""
        found = [] if self.planned is None else [each.as_json() for each in self.planned.diagnostics]
        return [{**each, "severity": "warning"} if each["code"] == "IR327" else each for each in found]


_drawn: dict[tuple[str, str], Future[Planned]] = {}
_lock = Lock()


def picture_of(call: Call, workflow: StoredWorkflow, *, patience_s: float = PATIENCE_S) -> Picture:
    """The picture, where it is there in time, and not too many others are being drawn."""
    address = f"/workflows/{workflow.workflow}/picture"
    try:
        planned = _future(call, workflow).result(timeout=patience_s)
    except (TimeoutError, TooManyAtOnce):
        return Picture(address=address, planned=None)
    if planned.picture is None:
        return Picture(address=address, planned=planned)
    steps = planned.picture.steps
    places = {step.id: f"step-{number}" for number, step in enumerate(steps, start=1)}
    return Picture(address=address, planned=planned, svg=Markup(planned.picture.drawing.svg),
                   steps=[_shown(each, places, steps) for each in steps])  # fmt: skip


def _future(call: Call, workflow: StoredWorkflow) -> Future[Planned]:
    """One at a time of each workflow, however many look at it."""
    key = (workflow.workflow, workflow.document_sha256)
    with _lock:
        for each in [each for each, future in _drawn.items() if future.done()]:
            del _drawn[each]  # the planner keeps it
        if key not in _drawn:
            _drawn[key] = Future()
            # no thread of a pool: a service that stops does not wait for a picture
            Thread(target=_draw, args=(_drawn[key], call.context.planner, workflow), daemon=True).start()
        return _drawn[key]


def _draw(future: Future[Planned], planner: Planner, workflow: StoredWorkflow) -> None:
    try:
        future.set_result(planner.plan(workflow))
    except BaseException as error:
        future.set_exception(error)


def _shown(step: Step, places: dict[str, str], steps: Sequence[Step]) -> ShownStep:
    added = added_columns(step)
    names = {each.id: shown_name(each) for each in steps}
    return ShownStep(
        id=places[step.id], name=shown_name(step), kind=badge_text(step), style=style_of(step), summary=step.summary,
        reads=[(names[each], places[each]) for each in step.depends_on if each in places],
        columns=None if step.columns_out is None else [(name, kind, name in added) for name, kind in
                                                       step.columns_out.items()],
        dropped=dropped_columns(step), where=where_done(step),
    )  # fmt: skip
