"""The pages of words: transforms, operators, functions, types and file formats, from the tables that run them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.files.formats import COMMON_READ_OPTIONS, FORMATS, FileFormat
from docs.generator.examples import Example, examples, plain_rows
from docs.generator.markdown import table, value_text
from docs.generator.models import Part, doc, key_table, parts, section
from docs.generator.reference import shown
from ir.model.file_delivery import FileOptions
from ir.model.file_source import FileConfig
from ir.model.transform import Transform
from ir.types import TYPE_WORDS
from transforms.conditions import OPERATORS
from transforms.expressions.functions import FUNCTIONS
from transforms.expressions.signature import Function
from transforms.registry import TRANSFORMS

_TYPES = {
    "string": "Text. Also written text, varchar, str.",
    "integer": "64 bits, signed; a result that does not fit is an error, it never wraps. Also int, bigint.",
    "number": "A 64-bit float. There is no NaN: read or computed, it is null. Infinity stays. Also double, float.",
    "decimal(p,s)": "Exact, p digits (at most 38), s of them behind the point. Also numeric(p,s).",
    "boolean": "true or false. Also bool.",
    "date": "A day.",
    "datetime": "A day and a time without a zone, to the microsecond. Also timestamp.",
    "datetime with time zone": "An instant, kept in UTC and shown in `settings.timezone`. Also timestamptz.",
    "time": "A time of day.",
    "duration": "A length of time. Also interval.",
    "json": "Text that is a JSON document; `json_get` reads from it.",
    "list(T)": "A list whose elements are all of type T.",
    "struct(name: T, ...)": "An object with these fields, read as `column.name`.",
    "file": "An attachment or document: name, mime, size and a reference to its bytes.",
}
_KINDS = {"scalar": "For each row", "aggregate": "Aggregates", "window": "Windows"}


def word_pages() -> Iterator[tuple[str, str]]:
    """(name, text) of every page."""
    yield "transforms", transforms_page()
    yield "operators", operators_page()
    yield "functions", functions_page()
    yield "types", types_page()
    yield "formats", formats_page()


def transforms_page() -> str:
    lines = [
        "# transforms: what becomes of rows",
        "",
        "A transform reads `data`, the result of the one before it, and replaces it; `input_source` names another "
        "frame to read, `output_variable` a new frame to make instead. Expressions are on the page "
        "[functions](functions.md).",
        "",
        section(Part("transforms[]", Transform), []),
        "",
        table(["type", "what it does"], [[f"[{name}](#{name})", kind.doc] for name, kind in TRANSFORMS.items()]),
        "",
    ]
    for name, kind in TRANSFORMS.items():
        every = parts([Part(f"{name}.config", kind.config)])
        lines += [f"## {name}", "", doc(kind.config), ""]
        lines += [text for example in examples(name) for text in (shown(example), "")]
        lines += [text for part in every for text in (_config(part, every, name), "")]
    return "\n".join(lines)


def _config(part: Part, every: list[Part], name: str) -> str:
    if part.model is TRANSFORMS[name].config:
        headings = {each.model: each.heading for each in every}
        return key_table(part.model, lambda model: f"`{headings[model]}`" if model in headings else "object")
    return section(part, every, level=3)


def operators_page() -> str:
    example = examples("operators")[0]
    plan, document = example.plan(), example.document
    conditions = {
        each["output_variable"].removeprefix("by_"): each["config"]["conditions"][0] for each in document["transforms"]
    }
    rows = []
    for operator in dict.fromkeys(id(each) for each in OPERATORS.values()):
        found = next(each for each in OPERATORS.values() if id(each) == operator)
        kept = plan.collect(f"by_{found.name}").get_column("id").to_list()
        names = ", ".join(f"`{name}`" for name in (found.name, *found.aliases))
        condition = conditions[found.name]
        value = f"`{value_text(condition['value'])}`" if "value" in condition else ""
        rows.append([names, found.doc, f"`{condition['field']}`", value, ", ".join(str(each) for each in kept)])
    return "\n".join([
        "# The operators of conditions",
        "",
        "A condition is `{field, operator, value, case_sensitive?}`; `value` may be `{column: other}` to compare two "
        "columns. The last three columns show each operator on these rows, on 2026-01-31 at 14:30 UTC:",
        "",
        shown(example, frames=["things"], workflow=False).partition("\n\n")[2],
        "",
        table(["operator", "true when", "field", "value", "keeps id"], rows),
        "",
    ])  # fmt: skip


def functions_page() -> str:
    calls = dict(_calls())
    lines = [
        "# Functions",
        "",
        "What is not on this list does not exist. The words of a signature: text, integer, number, boolean, date (or "
        "datetime), moment (date, datetime or time), list; textual is anything that has a text, numeric a number whose "
        "type is kept, and all T of one call become one type. `?` marks what may be left out, `constant` what no "
        "column may stand in for. Null gives null unless said otherwise.",
        "",
        "Operators: `+ - * / // %`, `||`, `= <> < <= > >=`, `and or not`, `between`, `in`, `like`, `ilike`, `is null`, "
        "`case when … then … else … end`, `x::type`. `/` gives a number and x/0 null; `//` and `%` truncate toward "
        "zero. Literals: `12`, `12.5` (exact), `1e3` (number), `'text'`, `date '2026-01-31'`, `interval '90' day`.",
        "",
        "Names: a column (odd ones in double quotes), `column.field` of a struct, `inputs.name`, and `frame.column`, "
        "the single value of a frame that has one row at most (null where it has none): a reduce, an aggregate without "
        "`group_by`, `limit: {rows: 1}`, an inline source of one row, and what map, filter or sort make of one. "
        'Conditions read it as `value: "{{frame.column}}"`.',
        "",
    ]
    for kind, heading in _KINDS.items():
        lines += [f"## {heading}", ""]
        if kind == "window":
            lines += ["Aggregates stand in windows too. Each example shows the values of four rows.", ""]
        found = {each.name: each for each in FUNCTIONS.values() if each.kind == kind}
        rows = [_function_row(found[name], calls) for name in sorted(found)]
        lines += [table(["function", "gives", "meaning", "example", "value"], rows), ""]
    lines += ["The aggregates' examples are over these rows:", "", _aggregated(), ""]
    return "\n".join(lines)


def _function_row(function: Function, calls: dict[str, list[tuple[str, Any]]]) -> list[str]:
    head, _, gives = function.signature.partition(" -> ")
    others = f"; also {', '.join(function.aliases)}" if function.aliases else ""
    shown_calls = calls[function.name]
    examples_text = "<br>".join(f"`{text}`" for text, _ in shown_calls)
    return [f"`{head}`", gives, function.doc + others, examples_text, "<br>".join(value for _, value in shown_calls)]


def _calls() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The expressions of the functions' examples and what they give, by function."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for example in examples("functions"):
        rows = plain_rows(example.plan().collect("data"))
        for name, text in _expressions(example):
            values = [value_text(row[name]) for row in rows]
            found.setdefault(name.removesuffix("_2"), []).append((text, ", ".join(values)))
    yield from found.items()


def _expressions(example: Example) -> Iterator[tuple[str, str]]:
    config = example.document["transforms"][0]["config"]
    yield from (config.get("columns") or config.get("aggregates")).items()


def _aggregated() -> str:
    example = next(each for each in examples("functions") if each.path.stem == "aggregates")
    return shown(example, frames=["things"], workflow=False).partition("\n\n")[2].partition("\n\n")[2]


def types_page() -> str:
    rows = [[f"`{word}`", _TYPES[word]] for word in TYPE_WORDS]
    lines = ["# Types", "", "What `schema` and `cast` may say.", "", table(["type", "values"], rows), ""]
    return "\n".join([*lines, *(text for each in examples("types") for text in (shown(each), ""))])


def formats_page() -> str:
    lines = [
        "# File formats",
        "",
        "The format of a source follows from its file's ending unless `config.format` says it; `.gz`, `.zst`, `.bz2` "
        "and a file inside a zip (`a.zip!name.csv`) are unpacked.",
        "",
        "Every format knows these keys of a source's `config`:",
        "",
        table(["key", "meaning"], [[f"`{key}`", text] for key, text in _meanings(FileConfig, COMMON_READ_OPTIONS)]),
        "",
        table(
            ["format", "endings", "read", "written"],
            [
                [f"[{each.name}](#{each.name})", ", ".join(f".{ending}" for ending in each.endings),
                 "yes" if each.reader else "", "yes" if each.writer else ""]
                for each in FORMATS.values()
            ],
        ),
        "",
    ]  # fmt: skip
    for each in FORMATS.values():
        lines += [_format(each), ""]
    return "\n".join(lines)


def _format(format_: FileFormat) -> str:
    lines = [f"## {format_.name}", ""]
    for example in examples("formats"):
        if example.path.stem == format_.name:
            lines += [shown(example), ""]
    for what, model, keys in (
        ("`config` of a source", FileConfig, format_.read_options),
        ("`options` of a delivery", FileOptions, format_.write_options),
    ):
        if keys:
            lines += [
                what + ":",
                "",
                table(["key", "meaning"], [[f"`{key}`", text] for key, text in _meanings(model, keys)]),
                "",
            ]
    return "\n".join(lines).strip()


def _meanings(model: Any, keys: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The keys in the model's order, each with its description."""
    for name, field in model.model_fields.items():
        if (field.alias or name) in keys and name != "description":
            yield field.alias or name, field.description or ""
