"""Transforms of graphs and compiled steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ir.dialects.expressions import column
from ir.dialects.free_names import name_of
from ir.expressions import ExpressionSyntax, parse_expression
from ir.javascript import expression_to_write, without_braces
from ir.migrating.condition_tree import Untold, renamed
from ir.migrating.conditions import filter_group, tree_of
from ir.migrating.draft import Draft, Where, without_failures
from ir.migrating.made_columns import Unwritten, expression_of
from ir.migrating.meanings import Kind, Meaning, Unmeant, in_templates, split
from ir.migrating.program import Operation
from ir.migrating.shapes import listing
from ir.migrating.tested import differences, with_lengths

Words = dict[str, Any]
_AGGREGATES = {"average": "avg", "mean": "avg"}
_NAMES = {"dedupe": "deduplicate", "group": "group_by", "with-fields": "with_fields", "select_fields": "select"}


class NotHere(Exception):
    """A transform that has no words; `question` asks for what would."""

    def __init__(self, why: str, question: str) -> None:
        super().__init__(why)
        self.question = question


class Same(Exception):
    """A transform whose result is its input here; the text says why."""


def write(operation: Operation, where: Where, draft: Draft) -> None:
    """Add the transform; what does nothing here only gives its input another name."""
    words = _flat(operation.words)
    kind = str(words.get("type") or "")
    kind = _NAMES.get(kind, kind)
    output = operation.output or operation.name
    try:
        source = _input(operation, words, where)
        if kind in ("group_by", "partition") and not words.get("aggregations"):
            _group(operation, words, source, output, where, draft)
            return
        maker = _MAKERS.get(kind)
        if maker is None:
            raise NotHere(
                f"a transform of type {kind or 'none'} is not carried out",
                "what does it do? write it as one of the transforms",
            )
        made = maker(words, source, where)
    except Same as problem:
        where.meanings.known[output] = source
        draft.account.changed(operation.at, operation.name, source.name, f"left out: {problem}")
        return
    except NotHere as problem:
        draft.account.refused(operation.at, operation.name, str(problem), problem.question, dict(operation.words))
        if (same := _known_input(operation, words, where)) is not None:
            where.meanings.known[output] = same
        return
    except Unmeant as problem:
        draft.account.refused(
            operation.at, operation.name, str(problem), "which rows does it read?", dict(operation.words)
        )
        return
    kind_here, config, *rest = made
    name = draft.name(output)
    step: Words = {"type": kind_here, "config": config, "input_source": source.name, "output_variable": name}
    if source.kind is Kind.COLUMN:
        step["input_source"] = source.frame
    if operation.description:
        step["description"] = operation.description
    step |= without_failures({key: each for key, each in operation.settings.items() if key != "open"})
    draft.transforms.append(step)
    if operation.settings.get("on_error"):
        draft.account.changed(
            (*operation.at, "error_handler"),
            operation.name,
            "",
            "a transform fails or does not: rows that do not fit are found when they are read",
        )
    if kind_here == "reduce":
        value = next(iter(config["aggregates"]))
        where.meanings.known[output] = Meaning(kind=Kind.VALUE, name=name, column=value)
    else:
        where.meanings.known[output] = Meaning(kind=Kind.ROWS, name=name)
        if where.meanings.frame is not None and source.name == where.meanings.frame:
            where.meanings.frame = name
    why = "; ".join(rest)
    (draft.account.changed if why else draft.account.kept)(operation.at, operation.name, f"transforms {name}", why)


def _flat(words: Words) -> Words:
    """The settings of a transform, those under config and rules beside the others."""
    found = {key: each for key, each in words.items() if key not in ("config", "rules")}
    for key in ("config", "rules"):
        inner = words.get(key)
        if isinstance(inner, Mapping):
            found |= {name: each for name, each in inner.items() if name not in ("type", "input") or name not in found}
    return found


def _input(operation: Operation, words: Words, where: Where) -> Meaning:
    named = words.get("input") or (operation.inputs[0] if operation.inputs else None)
    if not isinstance(named, str):
        if where.meanings.frame is not None:
            return Meaning(kind=Kind.ROWS, name=where.meanings.frame)
        raise Unmeant("it names no rows that it reads")
    found = where.meanings.rows(named)
    if found.kind is Kind.GROUPS:
        return Meaning(kind=Kind.ROWS, name=found.frame)
    return found


def _known_input(operation: Operation, words: Words, where: Where) -> Meaning | None:
    try:
        return _input(operation, words, where)
    except Unmeant:
        return None


def _group(operation: Operation, words: Words, source: Meaning, output: str, where: Where, draft: Draft) -> None:
    """Groups are no step: messages go out one a group, and aggregates have a group_by of their own."""
    by = next(
        (words[key] for key in ("group_by_field", "group_by", "field", "groupBy", "column") if words.get(key)), None
    )
    if isinstance(by, list) and len(by) == 1:
        by = by[0]
    if not isinstance(by, str):
        draft.account.refused(
            operation.at,
            operation.name,
            "groups without a column that makes them",
            "by which column? write grouping: {group_by: …}",
            dict(operation.words),
        )
        return
    column_ = _column_name(by)
    where.meanings.known[output] = Meaning(kind=Kind.GROUPS, name=output, frame=source.name, column=column_)
    draft.account.changed(
        operation.at,
        operation.name,
        "grouping",
        f"no step: deliveries per group are made by {column_}; rows without one are counted",
    )


def _column_name(field: str) -> str:
    parts = split(field)
    return ".".join(parts[1:]) if parts[0] in ("item", "current") and len(parts) > 1 else ".".join(parts)


def _filter(words: Words, source: Meaning, where: Where) -> Any:
    written = next(
        (words[key] for key in ("filter_expression", "condition", "conditions", "filters") if words.get(key)), None
    )
    if written is None:
        said = words.get("custom_code") or words.get("expression")
        raise NotHere(
            "a filter without a condition" + (f' but the sentence "{said}"' if said else ""),
            "which rows are kept? write conditions with field, operator and value",
        )
    said_: list[str] = []
    try:
        tree = renamed(
            tree_of(written),
            lambda field: _tested(field, where),
            lambda value: _compared(value, where, said_),
        )
        if said_:
            raise NotHere(said_[0], "what is it compared with?")
        tree = with_lengths(tree)
        return "filter", filter_group(tree), *differences(tree)
    except Untold as problem:
        if isinstance(written, str):
            return "filter", {"where": _expression(written)}, "an expression of SQL: null is neither equal nor unequal"
        raise NotHere(str(problem), "which rows are kept? write the condition the other way round") from problem


def _compared(value: Any, where: Where, said: list[str]) -> Any:
    """What a column is compared with: a value, another column of the row, or what the run knows."""
    if isinstance(value, str) and value.startswith("{{item.") and value.endswith("}}") and value.count("{{") == 1:
        return {"column": _column_name(value)}
    return in_templates(value, where.meanings, said.append)


def _tested(field: str, where: Where) -> str:
    if "{{" in field:
        known = _with_defaults(field, where)
        if "{{" in known:
            raise NotHere(
                f'the column that "{field}" names is known only when it runs', "which column is tested? write its name"
            )
        field = known
    return _column_name(field)


def _with_defaults(text: str, where: Where) -> str:
    """The text with inputs that have a default replaced by it: a column's name cannot be an input."""
    for name, default in where.meanings.inputs.items():
        for root in ("config", "input", "inputs"):
            if isinstance(default, str):
                text = text.replace(f"{{{{{root}.{name}}}}}", default)
    return text


