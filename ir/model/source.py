"""What every data source has in common (section 3)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.words import Name

Role = Literal["primary", "deduplicate", "existing", "destination"]
WRITING = frozenset({"write", "append", "append_rows", "update", "upsert", "delete"})


class Source(Section):
    """Where rows come from (or, as a destination, go)."""

    alias: Name | None = Field(None, description="The name of its frame; by default made from `source`.")
    source: str | None = Field(None, description="A label such as the system's name; inline for rows in the file.")
    plugin_key: str | None = Field(None, description="The plugin that reads it; local for files.")
    operation_type: str | None = Field(None, description="The plugin's action; one that writes makes it a target.")
    location: str | None = Field(None, description="Path, glob, URL, sheet or table, by type.")
    tab: str | None = Field(None, description="The worksheet of a spreadsheet.")
    endpoint: str | None = Field(None, description="The path or URL of a REST endpoint.")
    trigger: str | None = Field(None, description="The name of the event that starts the run.")
    role: Role | None = Field(None, description="primary, deduplicate (also existing) or destination.")
    credentials_ref: str | None = Field(None, description="Where the secret is: env:NAME, file:path#key …")
    rejects: Name | None = Field(None, description="The name of a frame with the rows this source rejects.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="This source's own.")

    @property
    def is_destination(self) -> bool:
        """Whether it is written to, and never read as rows."""
        return self.role == "destination" or self.operation_type in WRITING

    @property
    def is_reference(self) -> bool:
        """Whether rows of `data` that stand in it are dropped."""
        return self.role in {"deduplicate", "existing"} and not self.is_destination
