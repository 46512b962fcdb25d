"""What a source says of a plugin's action: its config, and the location and tab that stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ir.model.file_source import RowConfig

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from ir.model.source import Source

OF_THE_SOURCE = frozenset({"schema", "on_bad_row", "max_bad", "incremental", "identifier_field", "identifier_fields",
                           "time_window_hours", "timestamp_field", "allow_empty", *RowConfig.model_fields})  # fmt: skip
"""Keys of a source's config that are no parameters of its action, where the action has none of that name."""


def action_config(source: Source, config: Mapping[str, Any], action: Action) -> dict[str, Any]:
    """The action's parameters: those of the config, then `location` and `tab` where the manifest has a place for them.

    A parameter marked `x-location` takes the location, one marked `x-tab` the tab; what the config says comes first.
    """
    known = dict(_properties(action))
    found = {name: value for name, value in config.items() if name not in OF_THE_SOURCE or name in known}
    for value, mark in ((source.location, "x-location"), (source.tab, "x-tab")):
        name = next((name for name, each in known.items() if each.get(mark)), None)
        if value is not None and name is not None:
            found.setdefault(name, value)
    return found


def _properties(action: Action) -> Iterator[tuple[str, Mapping[str, Any]]]:
    properties = action.parameters.schema.get("properties", {})
    yield from ((name, each) for name, each in properties.items() if isinstance(each, Mapping))
