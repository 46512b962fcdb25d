"""Steps of a language model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ir.migrating.draft import Draft, Where, described
from ir.migrating.loops import with_fields_as_columns
from ir.migrating.meanings import Kind, Meaning, Unmeant, in_templates
from ir.migrating.program import Operation

_TYPES = {"llm_extract": "extract", "custom": "transform", "llm_decision": "decide", "ai_processing": "generate"}
_KNOWN = frozenset(
    {
        "summarize",
        "extract",
        "classify",
        "sentiment",
        "generate",
        "decide",
        "normalize",
        "transform",
        "validate",
        "enrich",
        "deterministic_extract",
    }
)
_EACH = re.compile(
    r"\b(?:for each|per|every|each)\s+(?:\w+\s+)?(?:item|row|record|email|mail|lead|entry|message|"
    r"invoice|order|customer|contact)\b|^for each\b",
    re.IGNORECASE,
)
_FIELD_TYPES = {"text": "string", "float": "number", "int": "integer", "list": "array", "dict": "object"}


def write(operation: Operation, where: Where, draft: Draft) -> None:
    """Add the step: a row at a time within a loop, once for all rows outside one."""
    words, meanings = operation.words, where.meanings
    if meanings.group is not None:
        draft.account.refused(
            operation.at,
            operation.name,
            "a language model is asked for a row or for all rows, not for a group",
            "is an answer per row enough, or an answer about the aggregates of each group (a transform aggregate, "
            "then this step over its rows)?",
            dict(words),
        )
        return
    said: list[str] = []
    kind = str(words.get("type") or "generate")
    step: dict[str, Any] = {"id": draft.name(operation.name), "type": _TYPES.get(kind, kind)}
    if step["type"] not in _KNOWN:
        said.append(f'"{kind}" is no type of AI operation')
        step["type"] = "generate"
    instruction = str(words.get("instruction") or "")
    step["instruction"] = in_templates(instruction, meanings, said.append) or operation.description or operation.name
    schema, notes = output_schema(words)
    if schema:
        step["output_schema"] = schema
    frame, is_each, why = _input(operation, where, draft, said)
    step["input_source"] = frame
    step["scope"] = "per_item" if is_each else "batch"
    constraints = {key: words[key] for key in ("temperature", "max_tokens") if isinstance(words.get(key), int | float)}
    if constraints:
        step["constraints"] = constraints
    for key in ("document_type", "ocr_fallback"):
        if words.get(key) is not None:
            step[key] = words[key]
    if words.get("context") is not None:
        step["context"] = in_templates(words["context"], meanings, said.append)
    if words.get("model"):
        notes.append(f"the model {words['model']} is left out: models are named in the connections")
    output = operation.output or operation.name
    variable = step["id"] if output == operation.name else draft.name(output)
    step["output_variable"] = variable
    draft.ai.append(described(step, operation))
    if is_each and meanings.frame is not None:
        fields = tuple(str(each["name"]) for each in (schema or {}).get("fields", ()))
        meanings.known[output] = Meaning(kind=Kind.COLUMN, name=variable, frame=variable, fields=fields)
        meanings.frame = variable
    elif is_each:
        rows = variable
        if schema is not None and (inner := _fields_of_a_row(schema)):
            step["output_schema"] = {"type": "object", "fields": inner}
            rows = with_fields_as_columns(
                variable, {variable: [str(each["name"]) for each in inner]}, f"{variable}_rows", draft
            )
        meanings.known[output] = Meaning(kind=Kind.ROWS, name=rows)
    else:
        meanings.known[output] = Meaning(kind=Kind.ONE, name=variable)
    for each in said:
        draft.account.refused(operation.at, operation.name, each, "what is meant?")
    if where.is_branch:
        notes.append("asked in every run, whatever the branch")
    place = f"ai_operations {step['id']}"
    reasons = [*([why] if why else []), *notes]
    if reasons:
        draft.account.changed(operation.at, operation.name, place, "; ".join(reasons))
    else:
        draft.account.kept(operation.at, operation.name, place)


def _fields_of_a_row(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is asked of each row, of a schema whose answer was the list of all rows."""
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return list(items.get("fields") or ())
    fields = list(schema.get("fields") or ())
    return [] if len(fields) == 1 and fields[0]["type"] == "array" else fields


