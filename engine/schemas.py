"""The schemas of workflow files with everything that the registries know."""

from __future__ import annotations

from functools import cache
from typing import Any

from connectors.files.formats import FORMATS
from ir.json_schema import model_schema, workflow_schema
from ir.model.workflow import Workflow
from ir.strict_form import strict_form
from ir.strict_schema import strict_schema
from transforms.registry import TRANSFORMS

CONFIGS = {name: kind.config for name, kind in TRANSFORMS.items()}


def editor_schema() -> dict[str, Any]:
    """The JSON Schema for editors."""
    return workflow_schema(transforms=CONFIGS, formats=tuple(FORMATS))


def plugin_schema() -> dict[str, Any]:
    """The JSON Schema of manifests of plugins."""
    from connectors.plugins.manifest import Manifest

    return model_schema(Manifest, title="weirflow plugin")


def strict_schema_of_all() -> dict[str, Any]:
    """The schema for language models that answer by a schema."""
    return strict_schema(transforms=CONFIGS, formats=tuple(FORMATS))


def in_strict_form(workflow: Workflow) -> dict[str, Any]:
    """The workflow as the strict schema describes it.

    Raises:
        NoStrictForm: a value of free shape nests deeper than the schema allows.
    """
    return strict_form(workflow, _strict_schema(), transforms=CONFIGS)


@cache
def _strict_schema() -> dict[str, Any]:
    """The same, made once for all workflows, which are only looked up in it: it takes a fifth of a second."""
    return strict_schema_of_all()
