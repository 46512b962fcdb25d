"""Stream sources: where rows keep coming from, and how they are batched (section 3)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import refuse

_NEEDS = {"sliding": "slide_seconds", "session": "gap_seconds"}


class StreamWindow(Section):
    """Rows grouped by time."""

    type: Literal["tumbling", "sliding", "session"] = Field(description="The kind of window.")
    size_seconds: float | None = Field(None, gt=0, description="The window's length; not for session.")
    slide_seconds: float | None = Field(None, gt=0, description="How far a sliding window moves.")
    gap_seconds: float | None = Field(None, gt=0, description="The silence that ends a session.")
    time_field: str | None = Field(None, description="The column with the event's time; default the time of arrival.")
    watermark_seconds: float | None = Field(None, ge=0, description="How late a row may come.")

    @model_validator(mode="after")
    def _check_sizes(self) -> StreamWindow:
        if self.type != "session" and self.size_seconds is None:
            raise refuse(f"a {self.type} window needs size_seconds", code="IR202")
        needed = _NEEDS.get(self.type)
        if needed and getattr(self, needed) is None:
            raise refuse(f"a {self.type} window needs {needed}", code="IR202")
        return self


class StreamConfig(Section):
    """Where the rows come from and how they are batched."""

    kind: Literal["directory", "kafka", "redis", "nats", "webhook"] = Field(description="What is listened to.")
    address: str | None = Field(None, description="Servers or folder; default the source's location.")
    topic: str | None = Field(None, description="Topic, channel or subject.")
    group: str | None = Field(None, description="The consumer group that remembers the position.")
    format: str | None = Field(None, description="How a message is read; default json.")
    batch_rows: int | None = Field(None, ge=1, description="Rows of a micro-batch.")
    batch_seconds: float | None = Field(None, gt=0, description="How long a micro-batch is collected.")
    window: StreamWindow | None = Field(None, description="Rows grouped by time.")

    @model_validator(mode="after")
    def _check_topic(self) -> StreamConfig:
        if self.kind in {"kafka", "redis", "nats"} and self.topic is None:
            raise refuse(f"a {self.kind} stream needs a topic", code="IR202")
        return self
