"""File and inline sources and what their `config` may say (section 3)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from ir.model.base import Section
from ir.model.source import Source
from ir.model.words import Amount, Columns, Names, RowCount, refuse

BadRow = Literal["quarantine", "null", "error"]


class Incremental(Section):
    """Read only what is new since the last successful run."""

    cursor: str = Field(description="The column that grows; for the files of a glob, name or modified.")
    initial: Any = Field(None, description="Where the first run starts.")
    lag: Any = Field(None, description="How far behind the last value each run starts, for late rows.")


class ItemIncremental(Section):
    """Read only what is new since the last successful run, of a service."""

    cursor: str | None = Field(None, min_length=1, description="The column that grows.")
    initial: Any = Field(None, description="Where the first run starts.")
    lag: Any = Field(None, description="How far behind the last value each run starts, for late rows.")
    seen: str | None = Field(
        None, min_length=1, description="The column that tells rows apart: what was read once does not come again."
    )

    @model_validator(mode="after")
    def _check_columns(self) -> ItemIncremental:
        if self.cursor is None and self.seen is None:
            raise refuse("neither a cursor nor seen is named", code="IR202", at=("cursor",), on_key=True,
                         hint="write cursor: and the column that grows, or seen: and the one with the ids")  # fmt: skip
        for key in ("initial", "lag"):
            if self.cursor is None and getattr(self, key) is not None:
                raise refuse(f"{key} is a value of a cursor, and none is named", code="IR206", at=(key,), on_key=True,
                             hint="write cursor: and the column that grows")  # fmt: skip
        return self


class ReferenceKeys(Section):
    """Keys of a `config` that say what a source of role deduplicate is matched by."""

    identifier_field: str | None = Field(None, description="Role deduplicate: the key column; default id.")
    identifier_fields: Names | None = Field(None, description="Role deduplicate: the key columns.")
    time_window_hours: float | None = Field(None, gt=0, description="Role deduplicate: only younger rows count.")
    timestamp_field: str | None = Field(None, description="Role deduplicate: the column that tells a row's age.")

    @model_validator(mode="after")
    def _check_keys(self) -> ReferenceKeys:
        if self.identifier_field and self.identifier_fields:
            raise refuse("identifier_field and identifier_fields are both given", at=("identifier_field",), on_key=True,
                         hint="keep identifier_fields")  # fmt: skip
        if self.time_window_hours is not None and self.timestamp_field is None:
            raise refuse("time_window_hours needs to know which column tells a row's age", code="IR202",
                         at=("time_window_hours",), on_key=True, hint="write timestamp_field: …")  # fmt: skip
        return self


class RowConfig(ReferenceKeys):
    """What every source of rows shares: types, and what becomes of values that do not fit them."""

    model_config = ConfigDict(populate_by_name=False)

    columns_schema: Columns | None = Field(None, alias="schema", description="{column: type}; the rest is inferred.")
    on_bad_row: BadRow | None = Field(
        None, description="What becomes of a row whose value does not fit its declared type; default quarantine."
    )
    max_bad: Amount | None = Field(None, description='More bad rows than this (a count, or "1%") are an error.')


class FileConfig(RowConfig):
    """How a file is read."""

    format: str | None = Field(
        None, description="csv, tsv, json, ndjson, parquet, arrow, xlsx, txt; default by ending."
    )
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Between fields; csv, tsv.")
    quote: str | None = Field(None, max_length=1, description='Around fields; default "; csv, tsv.')
    header: bool | None = Field(None, description="Whether the first row holds the names; default true.")
    skip_rows: RowCount | None = Field(None, description="Rows before the header that are not read.")
    encoding: str | None = Field(None, description="Of a text file; default utf-8.")
    null_values: Names | None = Field(None, description="Texts that mean null besides the empty field.")
    date_format: str | None = Field(None, description="How dates are written, such as %d.%m.%Y.")
    sheet: str | None = Field(None, description="The worksheet; default the first.")
    tab: str | None = Field(None, description="The worksheet, in the original's word.")
    range: str | None = Field(None, description="Cells of the sheet, such as A3:F200.")
    union_by_name: bool | None = Field(None, description="Several files with different columns: missing ones are null.")
    partitioned: bool | None = Field(None, description="Folders named column=value become columns.")
    file_column: str | None = Field(None, description="The name of a column that holds the file's path.")
    allow_empty: bool | None = Field(None, description="A glob that matches nothing is no error.")
    incremental: Incremental | None = Field(None, description="Only files that are new since the last run.")

    @model_validator(mode="after")
    def _check_sheet(self) -> FileConfig:
        if self.sheet and self.tab and self.sheet != self.tab:
            raise refuse("sheet and tab name different sheets", at=("tab",), hint="keep sheet")
        return self


class InlineConfig(RowConfig):
    """Rows written in the workflow itself."""

    rows: list[dict[str, Any]] = Field(description="One object a row.")


class FileSource(Source):
    """A file, a glob of files, or an fsspec URL."""

    type: Literal["file", "tabular"] = Field(description="file, or tabular with plugin_key local.")
    config: FileConfig = Field(
        default_factory=lambda: FileConfig.model_validate({}), description="How the file is read."
    )

    @model_validator(mode="after")
    def _check_location(self) -> FileSource:
        if self.location is None and not self.is_destination:
            raise refuse("a file source needs a location", code="IR202", hint="write location: path, glob or URL")
        return self


class InlineSource(Source):
    """Rows written in the workflow itself."""

    type: Literal["tabular"] = Field(description="tabular, with source: inline.")
    config: InlineConfig = Field(description="The rows, and their schema.")
