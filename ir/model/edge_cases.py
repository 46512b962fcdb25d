"""What is done when something is missing, empty or fails (section 14)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import refuse

_MESSAGE = "one message says so, in place of the message deliveries"
_ALERT = "the recipient is told, and the run goes on"
MEANINGFUL: dict[str, dict[str, str]] = {
    "no_rows_after_filter": {
        "skip_execution": "where `filters`, `post_ai_filters` or a filter step leaves `data` without rows, the run "
        "ends well with nothing delivered",
        "send_empty_result_message": _MESSAGE,
        "alert_admin": _ALERT,
    },
    "empty_data_source": {
        "skip_execution": "where `data` begins without rows (the primary source, or what `data_merge` makes), or its "
        "only file has not even a header, the run ends well with nothing delivered",
        "send_empty_result_message": _MESSAGE,
        "retry": "the source is read again, as `execution_constraints.retry` says",
        "alert_admin": _ALERT,
    },
    "missing_required_field": {
        "use_default_value": "a missing value of a validation rule with `required: true` and no action of its own "
        "becomes the `default_value`",
        "skip_execution": "its row is skipped, not the run",
        "alert_admin": _ALERT,
    },
    "missing_required_headers": {
        "use_default_value": "each missing header of `normalization.required_headers` becomes a column of the "
        "`default_value`",
        "skip_execution": "the run ends well with nothing delivered",
        "alert_admin": _ALERT,
    },
    "duplicate_records": {
        "skip_execution": "a row of `data` that stood before is skipped, not the run: one with the same "
        "`identifier_field(s)` of the primary source's `config`, else one equal in all columns",
        "alert_admin": _ALERT,
    },
    "rate_limit_exceeded": {
        "retry": "the call is made again when the limit allows it",
        "skip_execution": "the step is skipped",
        "alert_admin": _ALERT,
    },
    "api_error": {
        "retry": "the call is made again, as `execution_constraints.retry` says",
        "use_default_value": "the `default_value` stands for the answer",
        "skip_execution": "the step is skipped",
        "alert_admin": _ALERT,
    },
    "no_attachments_found": {
        "skip_execution": "the run ends well with nothing delivered",
        "send_empty_result_message": _MESSAGE,
        "alert_admin": _ALERT,
    },
    "ai_extraction_failed": {
        "use_default_value": "the `default_value` stands for what was to be extracted",
        "retry": "the model is asked again",
        "skip_execution": "the row is skipped",
        "alert_admin": _ALERT,
    },
}
"""What each action means for each condition; a pair that is not here means nothing."""


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
        if self.action != "use_default_value" and self.default_value is not None:
            raise refuse(f"default_value means nothing with action {self.action}", code="IR206", at=("default_value",),
                         on_key=True, hint="write action: use_default_value")  # fmt: skip
        return self
