"""Templates of a whole document: each can be read, and the inputs they name are declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ir.diagnostics import Pointer, Problems, did_you_mean
from ir.model.workflow import Workflow
from ir.templates import TemplateSyntax, parse_template

_SECTIONS = ("data_sources", "filters", "post_ai_filters", "ai_operations", "plugin_operations", "conditionals",
             "delivery_rules", "edge_cases")  # fmt: skip
_NOT_TEMPLATES = frozenset({
    "rows", "schema", "description", "credentials_ref", "secret_ref", "payload_schema", "output_schema", "columns",
    # where it is rendered these are parsed and reported, with the roots that stand there
    "location", "filename_template", "path",
})  # fmt: skip


def check_templates(value: dict[str, Any], workflow: Workflow, problems: Problems) -> None:
    """Report templates that cannot be read and inputs that nobody declares."""
    declared = [each.name for each in workflow.runtime_inputs]
    for section in _SECTIONS:
        for at, text in _texts(value.get(section), (section,)):
            try:
                template = parse_template(text)
            except TemplateSyntax as problem:
                problems.error("IR111", problem.message, at=at, within=(problem.start, problem.end))
                continue
            for each in template.references:
                name = each.path[1] if each.root == "inputs" and len(each.path) > 1 else None
                if isinstance(name, str) and name not in declared:
                    problems.error("IR302", f'there is no input "{name}"', at=at, within=each.span,
                                   hint=did_you_mean(name, declared) or "declare it under runtime_inputs")  # fmt: skip


def _texts(value: Any, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        if "{{" in value:
            yield at, value
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*at, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in _NOT_TEMPLATES and not key.startswith("x-"):
                yield from _texts(each, (*at, key))
