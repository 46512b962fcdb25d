"""Plugins of installed packages: entry points of the group weirflow.plugins, each under its plugin's key.

What an entry point names has a `manifest`, a mapping or the path of a file, and is called with the parts of the
credentials; what that gives has a method for each action. Nothing else is ever imported: a manifest in a folder of a
workflow names no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connectors.plugins.manifest import Manifest
from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from connectors.problem import ConnectorProblem

GROUP = "weirflow.plugins"


def installed() -> list[EntryPoint]:
    """The entry points that there are; nothing of them is imported."""
    return sorted(entry_points(group=GROUP), key=lambda each: each.name)


def installed_plugin(key: str) -> Plugin | None:
    """The plugin of an installed package; None where no package brings one of that key.

    Raises:
        ConnectorProblem: IR695 for a package that cannot be used.
    """
    found = next((each for each in installed() if each.name == key), None)
    return None if found is None else _plugin(found)


def factory_of(plugin: Plugin) -> Any:
    """What makes the plugin's sessions.

    Raises:
        ConnectorProblem: IR695 where no installed package brings this very plugin.
    """
    found = next((each for each in installed() if each.name == plugin.key), None)
    if found is None or _plugin(found).sha256 != plugin.sha256:
        raise ConnectorProblem("IR695", f"no installed package brings the plugin {plugin.key}", key=("plugin_key",),
                               hint=f"a package names it as an entry point of the group {GROUP}")  # fmt: skip
    return _loaded(found)


@lru_cache(maxsize=64)
def _plugin(found: EntryPoint) -> Plugin:
    manifest = getattr(_loaded(found), "manifest", None)
    if isinstance(manifest, str | Path):
        plugin = read_plugin(Path(manifest))
    elif isinstance(manifest, Mapping):
        plugin = _of_mapping(found, manifest)
    else:
        raise _unusable(found, "what it names has no manifest")
    if plugin.key != found.name or plugin.manifest.driver != "python":
        raise _unusable(found, f"its manifest is that of {plugin.key} with the driver {plugin.manifest.driver}")
    return plugin


def _of_mapping(found: EntryPoint, manifest: Mapping[str, Any]) -> Plugin:
    try:
        checked = Manifest.model_validate(dict(manifest))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise _unusable(found, f"its manifest is wrong at {place}: {first['msg']}") from None
    written = json.dumps(manifest, sort_keys=True, default=str)
    return Plugin(checked, hashlib.sha256(written.encode()).hexdigest(), Path(found.value), is_shipped=False)


def _loaded(found: EntryPoint) -> Any:
    try:
        return found.load()
    except Exception as error:  # whatever a package raises while it is imported
        raise _unusable(found, f"{type(error).__name__}: {error}") from error


def _unusable(found: EntryPoint, why: str) -> ConnectorProblem:
    package = found.dist.name if found.dist is not None else found.value
    return ConnectorProblem("IR695", f"the plugin {found.name} of the package {package} cannot be used: {why}",
                            key=("plugin_key",))  # fmt: skip
