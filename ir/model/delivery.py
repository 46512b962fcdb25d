"""What every delivery has in common (section 13)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.words import Name


class Delivery(Section):
    """Rows or words that leave the workflow."""

    id: Name | None = Field(None, description="The delivery's name, for depends_on, attachments and the report.")
    input_source: str | None = Field(None, description="The frame it delivers; default data.")
    columns: list[str] | None = Field(None, description="Only these columns, in this order.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")
    credentials_ref: str | None = Field(None, description="Where the secret is: env:NAME, file:path#key …")
    config: dict[str, Any] = Field(default_factory=dict, description="Further parameters of the plugin's action.")
    on_uncertain: Literal["skip", "resend"] = Field(
        "skip", description="After a crash, when it cannot be known whether it went out."
    )
    execution_constraints: ExecutionConstraints | None = Field(None, description="This delivery's own.")
