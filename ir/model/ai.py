"""Steps that a language model does (section 9)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ir.model.base import Section
from ir.model.constraints import ExecutionConstraints
from ir.model.words import Name, TypeText, refuse

AiType = Literal[
    "summarize", "extract", "classify", "sentiment", "generate", "decide", "normalize", "transform", "validate",
    "enrich", "deterministic_extract",
]  # fmt: skip
BATCH_BY_DEFAULT = frozenset({"summarize", "decide"})


class OutputField(Section):
    """One field of an object that the model answers with."""

    name: str = Field(min_length=1, description="The field's name.")
    type: TypeText | Literal["object", "array"] = Field("string", description="A column type, object or array.")
    required: bool = Field(False, description="Whether an answer without it is a failure.")
    enum: list[str] | None = Field(None, min_length=1, description="The only answers allowed, for a string.")
    description: str | None = Field(None, description="What it is, in words; the model reads it.")

    @model_validator(mode="after")
    def _check_enum(self) -> OutputField:
        if self.enum is not None and self.type not in {"string", "text"}:
            raise refuse(f"an enum is of texts, and {self.name} is {self.type}", at=("enum",), on_key=True)
        return self


class OutputItems(Section):
    """What an array's elements are."""

    type: Literal["object", "array", "string", "number", "integer", "boolean", "date"] | None = Field(
        None, description="Default object when there are fields, else string."
    )
    fields: list[OutputField] | None = Field(None, description="Of an object.")
    enum: list[str] | None = Field(None, min_length=1, description="The only answers allowed, of strings.")

    @model_validator(mode="after")
    def _check_enum(self) -> OutputItems:
        if self.enum is not None and (self.fields or self.type not in {None, "string"}):
            raise refuse("an enum is of texts, and the items are not", at=("enum",), on_key=True,
                         hint="write type: string")  # fmt: skip
        return self


class OutputSchema(Section):
    """What the model must answer; anything else is a failure of the row."""

    type: Literal["object", "array", "string", "number", "integer", "boolean", "date"] = Field(
        description="The kind of answer."
    )
    fields: list[OutputField] | None = Field(None, description="Of an object.")
    items: OutputItems | None = Field(None, description="Of an array.")
    enum: list[str] | None = Field(None, description="The only answers allowed, of a string.")
    description: str | None = Field(None, description="What it is, in words; the model reads it.")

    @model_validator(mode="after")
    def _check_parts(self) -> OutputSchema:
        if self.type == "object" and not self.fields:
            raise refuse("an object needs fields", code="IR202", hint="write fields: [{name, type}]")
        if self.fields and self.type not in {"object", "array"}:
            raise refuse(f"a {self.type} has no fields", at=("fields",), on_key=True, hint="write type: object")
        if self.items and self.type != "array":
            raise refuse(f"a {self.type} has no items", at=("items",), on_key=True, hint="write type: array")
        if self.enum is not None and not self.enum:
            raise refuse("an enum without values allows no answer", at=("enum",))
        if self.enum is not None and self.type != "string":
            hint = {"array": "write it under items", "object": "write it at the field"}.get(self.type)
            raise refuse(f"an enum is of texts, and the answer is {self.type}", at=("enum",), on_key=True,
                         hint=hint or "write type: string")  # fmt: skip
        names = [each.name for each in self.fields or []]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise refuse(f'the field "{name}" stands twice', at=("fields", index, "name"))
        return self


class AiConstraints(Section):
    """Limits of one call."""

    max_tokens: int | None = Field(None, ge=1, description="Of one call's answer.")
    temperature: float | None = Field(None, ge=0, le=2, description="0 is the most repeatable.")
    model_preference: Literal["fast", "accurate", "balanced"] | None = Field(None, description="Which kind of model.")


class AiOperation(Section):
    """A step that a language model does, row by row or once for all rows."""

    id: Name | None = Field(None, description="The step's name.")
    type: AiType = Field(description="What is asked for.")
    instruction: str | None = Field(None, description="What to do, in words; a template.")
    context: str | dict[str, Any] | None = Field(None, description="What else the model should know.")
    output_schema: OutputSchema | None = Field(None, description="What it must answer.")
    constraints: AiConstraints | None = Field(None, description="Limits of one call.")
    stage: float | None = Field(None, description="Lower stages first.")
    depends_on: list[str] = Field(default_factory=list, description="Steps that run before.")
    input_source: str | None = Field(None, description="The frame it reads; default data.")
    output_variable: Name | None = Field(None, description="The name of its result, a column of the input's rows.")
    scope: Literal["per_item", "batch"] | None = Field(None, description="A row at a time, or once for all; by type.")
    columns: list[str] | None = Field(
        None, min_length=1, description="Sent with each row; default those the instruction names."
    )
    batch_size: int | None = Field(None, ge=1, description="Rows in one call.")
    max_cost: float | None = Field(None, ge=0, description="The step's budget in money.")
    max_calls: int | None = Field(None, ge=0, description="The step's budget in calls.")
    max_tokens: int | None = Field(None, ge=0, description="The step's budget in tokens.")
    on_error: Literal["fail", "continue", "retry"] = Field("fail", description="When a row cannot be answered.")
    document_type: Literal["invoice", "receipt", "form", "contract", "auto"] | None = Field(
        None, description="What kind of document is extracted from."
    )
    ocr_fallback: bool | None = Field(None, description="Read scanned pages as images.")
    preserve_fields: list[str] | None = Field(None, description="Columns of the input that stay in the output.")
    rejects: Name | None = Field(None, description="The name of a frame with the rows that failed.")
    execution_constraints: ExecutionConstraints | None = Field(None, description="This step's own.")

    @property
    def is_per_item(self) -> bool:
        """Whether it is asked a row at a time."""
        return (self.scope or ("batch" if self.type in BATCH_BY_DEFAULT else "per_item")) == "per_item"

    @model_validator(mode="after")
    def _check_parts(self) -> AiOperation:
        if self.instruction is None and self.type not in {"sentiment", "deterministic_extract"}:
            raise refuse(f"{self.type} needs an instruction", code="IR202", hint="write instruction: what to do")
        if self.type in {"extract", "deterministic_extract"} and self.output_schema is None:
            raise refuse(f"{self.type} needs an output_schema", code="IR202",
                         hint="write output_schema: {type: object, fields: [{name, type}]}")  # fmt: skip
        return self
