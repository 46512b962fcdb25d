"""When a workflow runs by itself (section 15)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ir.cron import cron_problem
from ir.model.base import Section
from ir.model.settings import TimeZone
from ir.model.words import refuse

_FIELD_OF = {"cron": "cron_expression", "interval": "interval_minutes", "event": "event"}


class ScheduleEvent(Section):
    """What has to happen: one of the three."""

    workflow_finished: str | None = Field(None, description="The name of a workflow that has ended well.")
    workflow_failed: str | None = Field(None, description="The name of a workflow that has failed.")
    file_arrived: str | None = Field(None, description="A path, a glob, or a bucket or folder of a store.")

    @model_validator(mode="after")
    def _check_one(self) -> ScheduleEvent:
        if len([each for each in (self.workflow_finished, self.workflow_failed, self.file_arrived) if each]) != 1:
            raise refuse("an event is exactly one of workflow_finished, workflow_failed and file_arrived", code="IR206")
        return self


def _cron(text: str) -> str:
    problem = cron_problem(text)
    if problem:
        raise refuse(problem, hint='"30 7 * * MON-FRI" is half past seven on weekdays')
    return text


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        raise refuse(f'"{text}" is no date', hint="write 2026-01-31 or 2026-01-31T07:30:00") from error
    return text


Moment = Annotated[str, AfterValidator(_moment)]


class Schedule(Section):
    """When a workflow runs by itself."""

    type: Literal["cron", "interval", "event"] = Field(description="What starts it.")
    enabled: bool = Field(True, description="false keeps the schedule without running it.")
    cron_expression: Annotated[str, AfterValidator(_cron)] | None = Field(
        None, description="type cron: five fields, or @hourly, @daily, @weekly, @monthly, @yearly."
    )
    interval_minutes: int | None = Field(
        None, ge=1, description="type interval: minutes from start_date on, else from midnight."
    )
    timezone: TimeZone | None = Field(None, description="Of the expression and the dates; default settings.timezone.")
    start_date: Moment | None = Field(None, description="Not before.")
    end_date: Moment | None = Field(None, description="Not after; the whole day of a date counts.")
    event: str | ScheduleEvent | None = Field(
        None, description="type event: the name of one that is sent, or what has to happen."
    )
    overlap: Literal["skip", "queue", "allow"] = Field(
        "skip", description="When a run by the schedule still goes on: leave the new one out, let it wait, or run both."
    )
    catchup: Literal["none", "last", "all"] = Field(
        "none", description="Of the times that passed while no service was running: run none, the last, or all."
    )

    @model_validator(mode="after")
    def _check_field(self) -> Schedule:
        needed = _FIELD_OF[self.type]
        if getattr(self, needed) is None:
            raise refuse(f"a schedule of type {self.type} needs {needed}", code="IR202")
        for kind, field in _FIELD_OF.items():
            if kind != self.type and getattr(self, field) is not None:
                raise refuse(f"{field} stands only with type {kind}, not with {self.type}", at=(field,), on_key=True)
        if self.type == "event" and self.catchup != "none":
            raise refuse("catchup stands only with times: an event is stored until it is taken, and none is missed",
                         at=("catchup",), on_key=True)  # fmt: skip
        if isinstance(self.event, str) and not self.event.strip():
            raise refuse("the event has no name", at=("event",), hint="write event: month-closed")
        if self.start_date and self.end_date and self.end_date[:10] < self.start_date[:10]:
            raise refuse(f"end_date {self.end_date} is before start_date {self.start_date}", at=("end_date",))
        return self
