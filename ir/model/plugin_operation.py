"""Actions of plugins as steps (section 10)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.words import Name, refuse


class PluginOperation(Section):
    """One action of a plugin: once, a row at a time, a group at a time, or in batches."""

    id: Name = Field(description="The step's name.")
    plugin_key: str = Field(description="The plugin.")
    operation_type: str = Field(description="Its action.")
    config: dict[str, Any] = Field(default_factory=dict, description="The action's parameters; templates may stand.")
    credentials_ref: str | None = Field(None, description="Where the secret is: env:NAME, file:path#key …")
    input_source: str | None = Field(None, description="The frame it reads; default data.")
    output_variable: Name | None = Field(None, description="The name of its result.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")
    on_error: Literal["fail", "continue", "retry"] = Field("fail", description="When the action fails.")
    retry_count: int | None = Field(None, ge=0, le=10, description="With on_error retry: further attempts.")
    execution_scope: Literal["once", "per_item", "per_group", "batch"] | None = Field(
        None, description="By default per_item when a template or input is row-scoped, else once."
    )
    rejects: Name | None = Field(None, description="The name of a frame with the rows that failed.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="This step's own.")

    @model_validator(mode="after")
    def _check_retry(self) -> PluginOperation:
        if self.retry_count is not None and self.on_error != "retry":
            raise refuse("retry_count stands only with on_error: retry", at=("retry_count",), on_key=True)
        return self
