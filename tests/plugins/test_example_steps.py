"""The steps that the pages of plugins show compile as they stand there."""

from __future__ import annotations

from typing import Any

import pytest

import weirflow as wf
from connectors.plugins.plugin import Action, Plugin
from docs.generator.plugins import without_files
from tests.plugins.replaying import shipped_plugins
from tests.workflows import inline, workflow


def step(action: Action) -> dict[str, Any]:
    config = without_files(action.manifest.examples[0].parameters)
    return {"id": action.name, "plugin_key": action.plugin.key, "operation_type": action.name, "config": config}


def takes_a_file(action: Action) -> bool:
    return "{{data.file}}" in str(step(action))


@pytest.mark.parametrize("plugin", shipped_plugins(), ids=lambda each: each.key)
def test_the_steps_of_a_plugins_page_compile_one_after_the_other(plugin: Plugin) -> None:
    actions = [each for each in plugin.actions.values() if each.manifest.examples and not takes_a_file(each)]
    document = workflow([inline("rows", [{"a": 1}])], plugin_operations=[step(each) for each in actions])
    if any(each.describes_rows for each in actions):  # a plan asks the database, which nobody has made here
        assert {each.code for each in wf.validate(document)} == {"IR508"}
    else:
        wf.compile(document)
