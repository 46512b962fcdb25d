"""The whole document (section 2)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ir.model.ai import AiOperation
from ir.model.base import Section
from ir.model.conditionals import Conditional
from ir.model.constraints import ExecutionConstraints
from ir.model.deliveries import DeliveryRules
from ir.model.edge_cases import EdgeCase
from ir.model.filters import Filters
from ir.model.merge import DataMerge
from ir.model.normalization import Normalization
from ir.model.originals import Enrichment, FileOperation
from ir.model.plugin_operation import PluginOperation
from ir.model.rendering import Grouping, Partition, Rendering
from ir.model.schedule import Schedule
from ir.model.settings import RuntimeInput, Settings
from ir.model.sources import DataSource
from ir.model.transform import Transform
from ir.model.validation import ValidationRule
from ir.model.words import SLUG_PATTERN, Name, refuse
from ir.model.workflow_test import WorkflowTest

_VERSION = re.compile(r"(?:[\^~]|[<>]=?|=)?v?(?:\*|\d+(?:\.(?:\d+|x|\*)){0,2}(?:[-+][\w.+-]+)?)")


def _range(text: str) -> str:
    parts = re.sub(r"([\^~<>=])\s+", r"\1", text).replace("||", " ").replace(",", " ").replace(" - ", " ").split()
    if not parts or not all(_VERSION.fullmatch(part) for part in parts):
        raise refuse(f'"{text}" is no version range', hint='write "^1.2", ">=1.0 <3" or "1.2.3"')
    return text


PluginRange = Annotated[str, AfterValidator(_range)]


class Workflow(Section):
    """One workflow: where rows come from, what becomes of them, and where they go."""

    ir_version: Literal["3.1", "3.0", "2.0"] = Field(description="3.1; 3.0 and 2.0 are the original's.")
    name: Annotated[str, StringConstraints(pattern=SLUG_PATTERN)] | None = Field(
        None, description="Lower case letters, digits, - and _; default: from the file's name."
    )
    goal: str = Field(description="What it is for, shown in plans, reports and logs.")
    settings: Settings = Field(
        default_factory=lambda: Settings.model_validate({}), description="How the workflow runs."
    )
    runtime_inputs: list[RuntimeInput] = Field(default_factory=list, description="Values given when a run starts.")
    data_sources: list[DataSource] = Field(min_length=1, description="Where rows come from.")
    data_merge: DataMerge | None = Field(None, description="How several sources become one frame.")
    normalization: Normalization | None = Field(None, description="Headers put in order.")
    validation_rules: list[ValidationRule] = Field(default_factory=list, description="Rules that rows must keep.")
    validation_rejects: Name | None = Field(None, description="The name of a frame with the rows the rules reject.")
    filters: Filters | None = Field(None, description="Which rows of the source are kept.")
    transforms: list[Transform] = Field(default_factory=list, description="Steps that change rows, in order.")
    ai_operations: list[AiOperation] = Field(default_factory=list, description="Steps that a language model does.")
    post_ai_filters: Filters | None = Field(None, description="Which rows are kept after the AI steps.")
    plugin_operations: list[PluginOperation] = Field(default_factory=list, description="Actions of plugins.")
    # The next two are for the schema: they are translated before the document is read into this model.
    file_operations: list[FileOperation] = Field(
        default_factory=list, description="The original's file deliveries; read as delivery_rules.file_delivery."
    )
    enrichments: list[Enrichment] = Field(
        default_factory=list, description="The original's joins; read as transforms of type enrich or join."
    )
    conditionals: list[Conditional] = Field(default_factory=list, description="Branches of rows or runs.")
    partitions: list[Partition] = Field(default_factory=list, description="Rows split by value or condition.")
    grouping: Grouping | None = Field(None, description="Groups for per_group_delivery.")
    rendering: Rendering | None = Field(None, description="How the result is shown.")
    delivery_rules: DeliveryRules = Field(
        default_factory=lambda: DeliveryRules.model_validate({}), description="Where results go."
    )
    tests: list[WorkflowTest] = Field(default_factory=list, description="Tests of this workflow.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="Retry, timeouts, rates.")
    schedule: Schedule | None = Field(None, description="When it runs by itself.")
    edge_cases: list[EdgeCase] = Field(default_factory=list, description="What is done when something is missing.")
    plugins: dict[str, PluginRange] = Field(default_factory=dict, description="{key: version range}, such as ^1.2.")
    clarifications_required: list[str] = Field(
        default_factory=list, description="Questions still open; a run is refused until there are none."
    )
