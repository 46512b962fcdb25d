"""How several sources become one frame (section 4)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ir.model.base import Section
from ir.model.words import Name, Names, refuse

How = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]
Relationship = Literal["one_to_one", "many_to_one", "one_to_many", "many_to_many"]


class MergeSource(Section):
    """One of the sources, by its place in data_sources or by its alias."""

    source_index: int | None = Field(None, ge=0, description="Its place in data_sources, from 0.")
    alias: Name | None = Field(None, description="Its alias; with source_index, the name it gets.")

    @model_validator(mode="after")
    def _check_named(self) -> MergeSource:
        if self.source_index is None and self.alias is None:
            raise refuse("no source is named", code="IR202", hint="write source_index: 0 or alias: …")
        return self


class JoinConfig(Section):
    """The keys two sources are joined on."""

    left_key: Names | None = Field(None, description="A name or a list of names; may be absent with how: cross.")
    right_key: Names | None = Field(None, description="As many names as left_key.")
    how: How | None = Field(None, description="With strategy join; default inner.")
    suffix: str | None = Field(None, description="For a column both sides have; default _{alias}.")
    relationship: Relationship | None = Field(None, description="Checked when given.")

    @model_validator(mode="after")
    def _check_keys(self) -> JoinConfig:
        if self.how == "cross":
            if self.left_key or self.right_key:
                raise refuse(
                    "a cross join has no keys", at=("left_key" if self.left_key else "right_key",), on_key=True
                )
            return self
        for key in ("left_key", "right_key"):
            if not getattr(self, key):
                raise refuse(f"the join needs a {key}", code="IR202", hint=f"write {key}: name, or how: cross")
        if len(self.left_key or []) != len(self.right_key or []):
            raise refuse(f"{len(self.left_key or [])} left keys and {len(self.right_key or [])} right keys",
                         at=("right_key",), hint="write as many on both sides")  # fmt: skip
        return self


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class DataMerge(Section):
    """How the sources become `data`."""

    strategy: Literal["union", "join", "left_join", "merge"] = Field(description="What is done with them.")
    sources: list[MergeSource] | None = Field(None, description="Which, in order; default all that are read.")
    join_config: Annotated[
        list[JoinConfig], BeforeValidator(_listed, json_schema_input_type=JoinConfig | list[JoinConfig])
    ] = Field(default_factory=list, description="The keys: one for all, or a list with one for each further source.")

    @model_validator(mode="after")
    def _check_join_config(self) -> DataMerge:
        if self.strategy == "union":
            if self.join_config:
                raise refuse("a union has no join_config", at=("join_config",), on_key=True,
                             hint="leave it out, or write strategy: join")  # fmt: skip
            return self
        if not self.join_config:
            raise refuse(f"{self.strategy} needs a join_config", code="IR202", at=("strategy",),
                         hint="write join_config: {left_key: …, right_key: …}")  # fmt: skip
        if self.sources is not None and 1 < len(self.join_config) != len(self.sources) - 1:
            raise refuse(f"{len(self.join_config)} join_configs for {len(self.sources) - 1} further sources",
                         at=("join_config",), on_key=True, hint="write one for all, or one for each")  # fmt: skip
        for index, each in enumerate(self.join_config):
            if each.how and self.strategy != "join":
                raise refuse(f"how stands only with strategy join, not {self.strategy}", hint="write strategy: join",
                             at=("join_config", index, "how"), on_key=True)  # fmt: skip
        return self
