"""The data sources that are no files, and the union of all (section 3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from ir.diagnostics import did_you_mean
from ir.model.base import Section
from ir.model.file_source import FileSource, Incremental, InlineSource, ItemIncremental, RowConfig
from ir.model.sorting import SortBy
from ir.model.source import Source
from ir.model.streams import StreamConfig
from ir.model.webhooks import WebhookConfig
from ir.model.words import Columns, refuse

DATABASES = ("postgres", "mysql", "mongodb", "supabase", "sqlite")


class Connection(Section):
    """Which database, and where its credentials are."""

    plugin_key: Literal["postgres", "mysql", "mongodb", "supabase", "sqlite"] = Field(
        description="The kind of database."
    )
    credentials_ref: str | None = Field(None, description="Where the secret is (env:NAME …): a URL, or its parts.")


class DatabaseConfig(Section):
    """What is read from the database."""

    connection: Connection | None = Field(None, description="Which database; else the source's own plugin_key.")
    query: str | list[Any] | dict[str, Any] | None = Field(
        None, description="A read-only statement; for mongodb a JSON filter or pipeline."
    )
    table: str | None = Field(None, min_length=1, description="The table; for mongodb the collection.")
    limit: int | None = Field(None, ge=0, description="At most so many rows.")
    offset: int | None = Field(None, ge=0, description="Rows left out at the start.")
    order_by: list[SortBy] = Field(default_factory=list, description="As sort's `by`; gives the frame its order.")
    columns: list[str] | None = Field(None, min_length=1, description="Only these columns.")

    @model_validator(mode="after")
    def _check_columns(self) -> DatabaseConfig:
        names = self.columns or []
        for index, name in enumerate(names):
            if name in names[:index]:
                raise refuse(f'the column "{name}" stands twice', at=("columns", index))
        return self


class DatabaseSourceConfig(RowConfig):
    """Options beside database_config."""

    columns_schema: Columns | None = Field(
        None, alias="schema", description="mongodb: {column: type}; the rest is as a sample of the documents has it."
    )
    incremental: Incremental | None = Field(None, description="Only rows that are new since the last run.")


class DatabaseSource(Source):
    """A table or a query of a database."""

    type: Literal["database"] = Field(description="database.")
    database_config: DatabaseConfig | None = Field(None, description="What is read.")
    config: DatabaseSourceConfig | None = Field(None, description="incremental, and keys of role deduplicate.")

    @model_validator(mode="after")
    def _check_config(self) -> DatabaseSource:
        if self.kind and self.kind not in DATABASES:
            raise refuse(f'"{self.kind}" is not one of {", ".join(DATABASES)}', code="IR204", at=("plugin_key",),
                         hint=did_you_mean(self.kind, DATABASES))  # fmt: skip
        if self.is_destination:
            return self
        if self.database_config is None:
            raise refuse("a database source needs a database_config", code="IR202",
                         hint="write database_config: {connection: …, table: …}")  # fmt: skip
        if self.database_config.connection is None and self.plugin_key is None:
            raise refuse("no database is named", code="IR202", at=("database_config",), on_key=True,
                         hint=f"write connection: {{plugin_key: one of {', '.join(DATABASES)}}}")  # fmt: skip
        self._check_query_or_table(self.database_config)
        if self.kind != "mongodb" and self.config is not None and self.config.columns_schema is not None:
            raise refuse(f"the types of a {self.kind} database are those of its tables", at=("config", "schema"),
                         on_key=True, hint="leave schema out, and cast in a map")  # fmt: skip
        return self

    @property
    def kind(self) -> str:
        """The plugin key of its database."""
        connection = self.database_config.connection if self.database_config else None
        return connection.plugin_key if connection is not None else self.plugin_key or ""

    def _check_query_or_table(self, config: DatabaseConfig) -> None:
        if self.kind == "mongodb":
            if config.table is None:
                raise refuse("no collection is named", code="IR202", at=("database_config",), on_key=True,
                             hint="write table: the collection; query is a filter or a pipeline")  # fmt: skip
        elif (config.query is None) == (config.table is None):
            seen = "both query and table are given" if config.query is not None else "neither query nor table is given"
            raise refuse(seen, code="IR206", at=("database_config",), hint="write exactly one of the two")


class PluginSourceConfig(RowConfig):
    """The parameters of the action, and what becomes of its rows."""

    model_config = ConfigDict(extra="allow", populate_by_name=False)

    incremental: ItemIncremental | None = Field(None, description="Only rows that are new since the last run.")

    @property
    def written(self) -> dict[str, Any]:
        """All its keys."""
        return self.model_dump(by_alias=True, exclude_none=True)


class TabularSource(Source):
    """Rows that a plugin's action gives, such as a sheet."""

    type: Literal["tabular"] = Field(description="tabular, with the plugin's key.")
    config: PluginSourceConfig = Field(default_factory=PluginSourceConfig, description="The action's parameters.")

    @model_validator(mode="after")
    def _check_plugin(self) -> TabularSource:
        if self.plugin_key is None:
            raise refuse("a tabular source needs a plugin_key", code="IR202",
                         hint="write plugin_key: local for a file, or source: inline with config.rows")  # fmt: skip
        return self


class ApiSource(Source):
    """A plugin's action, or with plugin_key http any REST endpoint."""

    type: Literal["api"] = Field(description="api.")
    config: PluginSourceConfig = Field(default_factory=PluginSourceConfig, description="The action's parameters.")

    @model_validator(mode="after")
    def _check_plugin(self) -> ApiSource:
        if self.plugin_key is None:
            raise refuse("an api source needs a plugin_key", code="IR202",
                         hint="write plugin_key: http with an endpoint, or the plugin's name")  # fmt: skip
        if self.plugin_key == "http" and not (self.endpoint or self.location or "url" in self.config.written):
            raise refuse("a REST source needs an endpoint", code="IR202", hint="write endpoint: https://…")
        return self


class WebhookSource(Source):
    """Requests that others send; each accepted one is a row."""

    type: Literal["webhook"] = Field(description="webhook.")
    webhook_config: WebhookConfig = Field(description="What is accepted and how it is checked.")
    config: RowConfig | None = Field(None, description="Types of columns, and what becomes of rows that do not fit.")


class StreamSource(Source):
    """Rows that keep coming, in micro-batches."""

    type: Literal["stream"] = Field(description="stream.")
    stream_config: StreamConfig = Field(description="Where they come from and how they are batched.")
    config: dict[str, Any] = Field(default_factory=dict, description="Options of the stream's reader.")


SOURCE_TYPES = ("tabular", "api", "webhook", "database", "file", "stream")


def _kind(value: Any) -> str | None:
    """Which model reads a source: its type, and for tabular also who reads it."""

    def get(key: str) -> Any:
        return value.get(key) if isinstance(value, dict) else getattr(value, key, None)

    kind, plugin = get("type"), get("plugin_key")
    if kind == "tabular":
        if get("source") == "inline" and plugin is None:
            return "<inline>"
        return "<file>" if plugin == "local" else "<tabular>"
    return f"<{kind}>" if kind in SOURCE_TYPES else None


DataSource = Annotated[
    Annotated[FileSource, Tag("<file>")]
    | Annotated[InlineSource, Tag("<inline>")]
    | Annotated[TabularSource, Tag("<tabular>")]
    | Annotated[DatabaseSource, Tag("<database>")]
    | Annotated[ApiSource, Tag("<api>")]
    | Annotated[WebhookSource, Tag("<webhook>")]
    | Annotated[StreamSource, Tag("<stream>")],
    Discriminator(_kind),
]
