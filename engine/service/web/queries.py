"""Query parameters that many routes have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from engine.service.views.paging import MOST, USUAL

_MOST_TEXT = 500


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL is no part of a text")
    return text


Text = Annotated[str, Field(max_length=_MOST_TEXT), AfterValidator(_clean)]


def _as_stored(text: str) -> str:
    """The instant as the journal writes instants."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC).isoformat(timespec="microseconds")
    except OverflowError:
        raise ValueError("it lies outside of all calendars") from None


Instant = Annotated[Text, AfterValidator(_as_stored)]
"""ISO 8601; without a zone it is in UTC."""


class Paging(BaseModel):
    """A page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many.")
    after: Text | None = Field(None, description="The `next` of the page before.")


class NumberedPaging(BaseModel):
    """A page of a list whose entries are numbered."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(USUAL, ge=1, le=MOST, description="At most so many.")
    after: int = Field(0, ge=0, le=2**31 - 1, description="The `next` of the page before.")
