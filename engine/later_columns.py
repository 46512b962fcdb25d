"""Which steps make a column that does not exist yet, or not in this frame, at the place that asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from ir.diagnostics import Pointer
from ir.model.conditionals import Conditional
from ir.model.workflow import Workflow
from ir.records import dataclass

_STAGES = ("data_sources", "data_merge", "normalization", "validation_rules", "filters", "transforms", "ai_operations",
           "post_ai_filters", "plugin_operations", "conditionals", "rendering", "delivery_rules")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """A step that makes a column: where it stands, what it is called, and the frame it goes to."""

    at: Pointer
    words: str
    frame: str | None


@dataclass(slots=True)
class LaterColumns:
    """The columns that steps of the workflow make, by name, as far as the document alone tells."""

    workflow: Workflow
    _makers: dict[str, list[_Maker]] | None = field(default=None)

    def hint(self, column: str, at: Pointer) -> str | None:
        """What to do about a column that is missing at this place, where a step makes it after it or elsewhere."""
        if self._makers is None:
            self._makers = {}
            for name, maker in _made(self.workflow):
                self._makers.setdefault(name, []).append(maker)
        makers = self._makers.get(column, [])
        later = next((each for each in makers if _is_after(each.at, at)), None)
        if later is not None:
            return f"{later.words} makes it, after this"
        other = next((each for each in makers if each.frame is not None), None)
        if other is not None:
            return f'{other.words} makes it, in the frame "{other.frame}" alone'
        return None


def _is_after(one: Pointer, other: Pointer) -> bool:
    """Whether the step at `one` stands after what stands at `other`, or is that."""
    places = [
        (_STAGES.index(str(at[0])), at[1] if len(at) > 1 and isinstance(at[1], int) else -1)
        if at and at[0] in _STAGES else None for at in (one, other)
    ]  # fmt: skip
    return places[0] is not None and places[1] is not None and places[0] >= places[1]


def _made(workflow: Workflow) -> Iterator[tuple[str, _Maker]]:
    for index, step in enumerate(workflow.transforms):
        maker = _maker(("transforms", index), step.id or step.output_variable, step.type, step.output_variable)
        yield from ((name, maker) for name in _columns(step.config))
    for index, operation in enumerate(workflow.ai_operations):
        name = operation.output_variable
        maker = _maker(("ai_operations", index), operation.id or name, operation.type, None)
        yield name or f"ai_{operation.type}", maker
        fields = operation.output_schema.fields if operation.output_schema is not None else None
        yield from ((each.name, maker) for each in fields or ())
    for index, each in enumerate(workflow.plugin_operations):
        if each.output_variable:
            yield each.output_variable, _maker(("plugin_operations", index), each.id, each.plugin_key, None)
    for index, conditional in enumerate(workflow.conditionals):
        maker = _maker(("conditionals", index), conditional.id, "set_field", None)
        yield from ((name, maker) for name in _set_fields(conditional))


def _maker(at: Pointer, name: str | None, kind: str, frame: str | None) -> _Maker:
    what = "conditional" if at[0] == "conditionals" else "step"
    said = f'the {what} "{name}"' if name else f"{at[0]}[{at[1]}]"
    return _Maker(at=at, words=f"{said} ({kind})", frame=frame)


def _columns(config: Mapping[str, Any]) -> Iterator[str]:
    """The names that a transform's config gives to new columns."""
    columns = config.get("columns")
    if isinstance(columns, Mapping):
        yield from columns
    elif isinstance(columns, list):
        yield from (str(name) for each in columns if isinstance(each, Mapping) for name in each)
    for key in ("aggregates", "rename"):
        given = config.get(key)
        if isinstance(given, Mapping):
            yield from (str(name) for name in (given if key == "aggregates" else given.values()))
    for each in config.get("group_by") or () if isinstance(config.get("group_by"), list) else ():
        if isinstance(each, Mapping):
            yield from each
    yield from (name for key in ("name_to", "value_to", "source_column") if isinstance(name := config.get(key), str))


def _set_fields(conditional: Conditional) -> Iterator[str]:
    branches = [conditional.then_actions, conditional.else_actions]
    branches += [each.then_actions or each.actions for each in conditional.elif_branches]
    for actions in branches:
        if isinstance(actions, list):
            yield from (each.field for each in actions if each.type == "set_field" and each.field)
