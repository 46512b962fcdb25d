"""Tests of a workflow, run without touching the world (section 2)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from ir.model.base import Section
from ir.model.schedule import Moment
from ir.model.words import Names

Rows = list[dict[str, Any]]


class ExpectedDelivery(Section):
    """What a delivery must have been."""

    recipient: Names | None = Field(None, description="Whom it went to.")
    subject: str | None = Field(None, description="Its subject.")
    body: Names | None = Field(None, description="Fragments that must stand in its body.")
    rows: int | Rows | None = Field(None, description="How many rows, or which.")
    cells: dict[str, Any] = Field(default_factory=dict, description="{A1: value} of a spreadsheet.")
    text: Names | None = Field(None, description="Fragments that must stand in the file.")


class Expectation(Section):
    """What must come out."""

    frames: dict[str, Rows] = Field(default_factory=dict, description="{name: rows}.")
    deliveries: dict[str, ExpectedDelivery] = Field(default_factory=dict, description="{id: what it must be}.")
    diagnostics: list[Annotated[str, StringConstraints(pattern=r"^IR\d{3}$")]] = Field(
        default_factory=list, description="Codes that must be found."
    )


class WorkflowTest(Section):
    """Given these rows and inputs at this time, this must come out."""

    name: str = Field(description="What is tested.")
    now: Moment | None = Field(None, description="The run's time.")
    inputs: dict[str, Any] = Field(default_factory=dict, description="{name: value} of runtime inputs.")
    sources: dict[str, Rows] = Field(default_factory=dict, description="{alias: rows} instead of reading.")
    expect: Expectation = Field(description="What must come out.")
