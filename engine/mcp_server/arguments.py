"""The arguments of the tools. Their descriptions are what a model reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

ListWhat = Literal["workflows", "runs", "language", "transforms", "functions", "operators", "formats", "plugins"]
MAX_PREVIEW_ROWS = 1000


class WorkflowArguments(BaseModel):
    """A workflow, by its file or as its text, and the values of its runtime inputs."""

    model_config = ConfigDict(extra="forbid")

    file: str | None = Field(None, description="The workflow's file, relative to the served folder.")
    workflow: str | dict[str, Any] | None = Field(
        None, description="The workflow itself as YAML or JSON text or as an object, in place of a file.")  # fmt: skip
    inputs: dict[str, str | int | float | bool] = Field(
        {}, description="Values of the workflow's runtime inputs, by name.")  # fmt: skip

    @model_validator(mode="after")
    def _one_of_both(self) -> WorkflowArguments:
        if (self.file is None) == (self.workflow is None):
            raise ValueError("give either file or workflow")
        return self


class PlanArguments(WorkflowArguments):
    """What to plan."""

    format: Literal["text", "json", "mermaid", "sql"] = Field(
        "text",
        description="text for people, json with every step and column, a Mermaid flowchart, or DuckDB SQL.",
    )
    engine: Literal["auto", "polars", "duckdb"] | None = Field(None, description="In place of the workflow's own.")
    now: datetime | None = Field(None, description="The instant that every date word reads; default: the clock.")


class RunArguments(WorkflowArguments):
    """What to run."""

    preview: int | None = Field(
        None, ge=1, le=MAX_PREVIEW_ROWS,
        description="Make each delivery of its first so many rows and show these; nothing is written or sent.",
    )  # fmt: skip
    engine: Literal["auto", "polars", "duckdb"] | None = Field(None, description="In place of the workflow's own.")
    now: datetime | None = Field(None, description="The instant that every date word reads; default: the clock.")


class ListArguments(BaseModel):
    """What to list."""

    model_config = ConfigDict(extra="forbid")

    what: ListWhat = Field(
        description="workflows of the folder, past runs, language (a guide to writing workflows), the words of the "
        "language (transforms, functions, operators, formats), or plugins, whose actions workflows call.")  # fmt: skip
    name: str | None = Field(
        None, description="With plugins: the key of one, for its actions, their parameters and results.")  # fmt: skip
