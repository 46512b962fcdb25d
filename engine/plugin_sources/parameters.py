"""The parameters of the action that reads a source: its config, and what other keys of the source say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.plugin_operations.source_config import action_config
from ir.model.sources import ApiSource, TabularSource

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action

_TABS = ("tab_name", "tab", "sheet_name", "sheet", "table_name", "table")
"""What parameters are called that `tab` may be."""


def parameters_of(source: ApiSource | TabularSource, action: Action) -> dict[str, Any]:
    """The config without what is for the engine; `location` is the one parameter that is needed and not written."""
    schema = action.parameters.schema
    properties = schema.get("properties", {})
    found = action_config(source, source.config.written, action)
    if "description" not in properties:
        found.pop("description", None)
    if source.tab is not None:
        tab = next((each for each in _TABS if each in properties and each not in found), None)
        if tab is not None:
            found[tab] = source.tab
    if source.endpoint is not None and "endpoint" not in found:
        place = next((each for each in ("url", "endpoint", "path") if each in properties and each not in found), None)
        if place is not None:
            found[place] = source.endpoint
    missing = [each for each in schema.get("required", ()) if each not in found]
    if source.location is not None and len(missing) == 1:
        found[missing[0]] = source.location
    return found
