"""A document of any of the original's forms, written in the words of 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ir.dialects.free_names import name_of
from ir.document import Document
from ir.migrating import compiled, graphs
from ir.migrating.account import Account, Migration
from ir.migrating.declarative import migrated_declarative
from ir.migrating.reading import STEPS
from ir.migrating.settling import settled
from ir.migrating.shapes import listing, mappings
from ir.migrating.step_order import in_order
from ir.migrating.writing import written

_STEP_KEYS = (STEPS, "steps", "pilot_steps", "workflowSteps", "workflow")
_UNREAD = {
    "requirements_enforcement": "a note of what the compiler checked",
    "context": "a note",
    "data_schema": "types are inferred and checked by the plan",
    "metadata": "a note",
}


def migrated(document: Document) -> Migration:
    """The document in the words of 3.1; what has none is a question, and stands under x-refused."""
    value = document.value
    if "execution_graph" in value or value.get("ir_version") in ("4.0", 4):
        return _graph(value)
    steps = next((key for key in _STEP_KEYS if _is_of_steps(value.get(key))), None)
    if steps is None and STEPS in value:
        steps = STEPS
    if steps is not None and "data_sources" not in value:
        return _steps(value, steps)
    return migrated_declarative(document)


def _graph(value: Mapping[str, Any]) -> Migration:
    account = Account()
    graph = value.get("execution_graph")
    graph = graph if isinstance(graph, Mapping) else {}
    inputs = _defaults(value)
    draft, meanings = written(graphs.Graph(graph).program(), inputs, account)
    for holder, at in ((value, ()), (graph, ("execution_graph",))):
        for key, why in _UNREAD.items():
            if holder.get(key):
                account.changed((*at, key), key, "", f"left out: {why}")
    for index, each in enumerate(listing(graph.get("variables"))):
        if isinstance(each, Mapping) and each.get("default_value") is not None:
            account.refused(
                ("execution_graph", "variables", index),
                str(each.get("name")),
                "a variable that begins with a value: a step's result is written once",
                "where is it used? write the value there, or as an input with a default",
                {"default_value": each["default_value"]},
            )
    found = draft.document(_goal(value), None, _inputs(inputs, meanings.used_inputs, account))
    return settled("an execution graph 4.0", found, account)


def _is_of_steps(written: Any) -> bool:
    return any(isinstance(each, Mapping) and "type" in each for each in _listed(written))


def _listed(written: Any) -> list[Any]:
    """The steps of a list, or of a mapping of steps by their names; anything else is an entry that is no step."""
    if isinstance(written, Mapping):
        return list(written.values())
    return listing(written) if isinstance(written, list) or written is None else [written]


def _steps(value: Mapping[str, Any], key: str) -> Migration:
    account = Account()
    steps = compiled.with_branches_inside(in_order(_listed(value[key]), key, account))
    inputs = _defaults(value)
    draft, meanings = written(compiled.program(steps, (key,)), inputs, account)
    name = value.get("agent_name") or value.get("workflow_name") or value.get("name")
    schedule = value.get("schedule_cron")
    found = draft.document(_goal(value), None, _inputs(inputs, meanings.used_inputs, account))
    if isinstance(schedule, str) and schedule.strip():
        found["schedule"] = {
            "type": "cron",
            "cron_expression": schedule.strip(),
            **({"timezone": value["timezone"]} if value.get("timezone") else {}),
        }
        account.kept(("schedule_cron",), "schedule_cron", "schedule")
    if not value.get("goal") and not name:
        account.ask("what is this workflow for? write it as its goal")
    return settled("compiled steps", found, account)


def _goal(value: Mapping[str, Any]) -> str:
    for key in ("goal", "agent_name", "workflow_name", "name", "description"):
        if isinstance(value.get(key), str) and value[key].strip():
            return str(value[key]).strip()
    return "not told"


def _defaults(value: Mapping[str, Any]) -> dict[str, Any]:
    """{name: default} of what the document says about its inputs."""
    found: dict[str, Any] = {}
    for each in listing(value.get("config_defaults")):
        if isinstance(each, Mapping) and each.get("key"):
            found[str(each["key"])] = each.get("default")
    resolved = value.get("resolved_user_inputs")
    pairs = (
        resolved.items()
        if isinstance(resolved, Mapping)
        else [(each.get("key"), each.get("value")) for each in mappings(resolved)]
    )
    found |= {str(key): each for key, each in pairs if key}
    return found


def _inputs(defaults: Mapping[str, Any], used: list[str], account: Account) -> list[dict[str, Any]]:
    """The runtime_inputs: those that have a default, and those that something reads."""
    found: list[dict[str, Any]] = []
    by_name = {name_of(name): name for name in defaults}
    for name in dict.fromkeys([*used, *by_name]):
        written_name = by_name.get(name)
        default = defaults.get(written_name) if written_name is not None else None
        if written_name is not None and name not in used:
            account.changed(("config_defaults",), written_name, "", "left out: nothing reads it")
            continue
        if isinstance(default, list | dict):
            account.refused(
                ("config_defaults",),
                name,
                "an input is one text, number or date",
                "which value is meant?",
                {name: default},
            )
            default = None
        is_number = isinstance(default, int | float) and not isinstance(default, bool)
        entry: dict[str, Any] = {
            "name": name,
            "type": "number" if is_number else "text",
            "label": name.replace("_", " "),
            "required": default is None,
        }
        if default is not None:
            entry["default_value"] = getattr(default, "text", None) or str(default)
        found.append(entry)
        if written_name is None:
            account.changed((), name, "runtime_inputs", "read as an input of the run: give it with --input")
        else:
            said = "an input of the run" + (" with a default" if default is not None else "")
            account.changed(("config_defaults",), written_name, f"runtime_inputs {name}", said)
    return found
