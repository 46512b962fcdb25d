"""Keys in the config of a compiled transform that become nothing: each is told, or asked about where rows need it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ir.diagnostics import Pointer
from ir.migrating.program import Refused, Told
from ir.migrating.shapes import mapping

_ALWAYS = frozenset({"type", "input", "custom_code", "description", "operation", "additional_inputs"})
_READ: dict[str, frozenset[str]] = {
    "map": frozenset({"mapping", "columns", "expression", "map_expression", "header_names"}),
    "filter": frozenset({"condition", "conditions", "filters", "filter_expression", "expression"}),
    "reduce": frozenset({"reducer", "reduce_operation", "reduce_field", "field"}),
    "sort": frozenset({"sort_by", "sort_field", "sort_order", "field", "order", "direction"}),
    "group": frozenset({"field", "groupBy", "group_by", "group_by_field", "column", "aggregations"}),
    "aggregate": frozenset({"aggregations", "group_by", "group_by_field", "groupBy"}),
    "deduplicate": frozenset({"keys", "key_fields", "deduplicate_field", "field", "key", "column", "by", "fields"}),
    "flatten": frozenset({"field", "flatten_field"}),
    "rows_to_objects": frozenset(),
    "map_headers": frozenset({"header_mapping"}),
    "partition": frozenset({"field", "groupBy", "group_by", "group_by_field", "column"}),
    "fetch_content": frozenset(),
    "select": frozenset({"fields", "columns", "by_name", "name", "by_index"}),
    "with_fields": frozenset({"fields"}),
    "set_difference": frozenset({"reference", "key", "keys", "field"}),
}
"""What is read of each operation; others are asked about as a whole, or take what joins and merges take."""
_READ |= {"group_by": _READ["group"], "dedupe": _READ["deduplicate"], "project_column": _READ["select"]}
_TOLD = {
    ("map", "add_headers"): "a delivery writes the header",
    ("map", "add_headers_source"): "a delivery writes the header",
    ("reduce", "initialValue"): "a sum begins at 0",
    ("rows_to_objects", "preserve_case"): "headers keep their case",
    ("rows_to_objects", "headers"): "a source gives rows with named columns",
    (
        "map_headers",
        "required_headers",
    ): "the original never looked for them; write normalization: {required_headers: …}",
    ("partition", "handle_empty"): "the original never came to it; rows without a value are counted",
    ("group", "include_null_keys"): "rows without a key are counted, and get no message",
    ("flatten", "depth"): "one level is opened",
}
_TOLD |= {("group_by", "include_null_keys"): _TOLD["group", "include_null_keys"]}
_ASKED = {
    ("reduce", "initialValue"): "what is it added to? write it into an expression that reads the sum",
    ("rows_to_objects", "header_row"): "which row holds the headers? write config: {header_row: …} at the source",
    ("flatten", "depth"): "which lists lie in which? write an explode for each",
    ("group", "include_null_keys"): "who gets the rows without a key? write a filter of their own for them",
}
_ASKED |= {("group_by", "include_null_keys"): _ASKED["group", "include_null_keys"]}
_IDLE = {
    ("reduce", "initialValue"): (0, None),
    ("rows_to_objects", "header_row"): (0, 1, None),
    ("flatten", "depth"): (1, None),
    ("group", "include_null_keys"): (False, None),
    ("group_by", "include_null_keys"): (False, None),
}
"""Values under which a key that is asked about says what happens here anyway."""


def told_of_transform(step: Mapping[str, Any], at: Pointer, name: str) -> Iterator[Told | Refused]:
    """One part for each key of the transform's config that is not read."""
    operation = str(step.get("operation") or mapping(step.get("config")).get("type") or "")
    read = _READ.get(operation)
    if read is None:
        return
    for key, value in mapping(step.get("config")).items():
        pair, place = (operation, key), (*at, "config", key)
        if value is None or key in _ALWAYS or key in read:
            continue
        if pair in _ASKED and value not in _IDLE.get(pair, ()):
            why = f"{key} of {operation} has no words in a transform"
            yield Refused(at=place, name=name, why=why, question=_ASKED[pair], was={key: value})
        elif pair in _TOLD:
            yield Told(at=place, name=name, why=f"{key} left out: {_TOLD[pair]}")
        elif pair not in _ASKED:
            question = "does it say anything that is to be done?"
            why = f'"{key}" is no key of the operation {operation}'
            yield Refused(at=place, name=name, why=why, question=question, was={key: value})
