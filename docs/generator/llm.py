"""The page about language models: what the strict schema measures, and how long the guide is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from docs.generator.markdown import block, table
from engine.guide import guide, tokens_of
from engine.schemas import in_strict_form, strict_schema_of_all
from ir.diagnostics import Problems
from ir.loading import loads
from ir.workflow import read_document

TEXT = Path(__file__).with_name("llm.md")
LIMITS = {
    "object properties": 5_000,
    "objects inside each other": 10,
    "enum values": 1_000,
    "characters of names and enum values": 120_000,
}
"""The published limits of strict output that a whole schema can meet; the tightest ones known."""
EXAMPLE = """\
ir_version: "3.1"
goal: Gross prices
data_sources:
  - {type: file, alias: items, location: items.csv}
transforms:
  - {type: map, config: {columns: {gross: net * 1.19}}}
"""


def llm_page() -> str:
    """The written text with its measures."""
    schema = strict_schema_of_all()
    sizes = sizes_of(schema)
    document = loads(EXAMPLE, file="w.yaml", syntax="yaml")
    workflow = read_document(document, Problems(document))[1]
    assert workflow is not None
    step = in_strict_form(workflow)["transforms"][0]
    values = {
        "sizes": table(["", "this schema", "limit"], [[f"{what}", f"{sizes[what]:,}", f"{LIMITS[what]:,}"]
                                                      for what in LIMITS]),
        "kilobytes": f"{len(json.dumps(schema)) // 1000}",
        "tokens": f"{tokens_of(guide()):,}",
        "normal": block("transforms:\n  - {type: map, config: {columns: {gross: net * 1.19}}}", "yaml"),
        "strict": block(json.dumps(step, indent=2), "json"),
    }  # fmt: skip
    return Template(TEXT.read_text(encoding="utf-8")).substitute(values)


def sizes_of(schema: Mapping[str, Any]) -> dict[str, int]:
    """What the published limits count, of a whole schema."""
    found = every(schema)
    names = [name for each in found for name in (*each.get("properties", ()), *each.get("$defs", ()))]
    words = [word for each in found for word in each.get("enum", ())]
    return {
        "object properties": sum(len(each.get("properties", ())) for each in found),
        "objects inside each other": _depth(schema, schema["$defs"]),
        "enum values": len(words),
        "characters of names and enum values": sum(map(len, [*names, *words])),
    }


def every(schema: Any) -> list[Mapping[str, Any]]:
    """Every schema in the text, at any depth; names of properties and definitions are none."""
    if isinstance(schema, list):
        return [found for each in schema for found in every(each)]
    if not isinstance(schema, Mapping):
        return []
    inner = [each for key, each in schema.items() if key not in ("properties", "$defs")]
    named = [each for key in ("properties", "$defs") for each in schema.get(key, {}).values()]
    return [schema, *every([*inner, *named])]


def _depth(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> int:
    """How many objects stand inside each other at most; there is no recursion."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    below = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    below += [schema["items"]] if "items" in schema else []
    return ("properties" in schema) + max((_depth(each, definitions) for each in below), default=0)
