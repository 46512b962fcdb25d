"""Rules that rows must keep (section 5)."""

from __future__ import annotations

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
_BOUNDED = ("length", "range", "number", "integer", "date")
_TAKEN_BY: dict[str, tuple[str, ...]] = {
    "pattern": ("regex",),
    "min": _BOUNDED,
    "max": _BOUNDED,
    "values": ("enum",),
    "reference": ("reference",),
    "expression": ("expression",),
}
"""The types that read each key."""


class RuleReference(Section):
    """Where the allowed values stand."""

    source: str = Field(description="A source or frame.")
    field: str = Field(description="Its column.")


class ValidationRule(Section):
    """One rule about one column, or about a row with type expression."""

    field: str | None = Field(None, description="The column; not needed with type expression.")
    type: RuleType | None = Field(None, description="What is checked; may be absent with required.")
    pattern: str | None = Field(None, description="regex: RE2, unanchored.")
    min: Scalar = Field(None, description="length, range, number, integer, date: the least.")
    max: Scalar = Field(None, description="length, range, number, integer, date: the most.")
    values: list[Any] | None = Field(None, description="enum: the allowed values.")
    expression: str | None = Field(None, description="expression: false for a bad row.")
    reference: RuleReference | None = Field(None, description="reference: where the allowed values stand.")
    required: bool = Field(False, description="Whether null and empty text break the rule too.")
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
        for key, types in _TAKEN_BY.items():
            if getattr(self, key) is not None and self.type not in types:
                with_what = f"type {self.type}" if self.type else "required alone"
                raise refuse(f"{key} means nothing with {with_what}", code="IR206", at=(key,), on_key=True,
                             hint=f"it goes with type {', '.join(types)}")  # fmt: skip
        self._check_action()
        return self

    def _check_action(self) -> None:
        if self.action == "use_default":
            if self.default_value is None:
                raise refuse("action use_default needs a default_value", code="IR202")
            if self.field is None:
                raise refuse("action use_default needs the field that gets the default_value", code="IR202")
            if self.type == "unique":
                raise refuse("use_default means nothing with type unique: the default would stand more than once",
                             code="IR206", at=("action",), hint="write action: skip_row or quarantine")  # fmt: skip
        elif self.default_value is not None:
            raise refuse(f"default_value means nothing with action {self.action}", code="IR206", at=("default_value",),
                         on_key=True, hint="write action: use_default")  # fmt: skip
        if self.action == "error" and self.max_failures is not None:
            raise refuse("max_failures means nothing with action error, for which one row is enough", code="IR206",
                         at=("max_failures",), on_key=True,
                         hint="write action: warn, skip_row, use_default or quarantine")  # fmt: skip