def _input(operation: Operation, where: Where, draft: Draft, said: list[str]) -> tuple[str, bool, str]:
    """The frame that is read, whether a row at a time, and why."""
    meanings = where.meanings
    named = operation.words.get("input") or (operation.inputs[0] if operation.inputs else None)
    if meanings.frame is not None:
        return meanings.frame, True, ""
    if not isinstance(named, str) or not named.strip():
        return draft.start(), False, "it reads nothing: asked once"
    try:
        found = meanings.rows(named)
    except Unmeant as problem:
        try:
            meanings.path(named)
            return draft.start(), False, f"asked once, with {{{{{named}}}}}"
        except Unmeant:
            said.append(str(problem))
            return draft.start(), False, ""
    if found.kind is Kind.ONE:
        return draft.start(), False, f"asked once, about the answer {found.name}"
    frame = found.frame if found.kind is Kind.COLUMN else found.name
    if found.kind is Kind.COLUMN:
        return frame, True, f"for each row, which has {found.name}"
    is_each = bool(_EACH.search(str(operation.words.get("instruction") or "")))
    words = "asked for each row, as the instruction says" if is_each else "asked once about all rows"
    return frame, is_each, words


def output_schema(words: Mapping[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """The schema of the answer in this language's form, and what of it was left out."""
    notes: list[str] = []
    schema = words.get("output_schema")
    labels = words.get("labels")
    if isinstance(labels, list) and labels and not _has_fields(schema):
        return {"type": "string", "enum": [str(each) for each in labels]}, notes
    if not isinstance(schema, Mapping):
        return None, notes
    return _schema(schema, notes), notes


def _has_fields(schema: Any) -> bool:
    return isinstance(schema, Mapping) and bool(schema.get("fields") or schema.get("properties"))


def _schema(schema: Mapping[str, Any], notes: list[str]) -> dict[str, Any] | None:
    fields = _fields(schema, notes)
    kind = str(schema.get("type") or ("object" if fields else "string"))
    if fields and kind != "array":
        return {"type": "object", "fields": fields}
    if kind == "array":
        items = schema.get("items")
        inner = _fields(items, notes) if isinstance(items, Mapping) else fields
        of = {"type": "object", "fields": inner} if inner else {"type": _type(items, "string")}
        return {"type": "array", "items": of}
    if kind == "object":
        return None
    found: dict[str, Any] = {"type": _FIELD_TYPES.get(kind, kind)}
    if isinstance(schema.get("enum"), list) and kind == "string":
        found["enum"] = [str(each) for each in schema["enum"]]
    return found


def _type(items: Any, default: str) -> str:
    kind = str(items.get("type") or default) if isinstance(items, Mapping) else default
    return "string" if kind == "object" else _FIELD_TYPES.get(kind, kind)


def _fields(schema: Mapping[str, Any], notes: list[str]) -> list[dict[str, Any]]:
    written = schema.get("fields")
    properties = schema.get("properties")
    required = schema.get("required")
    if isinstance(properties, Mapping):
        names = required if isinstance(required, list) else []
        written = [
            {"name": name, **each, "required": name in names or each.get("required") is True}
            for name, each in properties.items()
            if isinstance(each, Mapping)
        ]
    found: list[dict[str, Any]] = []
    for each in written if isinstance(written, list) else []:
        if not isinstance(each, Mapping) or not each.get("name"):
            continue
        kind = str(each.get("type") or "string")
        field: dict[str, Any] = {"name": str(each["name"]), "type": _FIELD_TYPES.get(kind, kind)}
        if each.get("required") is True:
            field["required"] = True
        if each.get("description"):
            field["description"] = str(each["description"])
        if isinstance(each.get("enum"), list) and field["type"] == "string":
            field["enum"] = [str(one) for one in each["enum"]]
        if each.get("properties") or each.get("items"):
            notes.append(f"what is inside {each['name']} is not told to the model")
        found.append(field)
    return found