def _expression(text: str) -> str:
    bare = without_braces(text)
    for each in (bare, expression_to_write(text)):
        if each is None:
            continue
        try:
            parse_expression(each)
        except ExpressionSyntax:
            continue
        return each
    raise NotHere(f'"{text}" is code, and no expression of SQL', "what does it compute? write it as an expression")


def _map(words: Words, source: Meaning, where: Where) -> Any:
    mapping = words.get("mapping") or words.get("columns")
    if isinstance(mapping, Mapping):
        return "map", {
            "columns": {str(name): _expression(str(each)) for name, each in mapping.items()},
            "select": [str(name) for name in mapping],
        }
    if isinstance(mapping, list) and all(isinstance(each, str) for each in mapping):
        headers = [str(each) for each in listing(words.get("header_names"))] or list(mapping)
        if len(headers) != len(mapping):
            raise NotHere("as many header_names as columns are not there", "which column gets which name?")
        renamed_ = {old: new for old, new in zip(mapping, headers, strict=True) if old != new}
        return "map", {**({"rename": renamed_} if renamed_ else {}), "select": headers}
    said = words.get("map_expression") or words.get("expression") or words.get("custom_code")
    raise NotHere(
        f'"{said}" is code or a sentence, and names no columns' if said else "a map without columns",
        "which columns does it make? write columns: {name: expression}",
    )


