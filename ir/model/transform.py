"""One transform; what its `config` may say is known by the transform registry (section 7)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.words import Name


class Transform(Section):
    """A step that makes a frame of other frames."""

    id: Name | None = Field(None, description="The step's name, for depends_on and for people.")
    type: str = Field(description="What is done; `weirflow list transforms` shows all.")
    config: dict[str, Any] = Field(default_factory=dict, description="Its options, by type.")
    input_source: str | None = Field(None, description="The frame it reads; default data.")
    output_variable: Name | None = Field(None, description="The name of its result; without one it becomes data.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="This step's own.")
