"""The guide for the prompt of a language model that writes workflows, made from the models and registries."""

from __future__ import annotations

from pydantic import BaseModel

from engine.guide.keys import keys_of
from engine.guide.words import EXAMPLE, MISTAKES, RULES, SECTIONS, SOURCES, TRANSFORM_EXAMPLES
from ir.model import (
    ai,
    conditionals,
    constraints,
    deliveries,
    edge_cases,
    file_delivery,
    filters,
    merge,
    normalization,
    plugin_operation,
    rendering,
    schedule,
    settings,
    validation,
)
from ir.model.transform import Transform
from ir.types import TYPE_WORDS
from transforms.expressions.functions import FUNCTIONS
from transforms.registry import TRANSFORMS

_OBJECTS: dict[str, type[BaseModel]] = {
    "settings": settings.Settings,
    "runtime_inputs[]": settings.RuntimeInput,
    "data_merge": merge.DataMerge,
    "normalization": normalization.Normalization,
    "validation_rules[]": validation.ValidationRule,
    "a condition": filters.Condition,
    "transforms[]": Transform,
    "ai_operations[]": ai.AiOperation,
    "output_schema": ai.OutputSchema,
    "plugin_operations[]": plugin_operation.PluginOperation,
    "conditionals[]": conditionals.Conditional,
    "partitions[]": rendering.Partition,
    "rendering": rendering.Rendering,
    "file_delivery": file_delivery.FileDelivery,
    "file_delivery.options": file_delivery.FileOptions,
    "database_delivery": deliveries.DatabaseDelivery,
    "summary_delivery": deliveries.SummaryDelivery,
    "per_item_delivery": deliveries.PerItemDelivery,
    "multiple_destinations[]": deliveries.MultipleDestination,
    "execution_constraints": constraints.ExecutionConstraints,
    "schedule": schedule.Schedule,
    "edge_cases[]": edge_cases.EdgeCase,
}
_CHARACTERS_A_TOKEN = 3.6
"""Of text such as this; 3.4 to 3.9 for the tokenizers in use."""


def guide() -> str:
    """The whole guide as markdown."""
    parts = [
        "# How to write a weirflow workflow",
        RULES,
        "## Sections: write only those that the task needs",
        "\n".join(f"- `{name}`: {when}" for name, when in SECTIONS.items()),
        "### data_sources[] by type",
        SOURCES,
        "### Keys (* required; a key that is not listed is an error)",
        "\n".join(f"- {name}: {keys_of(model)}" for name, model in _OBJECTS.items()),
        "## transforms",
        "The examples read `orders` (id integer, customer string, amount decimal(10,2), ordered_at datetime, tags "
        "list(string), address struct(city string, zip string), status string) and `customers` (name string, tier "
        "string). Further keys of a config are in `weirflow list transforms`.",
        "\n".join(f"- {{type: {kind}, config: {TRANSFORM_EXAMPLES[kind]}}}" for kind in TRANSFORMS),
        f"Types: {', '.join(TYPE_WORDS)}.",
        _functions(),
        "## Common mistakes",
        "\n".join(f"- {each}" for each in MISTAKES),
        "## A whole workflow",
        f"```yaml\n{EXAMPLE.strip()}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def tokens_of(text: str) -> int:
    """About how many tokens the text is, to the next hundred."""
    return -(-int(len(text) / _CHARACTERS_A_TOKEN) // 100) * 100


def _functions() -> str:
    """The names of the functions; their arguments are SQL's."""
    by_kind: dict[str, list[str]] = {}
    for each in {id(one): one for one in FUNCTIONS.values()}.values():
        if not each.hidden:
            by_kind.setdefault(each.kind, []).append(each.name)
    headings = {"scalar": "Functions", "aggregate": "Aggregates", "window": "Only in window"}
    return "\n".join(f"{headings.get(kind, kind)}: {', '.join(names)}." for kind, names in by_kind.items())
