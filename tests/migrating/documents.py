"""Graphs and compiled steps written in the tests, migrated and carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ir.loading import from_dict
from ir.migrating import Element, Migration, migrated
from weirflow import validate

Words = dict[str, Any]


def operation(kind: str, settings: Mapping[str, Any], output: str | None = None, **node: Any) -> Words:
    """A node that does one thing; `next` and the like are given by name."""
    made: Words = {"type": "operation", "operation": {"operation_type": kind, kind: dict(settings)}, **node}
    return made | ({"outputs": [{"variable": output}]} if output else {})


def fetch(output: str = "orders", **node: Any) -> Words:
    """A node that reads rows of a sheet."""
    settings = {"plugin_key": "google-sheets", "action": "read_range", "config": {"spreadsheet_id": "s", "range": "A"}}
    return operation("fetch", settings, output, **node)


def graph(nodes: Mapping[str, Words], **others: Any) -> Words:
    """A document 4.0 whose nodes follow one another as written, where they do not say what is next."""
    names = list(nodes)
    linked: Words = {}
    for name, after in zip(names, [*names[1:], None], strict=True):
        node = {"id": name, **nodes[name]}
        if after is not None and "next" not in node and node["type"] not in ("choice", "end"):
            node["next"] = after
        linked[name] = {key: each for key, each in node.items() if each != "-"}
    return {"ir_version": "4.0", "goal": "g", "execution_graph": {"start": names[0], "nodes": linked}, **others}


def migrate(document: Mapping[str, Any]) -> Migration:
    """The document in the words of 3.1."""
    return migrated(from_dict(document))


def steps(*written: Words, **others: Any) -> Migration:
    """Compiled steps in the words of 3.1."""
    return migrate({"workflow_steps": list(written), "goal": "g", **others})


def read(output: str = "raw") -> Words:
    """A compiled step that reads rows of a sheet."""
    return {"step_id": "step1", "type": "action", "plugin": "google-sheets", "operation": "read_range",
            "config": {"spreadsheet_id": "s", "range": "Leads"}, "output_variable": output}  # fmt: skip


def mail(step_id: str, to: str, text: str = "Hello") -> Words:
    """A compiled step that sends a message."""
    params = {"recipients": {"to": [to]}, "content": {"subject": "s", "html_body": text}}
    return {"step_id": step_id, "type": "action", "plugin": "google-mail", "action": "send_email", "params": params}


def with_rows(found: Migration, rows: Sequence[Mapping[str, Any]]) -> Words:
    """The new workflow with `rows` in place of what its first source reads."""
    first = found.value["data_sources"][0]
    inline = {"type": "tabular", "source": "inline", "alias": first["alias"], "config": {"rows": list(rows)}}
    return {**found.value, "data_sources": [inline, *found.value["data_sources"][1:]]}


def elements(found: Migration, name: str) -> list[Element]:
    """What is said about one element."""
    return [each for each in found.elements if each.name == name]


def only(found: Migration, name: str) -> Element:
    """The one thing that is said about an element."""
    (element,) = elements(found, name)
    return element


def errors(found: Migration) -> list[str]:
    """The codes of what is wrong with the new workflow."""
    return [each.code for each in validate(found.value) if each.severity == "error"]