def _select(words: Words, source: Meaning, where: Where) -> Any:
    fields = words.get("fields") or words.get("columns") or words.get("by_name") or words.get("name")
    if isinstance(fields, str):
        fields = [fields]
    if not isinstance(fields, list) or not fields:
        raise NotHere("it names its columns by position", "which columns are meant? write select: [name]")
    return "map", {"select": [str(each.get("name") if isinstance(each, Mapping) else each) for each in fields]}


def _with_fields(words: Words, source: Meaning, where: Where) -> Any:
    columns: Words = {}
    for each in listing(words.get("fields")):
        if isinstance(each, Mapping) and each.get("name"):
            try:
                columns[str(each["name"])] = expression_of(each.get("expression", each.get("value")), where.meanings)
            except Unwritten as problem:
                raise NotHere(str(problem), f"what is {each['name']}? write it as an expression") from problem
    if not columns:
        raise NotHere("it adds no columns", "which columns does it make?")
    return "map", {"columns": columns}


def _reduce(words: Words, source: Meaning, where: Where) -> Any:
    function = str(words.get("reduce_operation") or words.get("reducer") or words.get("operation") or "count").lower()
    function = _AGGREGATES.get(function, function)
    field = words.get("reduce_field") or words.get("field")
    if function not in ("sum", "count", "avg", "min", "max"):
        raise NotHere(
            f"a reduce by {function} makes no single value",
            "which value is meant? write aggregates: {texts: \"string_agg(name, ', ')\"}",
        )
    if function == "count" and not field:
        return "reduce", {"aggregates": {"count": "count(*)"}}
    if not isinstance(field, str):
        raise NotHere(f"a {function} of no column", "which column is meant?")
    name = _column_name(field)
    return "reduce", {"aggregates": {function: f"{function}({column(name)})"}}


def _aggregate(words: Words, source: Meaning, where: Where) -> Any:
    found: Words = {}
    for each in listing(words.get("aggregations")):
        if not isinstance(each, Mapping):
            continue
        function = str(each.get("operation") or each.get("type") or "count").lower()
        function = _AGGREGATES.get(function, function)
        field = each.get("field")
        of = "*" if not isinstance(field, str) or field == "*" else column(_column_name(field))
        alias = str(each.get("alias") or (function if of == "*" else f"{function}_{field}"))
        found[name_of(alias)] = f"{function}({of})"
    if not found:
        raise NotHere("an aggregate of nothing", "which values are meant? write aggregates: {name: expression}")
    by = words.get("group_by") or words.get("group_by_field") or words.get("groupBy")
    if not by:
        return "reduce", {"aggregates": found}
    names = [_column_name(str(each)) for each in (by if isinstance(by, list) else [by])]
    return "aggregate", {"group_by": names, "aggregates": found}


def _sort(words: Words, source: Meaning, where: Where) -> Any:
    by = words.get("sort_field") or words.get("sort_by") or words.get("field")
    order = str(words.get("sort_order") or words.get("order") or words.get("direction") or "asc").lower()
    keys: list[Any] = by if isinstance(by, list) else [by] if by else []
    found = []
    for each in keys:
        field = each.get("field") if isinstance(each, Mapping) else each
        direction = str(each.get("direction") or order) if isinstance(each, Mapping) else order
        found.append(
            {"field": _column_name(str(field)), "direction": "desc" if direction.startswith("desc") else "asc"}
        )
    if not found:
        raise NotHere("a sort by no column", "by which column?")
    return "sort", {"by": found}


def _deduplicate(words: Words, source: Meaning, where: Where) -> Any:
    keys: Any = next(
        (
            words[key]
            for key in ("keys", "key_fields", "deduplicate_field", "field", "key", "column", "by", "fields")
            if words.get(key)
        ),
        [],
    )
    names = [_column_name(str(each)) for each in (keys if isinstance(keys, list) else [keys])]
    return "deduplicate", {"keys": names, "keep": "first"} if names else {}


