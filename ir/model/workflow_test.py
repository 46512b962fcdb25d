"""Tests of a workflow, run without touching the world (section 2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from ir.model.base import Section
from ir.model.schedule import Moment
from ir.model.words import Columns, Names, refuse

Row = dict[str, Any]
Rows = list[Row]
RowsOrCount = int | list[dict[str, Any]]
Code = Annotated[str, StringConstraints(pattern=r"^IR\d{3}$")]


class GivenSource(Section):
    """The rows of a source, and the types of their columns where nothing else tells them."""

    rows: Rows = Field(description="One object a row.")
    columns_schema: Columns | None = Field(None, alias="schema", description="{column: type}; as the source has them.")


class ExpectedMessage(Section):
    """What one message must have been."""

    recipient: Names | None = Field(None, description="Whom it went to.")
    subject: str | None = Field(None, description="Its subject.")
    body: Names | None = Field(None, description="Fragments that must stand in its body.")


class ExpectedFile(Section):
    """What one file of a delivery must have been."""

    rows: RowsOrCount | None = Field(None, description="How many rows, or which.")
    cells: dict[str, Any] = Field(default_factory=dict, description="{A1: value} of a spreadsheet, or {Sheet!A1: …}.")
    text: Names | None = Field(None, description="Fragments that must stand in the file.")


class ExpectedDelivery(ExpectedMessage, ExpectedFile):
    """What a delivery must have been."""

    status: Literal["delivered", "incomplete", "skipped", "failed"] | None = Field(
        None, description="How it went; delivered where something else is expected of it."
    )
    messages: int | list[ExpectedMessage] | None = Field(None, description="How many messages, or which, in order.")
    files: dict[str, ExpectedFile] = Field(
        default_factory=dict, description="{name: what it must be} of the files of a delivery that makes several."
    )


class Expectation(Section):
    """What must come out."""

    frames: dict[str, Rows] = Field(default_factory=dict, description="{name: rows}.")
    deliveries: dict[str, ExpectedDelivery] = Field(default_factory=dict, description="{id: what it must be}.")
    dead_letters: RowsOrCount | None = Field(None, description="How many rows were rejected, or which.")
    diagnostics: list[Code] = Field(default_factory=list, description="Codes that must be found.")


class WorkflowTest(Section):
    """Given these rows and inputs at this time, this must come out."""

    name: str = Field(description="What is tested.")
    now: Moment | None = Field(None, description="The run's time; default 2026-01-31T12:00 in the workflow's zone.")
    inputs: dict[str, Any] = Field(default_factory=dict, description="{name: value} of runtime inputs.")
    sources: dict[str, Rows | GivenSource] = Field(
        default_factory=dict, description="{alias: rows} instead of reading."
    )
    expect: Expectation = Field(description="What must come out.")


class WorkflowTests(Section):
    """A file of tests beside a workflow."""

    workflow: str | None = Field(
        None, description="The workflow's file, relative to this one; default: this file's name without _test."
    )
    tests: list[WorkflowTest] = Field(description="Tests of the workflow.")

    @model_validator(mode="after")
    def _check_tests(self) -> WorkflowTests:
        if not self.tests:
            raise refuse("there is no test", at=("tests",), on_key=True, hint="write name, sources and expect")
        return self
