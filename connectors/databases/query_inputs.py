"""`{{inputs.month}}` in the text of a query: each stands for a value, which is bound and never a part of the text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from connectors.databases.parameters import bound
from connectors.problem import ConnectorProblem
from ir.diagnostics import did_you_mean
from ir.records import dataclass
from ir.templates import Template, TemplateSyntax, parse_template

if TYPE_CHECKING:
    from sqlglot import exp

Filled = Callable[[Template, tuple[str | int, ...]], Any]
"""The value of a template at a place of the document; a single reference keeps its type."""

QUERY = ("database_config", "query")


@dataclass(frozen=True, slots=True)
class Marker:
    """A word of the query's text that stands where a reference stood, as long as it was."""

    word: str
    written: str
    """The reference, braces included."""
    span: tuple[int, int]
    value: Any


def marked(text: str, filled: Filled | None) -> tuple[str, list[Marker]]:
    """The text with a word in place of each reference.

    Raises:
        ConnectorProblem: a reference that cannot be read, or that stands for nothing.
    """
    try:
        template = parse_template(text)
    except TemplateSyntax as problem:
        raise ConnectorProblem("IR301", problem.message, key=QUERY, within=(problem.start, problem.end)) from problem
    stem = next(each for each in ("_w", "_v", "_u", "_zq", "_qz") if each not in text.lower())
    parts: list[str] = []
    markers: list[Marker] = []
    end = 0
    for number, reference in enumerate(template.references):
        start, stop = reference.span
        written = text[start:stop]
        value = filled(parse_template(written), QUERY) if filled is not None else None
        word = f"{stem}{number}_".ljust(stop - start, "_")
        markers.append(Marker(word, written, reference.span, value))
        parts += [text[end:start], word]
        end = stop
    return "".join([*parts, text[end:]]), markers


def check_places(text: str, markers: list[Marker], dialect: str) -> None:
    """Refuse references inside of texts and names; those in comments go with the comments.

    Raises:
        ConnectorProblem: IR569.
    """
    from sqlglot import tokenize
    from sqlglot.errors import TokenError

    try:
        tokens = tokenize(text, dialect=dialect) if markers else []
    except TokenError:
        return  # the parser says so
    for marker in markers:
        start = marker.span[0]
        token = next((each for each in tokens if each.start <= start <= each.end), None)
        if token is None or (token.text == marker.word and token.end - token.start + 1 == len(marker.word)):
            continue
        if "STRING" in token.token_type.name:
            _refuse_in_text(text[token.start : token.end + 1], marker, dialect)
        raise ConnectorProblem("IR569", f"{marker.written} is a part of a name, and an input is only ever a value",
                               key=QUERY, within=marker.span, hint="write a query for each such table or column",
                               )  # fmt: skip


def _refuse_in_text(written: str, marker: Marker, dialect: str) -> NoReturn:
    inside = written[1:-1]
    if inside == marker.word:
        hint = f"leave the quotes away: {marker.written}"
    else:
        before, _, after = inside.partition(marker.word)
        pieces = [f"'{before}'" if before else "", marker.written, f"'{after}'" if after else ""]
        given = [each for each in pieces if each]
        together = f"concat({', '.join(given)})" if dialect == "mysql" else " || ".join(given)
        hint = f"put the text together: {together}"
    raise ConnectorProblem("IR569", f"{marker.written} stands inside of a text, where nothing is filled in", key=QUERY,
                           within=marker.span, hint=hint)  # fmt: skip


def bind(tree: exp.Expression, markers: list[Marker], dialect: str) -> None:
    """Put the places of values into the tree where the markers stand.

    Raises:
        ConnectorProblem: IR569 where one stands for a name.
    """
    from sqlglot import exp

    known = {each.word.lower(): each for each in markers}
    for column in list(tree.find_all(exp.Column)):
        marker = known.get(column.name.lower())
        if marker is None or column.table or column.this.args.get("quoted"):
            continue
        if isinstance(column.parent, exp.Ordered | exp.Group):
            _refuse_name(marker, "rows are sorted and grouped by columns")
        column.replace(place(marker.value, dialect))
    for name in tree.find_all(exp.Identifier):
        marker = known.get(str(name.this).lower())
        if marker is not None:
            _refuse_name(marker, "here stands a name")


def bind_names(tree: exp.Expression, values: Mapping[str, Any], dialect: str) -> None:
    """Put the places of values into the tree where it names them as :name; a list stands for as many places.

    Raises:
        ConnectorProblem: IR569 for a name without a value, and for a value that nothing names.
    """
    from sqlglot import exp

    named = [each for each in tree.find_all(exp.Placeholder) if not each.meta and isinstance(each.this, str)]
    for found in named:
        name = found.name
        if name not in values:
            known = ", ".join(values) or "none"
            raise ConnectorProblem("IR569", f"the query names :{name}, and there is no such value", key=QUERY,
                                   hint=did_you_mean(name, values) or f"the values are {known}")  # fmt: skip
        value = values[name]
        if not isinstance(value, list | tuple):
            found.replace(_guessed(value, dialect))
        elif isinstance(found.parent, exp.In) and found.arg_key == "expressions":
            each = [_guessed(one, dialect) for one in value] or [exp.null()]
            others = [one for one in found.parent.expressions if one is not found]
            found.parent.set("expressions", [*others, *each])
        else:
            raise ConnectorProblem("IR569", f":{name} is a list, which stands only behind in", key=QUERY,
                                   hint=f"write in (:{name})")  # fmt: skip
    unused = values.keys() - {each.name for each in named}
    if unused:
        raise ConnectorProblem("IR569", f"the query does not name :{min(unused)}", key=QUERY,
                               hint=f"write :{min(unused)} where its value belongs, or leave the value away",
                               )  # fmt: skip


_GUESS = "guessed"


def _guessed(value: Any, dialect: str) -> exp.Expression:
    """The place of a value that came as JSON, whose days and moments are texts."""
    found = place(value, dialect)
    if dialect == "postgres" and isinstance(value, str):
        found.meta[_GUESS] = True
    return found


def is_guessed(node: exp.Expression) -> bool:
    """Whether it is the place of a text that may stand for a value of another type."""
    return _GUESS in node.meta


def _refuse_name(marker: Marker, why: str) -> NoReturn:
    raise ConnectorProblem("IR569", f"{marker.written} is a value, and {why}", key=QUERY, within=marker.span,
                           hint="write the name itself, or a query for each")  # fmt: skip


def place(value: Any, dialect: str) -> exp.Expression:
    """The place of a value, with its type where a database would have to guess it."""
    from sqlglot import exp

    if value is None:
        return exp.null()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)  # a whole number is one: of rows, of a key
    if dialect == "sqlite":
        return bound(_for_sqlite(value))
    if dialect != "postgres":
        return bound(value)
    match value:
        case bool():
            return _cast(bound(value), "boolean")
        case int() if -(2**63) <= value < 2**63:
            return _cast(bound(value), "bigint")
        case int() | float() | Decimal():
            return _cast(_cast(bound(str(value)), "text"), "numeric")
        case dt.datetime():
            return _cast(bound(value), "timestamptz" if value.tzinfo else "timestamp")
        case dt.date():
            return _cast(bound(value), "date")
        case dt.time():
            return _cast(bound(value), "time")
    return _cast(bound(str(value)), "text")


def _cast(value: exp.Expression, native: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Cast(this=value, to=exp.DataType.build(native, dialect="postgres"))


def _for_sqlite(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat(" ") if isinstance(value, dt.datetime) else value.isoformat()
    return value
