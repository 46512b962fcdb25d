"""Conditions on rows and how they combine (section 6)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ir.model.base import Section
from ir.model.words import refuse

Operator = Literal[
    "equals", "not_equals",
    "greater_than", "less_than", "greater_than_or_equals", "less_than_or_equals",
    "greater_than_or_equal", "less_than_or_equal",
    "contains", "not_contains", "starts_with", "ends_with", "matches_regex",
    "in", "not_in", "contains_any",
    "is_empty", "is_not_empty", "is_null", "is_not_null",
    "within_last_days", "between", "before", "after",
]  # fmt: skip
WITHOUT_VALUE = frozenset({"is_empty", "is_not_empty", "is_null", "is_not_null"})
NULL_TESTS = frozenset({"equals", "not_equals"})
_PLACEHOLDER = re.compile(r"\s*(?:<[^<>]+>|\{[^{}]+\})\s*")


def without_absent(value: Any) -> Any:
    """As in every section, but a written `value: null` stays: it tests for null."""
    if not isinstance(value, dict):
        return value
    return {
        key: each
        for key, each in value.items()
        if key == "value" or (each is not None and not (isinstance(key, str) and key.startswith(("x-", "$schema"))))
    }


class Condition(Section):
    """One test of a column (or a path into a struct) against a value."""

    field: str = Field(min_length=1, description="A column, or a path into a struct such as customer.city.")
    operator: Operator = Field(description="How the column is compared.")
    value: Any = Field(
        None,
        description="What it is compared with: text is converted to the column's type; {column: other} compares two "
        "columns; null (written out) tests for null. Left out where it means nothing.",
    )
    case_sensitive: bool | None = Field(None, description="Whether upper and lower case differ; by operator if absent.")

    @property
    def has_value(self) -> bool:
        """Whether `value` is written, be it as null."""
        return "value" in self.model_fields_set

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, value: Any) -> Any:
        return without_absent(value)

    @model_validator(mode="after")
    def _check_value(self) -> Condition:
        check_value(self.operator, self.value, is_written=self.has_value)
        return self


def check_value(operator: str, value: Any, *, is_written: bool) -> None:
    """Refuse a value that the operator can do nothing with."""
    if operator in WITHOUT_VALUE:
        return
    if not is_written:
        raise refuse(f"{operator} needs a value", code="IR202", hint="write value: …")
    if value is None and operator not in NULL_TESTS:
        raise refuse(f"{operator} with null is never true", at=("value",), hint="write is_null or is_not_null")
    for at, text in _texts(value):
        if _PLACEHOLDER.fullmatch(text):
            raise refuse(f'"{text}" is a placeholder that nobody filled in', at=("value", *at), code="IR207",
                         hint="write the value itself, or {{inputs.name}} with a runtime input")  # fmt: skip
    if isinstance(value, dict) and (list(value) != ["column"] or not isinstance(value["column"], str)):
        raise refuse("a value that is an object names another column", at=("value",), hint="write {column: name}")


def _texts(value: Any) -> list[tuple[tuple[int, ...], str]]:
    if isinstance(value, str):
        return [((), value)]
    if isinstance(value, list):
        return [((index,), each) for index, each in enumerate(value) if isinstance(each, str)]
    return []


class FilterGroup(Section):
    """Conditions and further groups, all of which (AND) or any of which (OR) must hold."""

    combineWith: Literal["AND", "OR"] = Field("AND", description="Over conditions and groups together.")
    conditions: list[Condition] = Field(default_factory=list, description="Tests of single columns.")
    groups: list[FilterGroup] = Field(default_factory=list, description="Nested groups, as deep as needed.")

    @model_validator(mode="after")
    def _check_not_empty(self) -> FilterGroup:
        if not self.conditions and not self.groups:
            raise refuse(
                "a filter without conditions", hint="write conditions: [{field, operator, value}] or leave it out"
            )
        return self


def _grouped(value: Any) -> Any:
    return {"conditions": value} if isinstance(value, list) else value


Filters = Annotated[FilterGroup, BeforeValidator(_grouped, json_schema_input_type=FilterGroup | list[Condition])]
"""A FilterGroup, or a bare list of conditions, which is an AND; always read as a FilterGroup."""
