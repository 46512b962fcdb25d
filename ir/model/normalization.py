"""Headers put in order after reading (section 5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from ir.model.base import Section
from ir.model.words import present


class Normalization(Section):
    """Which headers must be there, and how they are renamed. Headers are trimmed."""

    required_headers: list[str] = Field(default_factory=list, description="Columns that must be there.")
    case_sensitive: bool = Field(False, description="Whether required_headers match only in the same case.")
    missing_header_action: Literal["error", "warn", "ignore"] = Field(
        "error", description="When a required header is missing."
    )
    rename: Annotated[dict[str, str], BeforeValidator(present, json_schema_input_type=dict[str, str | None])] = Field(
        default_factory=dict, description="{from: to}."
    )
    header_case: Literal["keep", "snake", "lower"] = Field("keep", description="How headers are written afterwards.")
