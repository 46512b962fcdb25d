"""The workflow to measure: the same steps, its sources and deliveries in a folder of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.file_output import FileOutput
from engine.plan import Plan
from engine.sources import source_names

_KEPT_CONFIG = ("identifier_field", "identifier_fields", "time_window_hours", "timestamp_field")


def measured_workflow(plan: Plan, made: Mapping[str, Path], *, as_written: bool) -> dict[str, Any]:
    """The document over the files of `made` {source relation: file}.

    Its deliveries become Parquet files in the folder it is run in, or with `as_written` stay of their formats: the
    time of a PDF says little about an engine.
    """
    document: dict[str, Any] = {
        key: value for key, value in plan.compiled.document.value.items()
        if key not in {"clarifications_required", "schedule", "tests", "delivery_rules", "file_operations"}
    }  # fmt: skip
    by_index = {
        relation.at[1]: relation for relation in plan.compiled.graph
        if relation.source is not None and len(relation.at) == 2
    }  # fmt: skip
    names = dict(enumerate(source_names(plan.compiled.workflow)))
    document["data_sources"] = [
        _source(source, names[index], by_index[index].frame.schema, made[by_index[index].name])
        if index in by_index
        else source
        for index, source in enumerate(document["data_sources"])
    ]
    document["name"] = plan.name
    if isinstance(document.get("rendering"), Mapping):
        document["rendering"] = _rendering(document["rendering"])
    document["delivery_rules"] = {"file_delivery": _deliveries(plan, as_written=as_written)}
    return document


_WORDS = {"title", "subtitle", "empty_message", "logo", "heading", "text", "caption", "footer"}
"""What people read in a report: its templates may name values that made rows do not have."""


def _rendering(rendering: Mapping[str, Any]) -> dict[str, Any]:
    """The rendering without its words."""
    found = {key: value for key, value in rendering.items() if key not in _WORDS}
    if isinstance(found.get("page"), Mapping):
        found["page"] = {key: value for key, value in found["page"].items() if key not in _WORDS}
    if isinstance(found.get("sections"), list):
        found["sections"] = [_section(each) for each in found["sections"]]
    return found


def _section(section: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in section.items() if key not in _WORDS}
    if isinstance(found.get("chart"), Mapping):
        found["chart"] = {key: value for key, value in found["chart"].items() if key != "title"}
    return found


def _source(source: Mapping[str, Any], name: str, schema: Any, path: Path) -> dict[str, Any]:
    config = source.get("config") or {}
    made: dict[str, Any] = {"type": "file", "alias": name, "location": str(path)}
    made |= {key: source[key] for key in ("role", "rejects") if source.get(key)}
    made["config"] = {key: config[key] for key in _KEPT_CONFIG if key in config}
    if path.suffix != ".parquet":
        types = {column: str(kind) for column, kind in schema.items()}
        made["config"] |= {"format": path.suffix[1:], "schema": types}
    return made


_NOT_TIMED = {"split_by", "split_into", "template"}
"""Options whose cost depends on the values of real rows, or on a file that made rows do not have."""


def _deliveries(plan: Plan, *, as_written: bool) -> list[dict[str, Any]]:
    """One file for each delivery, or of `data` where there is none."""
    outputs = plan.compiled.outputs
    if not outputs:
        return [{"format": "parquet", "filename_template": "data.parquet", "options": {"overwrite": True}}]
    found: list[dict[str, Any]] = []
    for number, output in enumerate(outputs):
        made: dict[str, Any] = {"id": f"delivery_{number}"}
        if output.delivery.input_source:
            made["input_source"] = output.delivery.input_source
        made |= {"format": "parquet", "filename_template": f"delivery_{number}.parquet", "options": {"overwrite": True}}
        if as_written and isinstance(output, FileOutput):
            options = output.delivery.options.model_dump(exclude_unset=True, by_alias=True, exclude=_NOT_TIMED)
            made |= {"format": output.format.name, "options": {**options, "overwrite": True},
                     "filename_template": f"delivery_{number}.{output.format.endings[0]}"}  # fmt: skip
        found.append(made)
    return found
