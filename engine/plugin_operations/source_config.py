"""What a source says of a plugin's action: its config, and the location and tab that stand beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ir.model.file_source import RowConfig
from ir.value_text import text_of

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from ir.model.source import Source

OF_THE_SOURCE = frozenset({"schema", "on_bad_row", "max_bad", "incremental", "identifier_field", "identifier_fields",
                           "time_window_hours", "timestamp_field", "allow_empty", *RowConfig.model_fields})  # fmt: skip
"""Keys of a source's config that are no parameters of its action, where the action has none of that name."""


_TABS = ("tab_name", "tab", "sheet_name", "sheet", "table_name", "table")
"""What parameters are called that `tab` may be, where none is marked."""


def action_config(source: Source, config: Mapping[str, Any], action: Action) -> dict[str, Any]:
    """The action's parameters: those of the config, then `location`, `tab` and `endpoint` where there is a place for
    them; what the config says comes first.

    A parameter marked `x-location` takes the location, else the only one that is needed and not written; one marked
    `x-tab` the tab, else one that is called so.
    """
    known = dict(_properties(action))
    # a parameter may be called schema as well: a mapping is always the types of columns
    found = {name: value for name, value in config.items() if name not in OF_THE_SOURCE
             or (name in known and not (name == "schema" and isinstance(value, Mapping)))}  # fmt: skip
    if "description" not in known:
        found.pop("description", None)
    found = in_its_words(found, action)

    def put(value: str | None, names: Iterable[str]) -> None:
        name = next((each for each in names if each not in found), None)
        if value is not None and name is not None:
            found[name] = value

    put(source.tab, [*_marked(known, "x-tab"), *(each for each in _TABS if each in known)][:1])
    put(source.endpoint, _of_endpoint(known))
    rows = action.manifest.rows.parameter if action.manifest.rows is not None else None
    missing = [each for each in action.parameters.schema.get("required", ()) if each not in found and each != rows]
    put(source.location, [*_marked(known, "x-location"), *(missing if len(missing) == 1 else ())][:1])
    return found


def outdone_endpoint(source: Source, config: Mapping[str, Any], action: Action) -> str | None:
    """The parameter that says another address than `endpoint`, which would be read in its place."""
    name = next(iter(_of_endpoint(dict(_properties(action)))), None)
    return name if name is not None and source.endpoint not in {None, text_of(config.get(name))} else None


def _of_endpoint(known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What parameter `endpoint` is."""
    return [each for each in ("url", "endpoint", "path") if each in known][:1]


def in_its_words(config: Mapping[str, Any], action: Action) -> dict[str, Any]:
    """The config with general words for parameters, which every database and sheet has, as the action calls them."""
    found, known = dict(config), dict(_properties(action))
    rows = action.manifest.rows.parameter if action.manifest.rows is not None else None
    for word, name in (("rows", rows), ("data", rows), ("params", "parameters" if "parameters" in known else None)):
        if name is not None and word in found and word not in known and name not in found:
            found[name] = found.pop(word)
    return found


def _marked(known: Mapping[str, Mapping[str, Any]], mark: str) -> list[str]:
    return [name for name, each in known.items() if each.get(mark)]


def _properties(action: Action) -> Iterator[tuple[str, Mapping[str, Any]]]:
    properties = action.parameters.schema.get("properties", {})
    yield from ((name, each) for name, each in properties.items() if isinstance(each, Mapping))
