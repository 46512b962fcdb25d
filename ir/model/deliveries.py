"""Every way rows and words leave a workflow (section 13)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ir.model.base import Section
from ir.model.delivery import Delivery
from ir.model.file_delivery import FileDelivery
from ir.model.words import Names, refuse


class Message(Delivery):
    """What every message has in common."""

    cc: Names = Field(default_factory=list, description="Copies go to.")
    subject: str | None = Field(None, description="A template.")
    body_template: str | None = Field(None, description="A template over the row, group or frame.")
    plugin_key: str = Field("email", description="The plugin that sends it.")
    operation_type: str | None = Field(None, description="The plugin's action; default its way to send.")
    attachments: list[str] = Field(default_factory=list, description="Ids of file deliveries.")


class PerItemDelivery(Message):
    """One message a row."""

    recipient: str | None = Field(None, description="The same for each row; usually recipient_source.")
    recipient_source: str | None = Field(None, description="The column with the recipient.")

    @model_validator(mode="after")
    def _check_recipient(self) -> PerItemDelivery:
        if self.plugin_key == "email" and not (self.recipient or self.recipient_source):
            raise refuse(
                "a message a row needs to know whom to", code="IR202", hint="write recipient_source: the column"
            )
        return self


class PerGroupDelivery(Message):
    """One message a group of `grouping`."""

    recipient: str | None = Field(None, description="The same for each group; usually recipient_source.")
    recipient_source: str | None = Field(None, description="The column with the recipient; default the group key.")


class MessageContent(Section):
    """Content in the original's object form."""

    format: str | None = Field(None, description="html or text.")
    body: str | None = Field(None, description="A template.")


class SummaryDelivery(Message):
    """One message about the whole frame."""

    recipient: Names | None = Field(None, description="One address, or a list.")
    recipient_source: str | None = Field(None, description="The column with the recipient.")
    bcc: Names = Field(default_factory=list, description="Hidden copies go to.")
    content: str | MessageContent | None = Field(None, description="The body, when there is no body_template.")
    include_missing_section: bool | None = Field(None, description="A section about rows that lack values.")

    @model_validator(mode="after")
    def _check_recipient(self) -> SummaryDelivery:
        if self.plugin_key == "email" and not (self.recipient or self.recipient_source):
            raise refuse("an e-mail needs a recipient", code="IR202", hint="write recipient: name@example.com")
        if self.recipient and self.recipient_source:
            raise refuse("recipient and recipient_source are both given", code="IR206", at=("recipient_source",),
                         on_key=True, hint="write exactly one of the two")  # fmt: skip
        return self


class MultipleDestination(Message):
    """One of several places the same result goes to."""

    name: str | None = Field(None, description="For people.")
    recipient: Names | None = Field(None, description="One address, channel or the like, or a list.")
    recipient_source: str | None = Field(None, description="The column with the recipient.")
    include_missing_section: bool | None = Field(None, description="A section about rows that lack values.")
    execution_scope: Literal["summary", "per_item", "per_group"] = Field(
        "summary", description="Once, a row, or a group."
    )


class DatabaseDelivery(Delivery):
    """Rows written to a table. One transaction where the database has them."""

    plugin_key: Literal["postgres", "mysql", "mongodb", "sqlite", "supabase"] = Field(description="Which database.")
    path: str | None = Field(None, description="sqlite: the file.")
    table: str = Field(min_length=1, description="The table or collection.")
    operation: Literal["insert", "update", "upsert", "delete"] = Field("insert", description="What is done with a row.")
    key_fields: Names = Field(default_factory=list, description="What tells rows apart; not for a plain insert.")
    conflict_strategy: Literal["replace", "merge", "skip", "error"] | None = Field(
        None, description="When the key exists (or is missing); the default depends on the operation."
    )
    create_table: bool = Field(False, description="Create the table if it does not exist.")
    batch_rows: int | None = Field(None, ge=1, description="Rows sent at a time.")
    ledger: bool = Field(
        True, description="Note the delivery in the table weirflow_ledger beside it, in the same transaction."
    )

    @model_validator(mode="after")
    def _check_keys(self) -> DatabaseDelivery:
        plain_insert = self.operation == "insert" and self.conflict_strategy in {None, "error"}
        if not self.key_fields and not plain_insert:
            what = self.operation if self.operation != "insert" else f"insert with {self.conflict_strategy}"
            raise refuse(f"{what} needs key_fields", code="IR202", hint="write key_fields: [id]")
        if self.operation == "upsert" and self.conflict_strategy == "error":
            raise refuse("an upsert never refuses a key that exists", at=("conflict_strategy",),
                         hint="write operation: insert, which does with conflict_strategy error")  # fmt: skip
        return self


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class DeliveryRules(Section):
    """Where the results go. One delivery that fails does not stop independent ones."""

    send_when_no_results: bool = Field(True, description="false skips message deliveries of an empty frame.")
    per_item_delivery: PerItemDelivery | None = Field(None, description="One message a row.")
    per_group_delivery: PerGroupDelivery | None = Field(None, description="One message a group.")
    summary_delivery: SummaryDelivery | None = Field(None, description="One message about the whole frame.")
    multiple_destinations: list[MultipleDestination] = Field(
        default_factory=list, description="Several places, independent of each other."
    )
    database_delivery: Annotated[
        list[DatabaseDelivery],
        BeforeValidator(_listed, json_schema_input_type=DatabaseDelivery | list[DatabaseDelivery]),
    ] = Field(default_factory=list, description="Rows to a table: one, or a list.")
    file_delivery: Annotated[
        list[FileDelivery], BeforeValidator(_listed, json_schema_input_type=FileDelivery | list[FileDelivery])
    ] = Field(default_factory=list, description="Files: one, or a list.")

    @property
    def files(self) -> list[FileDelivery]:
        """The file deliveries, one or many."""
        return self.file_delivery

    @property
    def sends_messages(self) -> bool:
        """Whether anything is sent to people or services."""
        return bool(self.per_item_delivery or self.per_group_delivery or self.summary_delivery
                    or self.multiple_destinations)  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """Whether nothing is delivered."""
        return not (self.sends_messages or self.database_delivery or self.file_delivery)