def _flatten(words: Words, source: Meaning, where: Where) -> Any:
    field = words.get("field") or words.get("flatten_field")
    if not isinstance(field, str) and source.kind is Kind.COLUMN:
        field = source.name
    if not isinstance(field, str) and source.kind is Kind.ROWS:
        raise Same("a frame holds rows, not lists of rows")
    if not isinstance(field, str):
        raise NotHere("it opens a list without a name", "which list column is it? write explode with field")
    return "explode", {"field": _column_name(field)}, "one row an element, the other columns beside it"


def _merge(words: Words, source: Meaning, where: Where) -> Any:
    others = listing(words.get("additional_inputs") or words.get("inputs") or words.get("sources"))
    names = [where.meanings.rows(str(each)).name for each in others if isinstance(each, str)]
    names = [each for each in names if each != source.name]
    if not names:
        raise NotHere("a merge of one input", "which rows are added?")
    return "union", {"sources": names}, "rows one below the other, by the names of their columns"


def _set_difference(words: Words, source: Meaning, where: Where) -> Any:
    reference = words.get("reference") or next(iter(listing(words.get("additional_inputs"))), None)
    key = words.get("key") or words.get("keys") or words.get("field")
    if not isinstance(reference, str) or not key:
        raise NotHere(
            "it names no reference or no key", "rows that stand in which frame are dropped, and by which key?"
        )
    keys = [_column_name(str(each)) for each in (key if isinstance(key, list) else [key])]
    return "join", {"source": where.meanings.rows(reference).name, "on": keys, "how": "anti"}


def _join(words: Words, source: Meaning, where: Where) -> Any:
    other = next(
        (words[key] for key in ("right", "source", "join_with", "reference") if isinstance(words.get(key), str)), None
    ) or next(iter(listing(words.get("additional_inputs"))), None)
    left = words.get("left_key") or words.get("join_key") or words.get("joinOn") or words.get("key") or words.get("on")
    right = words.get("right_key") or left
    if not isinstance(other, str) or not isinstance(left, str) or not isinstance(right, str):
        raise NotHere("it names no second frame or no key", "which rows are joined, and where are which columns equal?")
    how = str(words.get("join_type") or words.get("how") or "inner")
    on: Any = [left] if left == right else {left: right}
    return (
        "join",
        {"source": where.meanings.rows(other).name, "on": on, "how": how},
        "the original never carried a join out",
    )


def _map_headers(words: Words, source: Meaning, where: Where) -> Any:
    mapping = words.get("header_mapping")
    if isinstance(mapping, Mapping) and mapping:
        return "map", {"rename": {str(old): str(new) for old, new in mapping.items()}}
    raise Same("headers are trimmed when they are read")


def _same(why: str) -> Callable[..., Any]:
    def maker(words: Words, source: Meaning, where: Where) -> Any:
        raise Same(why)

    return maker


def _refused(why: str, question: str) -> Callable[..., Any]:
    def maker(words: Words, source: Meaning, where: Where) -> Any:
        said = words.get("custom_code")
        raise NotHere(f'{why}: "{said}"' if said else why, question)

    return maker


_MAKERS: dict[str, Callable[[Words, Meaning, Where], Any]] = {
    "filter": _filter,
    "map": _map,
    "select": _select,
    "project_column": _select,
    "with_fields": _with_fields,
    "reduce": _reduce,
    "aggregate": _aggregate,
    "group_by": _aggregate,
    "sort": _sort,
    "deduplicate": _deduplicate,
    "flatten": _flatten,
    "merge": _merge,
    "set_difference": _set_difference,
    "join": _join,
    "map_headers": _map_headers,
    "rows_to_objects": _same("a source gives rows with named columns"),
    "fetch_content": _same("a step that reads files reads what is in them"),
    "custom": _refused("code or a sentence", "what does it compute? write it as transforms"),
    "set": _refused("a variable that is set", "what is it needed for? write the value where it is used"),
    "pivot": _refused(
        "the original kept the last of several values of a cell, whichever that was",
        "which function is meant? write pivot with index, columns, values and function",
    ),
    "split": _refused(
        "rows come in batches by themselves", "what is done with each part? write batch_rows of the delivery"
    ),
    "expand": _refused(
        "every nested object became columns, whichever there were",
        "which fields are needed? write flatten with field, or map with columns: {city: customer.city}",
    ),
    "format": _refused(
        "a format without the columns it is for", "how is which column shown? write format with columns"
    ),
}
