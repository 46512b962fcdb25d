"""The whole document (section 2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.deliveries import DeliveryRules
from ir.model.filters import Filters
from ir.model.merge import DataMerge
from ir.model.normalization import Normalization
from ir.model.settings import RuntimeInput, Settings
from ir.model.sources import DataSource
from ir.model.transform import Transform
from ir.model.words import SLUG_PATTERN


class Workflow(Section):
    """One workflow: where rows come from, what becomes of them, and where they go."""

    ir_version: Literal["3.1", "3.0", "2.0"] = Field(description="3.1; 3.0 and 2.0 are the original's.")
    name: Annotated[str, StringConstraints(pattern=SLUG_PATTERN)] | None = Field(
        None, description="Lower case letters, digits, - and _; default: from the file's name."
    )
    goal: str = Field(description="What it is for, shown in plans, reports and logs.")
    settings: Settings = Field(default_factory=lambda: Settings(), description="How the workflow runs.")
    runtime_inputs: list[RuntimeInput] = Field(default_factory=list, description="Values given when a run starts.")
    data_sources: list[DataSource] = Field(min_length=1, description="Where rows come from.")
    data_merge: DataMerge | None = Field(None, description="How several sources become one frame.")
    normalization: Normalization | None = Field(None, description="Headers put in order.")
    filters: Filters | None = Field(None, description="Which rows of the source are kept.")
    post_ai_filters: Filters | None = Field(None, description="Which rows are kept after the AI steps.")
    transforms: list[Transform] = Field(default_factory=list, description="Steps that change rows, in order.")
    delivery_rules: DeliveryRules = Field(default_factory=lambda: DeliveryRules(), description="Where results go.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="Retry, timeouts, rates.")
