"""Branches: which rows, or which runs, are delivered how (section 11)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from ir.model.base import Section
from ir.model.deliveries import DeliveryRules
from ir.model.filters import FilterGroup, Filters, Operator, check_value, without_absent
from ir.model.words import Name, refuse


class OriginalCondition(Section):
    """A condition in the original's form: simple, or complex with further ones inside."""

    type: Literal["simple", "complex"] = Field(description="simple: one test; complex: several.")
    field: str | None = Field(None, min_length=1, description="simple: the column.")
    operator: Operator | None = Field(None, description="simple: how it is compared.")
    value: Any = Field(None, description="simple: with what.")
    combineWith: Literal["AND", "OR"] = Field("AND", description="complex: all or any.")
    conditions: list[OriginalCondition] = Field(default_factory=list, description="complex: the tests.")

    @model_validator(mode="before")
    @classmethod
    def _drop_absent(cls, value: Any) -> Any:
        return without_absent(value)

    @model_validator(mode="after")
    def _check_parts(self) -> OriginalCondition:
        if self.type == "simple" and (self.field is None or self.operator is None):
            raise refuse("a simple condition needs field and operator", code="IR202")
        if self.type == "complex" and not self.conditions:
            raise refuse("a complex condition needs conditions", code="IR202")
        if self.type == "simple" and self.operator is not None:
            check_value(self.operator, self.value, is_written="value" in self.model_fields_set)
        return self

    def as_filter(self) -> FilterGroup:
        """The same in section 6's form."""
        if self.type == "simple":
            test = {"field": self.field, "operator": self.operator}
            if "value" in self.model_fields_set:
                test["value"] = self.value
            return FilterGroup.model_validate({"conditions": [test]})
        tests = [each.as_filter() for each in self.conditions]
        group = {
            "combineWith": self.combineWith,
            "conditions": [each for inner in tests if _is_single(inner) for each in inner.conditions],
            "groups": [inner for inner in tests if not _is_single(inner)],
        }
        return FilterGroup.model_validate(group)


def _is_single(group: FilterGroup) -> bool:
    return len(group.conditions) == 1 and not group.groups


class Action(Section):
    """One action of a branch in the original's form."""

    type: Literal["set_field", "skip_delivery", "use_template", "send_to_recipient", "abort", "continue"] = Field(
        description="What the branch does."
    )
    field: str | None = Field(None, description="set_field: the column.")
    value: Any = Field(None, description="set_field: its value.")
    params: dict[str, Any] = Field(default_factory=dict, description="use_template, send_to_recipient: the delivery.")

    @model_validator(mode="after")
    def _check_parts(self) -> Action:
        if self.type == "set_field" and self.field is None:
            raise refuse("set_field needs a field", code="IR202")
        if self.type in {"use_template", "send_to_recipient"} and not self.params and self.value is None:
            raise refuse(f"{self.type} needs params", code="IR202")
        return self


class BranchDeliveries(Section):
    """The deliveries of a branch, which run with its rows."""

    delivery_rules: DeliveryRules = Field(description="As at the top level.")


def _actions_kind(value: Any) -> str:
    return "<actions>" if isinstance(value, list) else "<deliveries>"


def _condition_kind(value: Any) -> str:
    if isinstance(value, list):
        return "<list>"
    original = "type" in value if isinstance(value, dict) else isinstance(value, OriginalCondition)
    return "<original>" if original else "<group>"


Actions = Annotated[
    Annotated[BranchDeliveries, Tag("<deliveries>")] | Annotated[list[Action], Tag("<actions>")],
    Discriminator(_actions_kind),
]
BranchCondition = Annotated[
    Annotated[FilterGroup, Tag("<group>")]
    | Annotated[OriginalCondition, Tag("<original>")]
    | Annotated[Filters, Tag("<list>")],
    Discriminator(_condition_kind),
]


class _Branch(Section):
    condition: BranchCondition = Field(description="A FilterGroup; a field may also be {{...}}.")

    @property
    def filter(self) -> FilterGroup:
        """The condition as a FilterGroup, whatever form it was written in."""
        if isinstance(self.condition, OriginalCondition):
            return self.condition.as_filter()
        return self.condition


class ElifBranch(_Branch):
    """A further condition, tried when those before it do not hold."""

    actions: Actions | None = Field(None, description="What it does, in the original's word.")
    then_actions: Actions | None = Field(None, description="What it does.")

    @model_validator(mode="after")
    def _check_actions(self) -> ElifBranch:
        if (self.actions is None) == (self.then_actions is None):
            raise refuse("a branch has exactly one of then_actions and actions", code="IR206")
        return self


class Conditional(_Branch):
    """Rows that match go one way, the others another; or the whole run does."""

    id: Name | None = Field(None, description="The conditional's name.")
    scope: Literal["rows", "run"] | None = Field(None, description="By default what the condition's fields are.")
    match: Literal["any", "all"] | None = Field(None, description="Scope run over columns: when any or all rows match.")
    then_actions: Actions = Field(description="What is done with rows that match.")
    elif_branches: list[ElifBranch] = Field(default_factory=list, description="Further conditions, in order.")
    else_actions: Actions | None = Field(None, description="What is done with the others, null included.")

    @model_validator(mode="after")
    def _check_match(self) -> Conditional:
        if self.match and self.scope == "rows":
            raise refuse("match stands only with scope: run", at=("match",), on_key=True)
        return self
