"""Files as deliveries (section 13)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.delivery import Delivery
from ir.model.words import refuse


class Destination(Section):
    """Where files go."""

    plugin_key: Literal["local", "s3", "google-drive", "dropbox"] | None = Field(
        None, description="The kind of store; may be absent when path is a URL, default local."
    )
    path: str = Field(".", description="A folder, bucket/prefix, Drive folder id or path, or an fsspec URL.")
    credentials_ref: str | None = Field(None, description="Where the secret is: env:NAME, file:path#key …")


class FileOptions(Section):
    """How the file is written."""

    overwrite: bool = Field(False, description="Replace a file that is there; else it is an error before writing.")
    public: bool = Field(False, description="Anyone may read it; refused on local.")
    content_type: str | None = Field(None, description="The stored media type; by format.")
    compression: str | None = Field(None, description="Such as gz or zst for text formats, zstd for parquet.")
    sheet_name: str | None = Field(None, description="xlsx: the sheet's name.")
    excel_table: bool | None = Field(None, description="xlsx: an Excel table instead of styled cells.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="csv: between fields.")
    encoding: str | None = Field(None, description="Text formats; default utf-8.")
    header: bool | None = Field(None, description="csv, txt: whether the first line holds the names.")
    date_format: str | None = Field(None, description="How dates are written, such as %d.%m.%Y.")
    formatted: bool | None = Field(None, description="csv, json: values as the format transform shows them.")
    profile: Literal["excel", "lines"] | None = Field(None, description="excel (csv: as Excel opens it), lines (txt).")
    page_breaks: bool | None = Field(None, description="txt: pages with a header each.")
    split_by: str | None = Field(None, description="A column: one file (or sheet) for each of its values.")
    split_into: Literal["files", "sheets"] | None = Field(None, description="With split_by; default files.")
    template: str | None = Field(None, description="xlsx: an existing workbook to fill.")

    @model_validator(mode="after")
    def _check_split(self) -> FileOptions:
        if self.split_into and not self.split_by:
            raise refuse("split_into needs split_by", code="IR202", at=("split_into",), on_key=True,
                         hint="write split_by: the column")  # fmt: skip
        return self


class FileDelivery(Delivery):
    """A frame as a file. It appears whole or not at all."""

    format: str = Field(description="csv, json, ndjson, xlsx, pdf, txt, html, parquet.")
    destination: Destination = Field(
        default_factory=lambda: Destination.model_validate({}), description="Where it goes."
    )
    filename_template: str | None = Field(None, description="Default {{workflow}}. and the format's ending.")
    options: FileOptions = Field(
        default_factory=lambda: FileOptions.model_validate({}), description="How it is written."
    )

    @model_validator(mode="after")
    def _check_options(self) -> FileDelivery:
        local = self.destination.plugin_key == "local" or (
            self.destination.plugin_key is None and "://" not in self.destination.path
        )
        if self.options.public and local:
            raise refuse("a local file cannot be made public", at=("options", "public"), on_key=True,
                         hint="leave public out, or deliver to s3, google-drive or dropbox")  # fmt: skip
        allowed = {"excel": "csv", "lines": "txt"}.get(self.options.profile or "")
        if allowed and self.format != allowed:
            raise refuse(f"profile {self.options.profile} stands only with format {allowed}, not with {self.format}",
                         at=("options", "profile"))  # fmt: skip
        if self.options.split_into == "sheets" and self.format != "xlsx":
            raise refuse(f"{self.format} has no sheets", at=("options", "split_into"), hint="write format: xlsx")
        if self.options.template and self.format != "xlsx":
            raise refuse("template stands only with format xlsx", at=("options", "template"), on_key=True)
        return self
