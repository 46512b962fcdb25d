"""Rules that rows must keep (section 5)."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.words import Amount, Scalar, refuse

RuleType = Literal[
    "email", "url", "phone", "date", "number", "integer", "regex", "enum", "length", "range", "unique", "not_null",
    "reference", "expression",
]  # fmt: skip
_NEEDS = {
    "regex": ("pattern",),
    "enum": ("values",),
    "length": ("min", "max"),
    "range": ("min", "max"),
    "reference": ("reference",),
    "expression": ("expression",),
}


class RuleReference(Section):
    """Where the allowed values stand."""

    source: str = Field(description="A source or frame.")
    field: str = Field(description="Its column.")


class ValidationRule(Section):
    """One rule about one column, or about a row with type expression."""

    field: str | None = Field(None, description="The column; not needed with type expression.")
    type: RuleType | None = Field(None, description="What is checked; may be absent with required.")
    pattern: str | None = Field(None, description="regex: RE2, unanchored.")
    min: Scalar = Field(None, description="length, range: the least.")
    max: Scalar = Field(None, description="length, range: the most.")
    values: list[Any] | None = Field(None, description="enum: the allowed values.")
    expression: str | None = Field(None, description="expression: true for a good row.")
    reference: RuleReference | None = Field(None, description="reference: where the allowed values stand.")
    required: bool = Field(False, description="Whether null breaks the rule too.")
    action: Literal["error", "warn", "skip_row", "use_default", "quarantine"] = Field(
        "error", description="What becomes of a row that breaks it."
    )
    default_value: Any = Field(None, description="With action use_default.")
    message: str | None = Field(None, description="What the report says.")
    max_failures: Amount | None = Field(
        None, description="More (a count or a share) are an error, whatever the action."
    )

    @model_validator(mode="after")
    def _check_parts(self) -> ValidationRule:
        if self.type is None and not self.required:
            raise refuse("the rule checks nothing", code="IR202", hint="write type: …, or required: true")
        if self.field is None and self.type != "expression":
            raise refuse("the rule names no column", code="IR202", hint="write field: …")
        needed = _NEEDS.get(self.type or "", ())
        if needed and all(getattr(self, key) is None for key in needed):
            raise refuse(f"a rule of type {self.type} needs {' or '.join(needed)}", code="IR202")
        if self.action == "use_default" and self.default_value is None:
            raise refuse("action use_default needs a default_value", code="IR202")
        if self.pattern is not None:
            _check_pattern(self.pattern)
        return self


def _check_pattern(pattern: str) -> None:
    """A first look; whether RE2 takes the pattern is decided where it is compiled for the engines."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise refuse(f"the pattern cannot be read: {error.msg}", at=("pattern",)) from error
