"""What every object of a workflow file has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Section(BaseModel):
    """An object of the document: no unknown keys, null is absent, `description` and `x-` keys allowed.

    Strict: "5" is no integer and 1 no boolean (lists are `list`, a `tuple` field would refuse them).
    """

    # Built on first use: Workflow builds those it holds along with itself, most transforms' are never met.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)

    description: str | None = Field(None, description="For people; nothing reads it.")

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: each
                for key, each in value.items()
                if each is not None and not (isinstance(key, str) and (key.startswith("x-") or key == "$schema"))
            }
        return value
