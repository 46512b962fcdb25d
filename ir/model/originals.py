"""File operations and enrichments: the original's spellings of deliveries and joins (section 2)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import Name, Names, refuse


class OutputConfig(Section):
    """The file that an operation makes."""

    format: Literal["pdf", "csv", "excel", "xlsx", "txt", "json"] | None = Field(None, description="Default by type.")
    filename: str | None = Field(None, description="A template.")
    columns: list[str] | None = Field(None, description="Only these columns, in this order.")
    template: str | None = Field(None, description="The text's template.")
    encoding: str | None = Field(None, description="Of text formats.")
    include_headers: bool | None = Field(None, description="Whether the first line holds the names.")
    date_format: str | None = Field(None, description="How dates are written.")


class UploadDestination(Section):
    """Where a file is uploaded to."""

    plugin_key: Literal["google-drive", "aws-s3", "s3", "dropbox", "onedrive"] = Field(description="The kind of store.")
    operation_type: Literal["upload", "create", "update"] = Field("upload", description="What is done there.")
    location: str | None = Field(None, description="Folder, bucket or path.")
    overwrite: bool | None = Field(None, description="Replace a file that is there.")
    permissions: str | dict[str, Any] | None = Field(None, description="Who may read it.")
    credentials_ref: str | None = Field(None, description="Where the secret is: env:NAME, file:path#key …")


class FileOperation(Section):
    """A file made of a frame, or existing files moved."""

    id: Name | None = Field(None, description="The step's name.")
    type: Literal["upload_file", "generate_pdf", "generate_csv", "generate_excel", "generate_json"] = Field(
        description="generate_* makes a file, upload_file moves existing ones."
    )
    source_data: str | None = Field(None, description="The frame; default data. step1.data is the first source.")
    output_config: OutputConfig | None = Field(None, description="The file.")
    upload_destination: UploadDestination | None = Field(None, description="Where it goes.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")

    @model_validator(mode="after")
    def _check_destination(self) -> FileOperation:
        if self.type == "upload_file" and self.upload_destination is None:
            raise refuse("upload_file needs an upload_destination", code="IR202")
        return self


class EnrichmentJoin(Section):
    """The keys of an enrichment and what becomes of several or no matches."""

    join_type: Literal["left", "inner", "right", "full", "lookup"] = Field(description="How rows are joined.")
    primary_key: Names = Field(description="The key of the primary source.")
    foreign_key: Names = Field(description="The key of the enrichment source.")
    match_strategy: Literal["exact", "fuzzy", "contains", "regex"] = Field(
        "exact", description="Only exact; others are refused."
    )
    fuzzy_threshold: float | None = Field(None, ge=0, le=1, description="With match_strategy fuzzy.")
    handle_multiple_matches: Literal["first", "last", "all", "error"] = Field(
        "first", description="When several rows match."
    )
    handle_no_match: Literal["keep_null", "skip_row", "default_value"] = Field(
        "keep_null", description="When no row matches."
    )
    default_values: dict[str, Any] = Field(default_factory=dict, description="With handle_no_match default_value.")


class Enrichment(Section):
    """Columns of one source added to another."""

    id: Name = Field(description="The step's name.")
    type: Literal["join", "lookup", "merge", "cross_reference"] = Field(description="The kind of join.")
    primary_source: str = Field(description="Its rows are kept.")
    enrichment_source: str = Field(description="Its columns are added.")
    join_config: EnrichmentJoin = Field(description="The keys.")
    output_fields: list[str] | None = Field(None, description="The columns that are added; default all.")
