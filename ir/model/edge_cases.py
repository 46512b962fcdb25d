"""What is done when something is missing, empty or fails (section 14)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import refuse

MEANINGFUL: dict[str, tuple[str, ...]] = {
    "no_rows_after_filter": ("send_empty_result_message", "skip_execution", "alert_admin"),
    "empty_data_source": ("send_empty_result_message", "skip_execution", "retry", "alert_admin"),
    "missing_required_field": ("use_default_value", "skip_execution", "alert_admin"),
    "missing_required_headers": ("use_default_value", "skip_execution", "alert_admin"),
    "duplicate_records": ("skip_execution", "alert_admin"),
    "rate_limit_exceeded": ("retry", "skip_execution", "alert_admin"),
    "api_error": ("retry", "use_default_value", "skip_execution", "alert_admin"),
    "no_attachments_found": ("send_empty_result_message", "skip_execution", "alert_admin"),
    "ai_extraction_failed": ("use_default_value", "retry", "skip_execution", "alert_admin"),
}
"""The actions that mean something for each condition."""


class EdgeCase(Section):
    """One thing that may happen, and what is done then."""

    condition: Literal[
        "no_rows_after_filter", "empty_data_source", "missing_required_field", "missing_required_headers",
        "duplicate_records", "rate_limit_exceeded", "api_error", "no_attachments_found", "ai_extraction_failed",
    ] = Field(description="What may happen.")  # fmt: skip
    action: Literal["send_empty_result_message", "skip_execution", "use_default_value", "retry", "alert_admin"] = Field(
        description="What is done then."
    )
    message: str | None = Field(None, description="The text that is sent.")
    recipient: str | None = Field(None, description="Whom it is sent to.")
    default_value: Any = Field(None, description="With use_default_value.")

    @model_validator(mode="after")
    def _check_pair(self) -> EdgeCase:
        allowed = MEANINGFUL[self.condition]
        if self.action not in allowed:
            raise refuse(f"{self.action} means nothing for {self.condition}", at=("action",),
                         hint=f"one of {', '.join(allowed)}")  # fmt: skip
        if self.action == "use_default_value" and self.default_value is None:
            raise refuse("use_default_value needs a default_value", code="IR202")
        return self
