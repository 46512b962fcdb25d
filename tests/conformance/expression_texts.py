"""Random expressions made from the function table itself: a function that is added there is covered by that."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from hypothesis import strategies as st

from ir import types as t
from ir.expressions import parse_expression
from tests.conformance.frames import SCHEMA
from transforms.expressions import Bound, ExpressionProblems, Function, Scope, bind, coercion
from transforms.expressions.casts import can_cast
from transforms.expressions.functions import OPERATORS
from transforms.expressions.signature import Parameter
from transforms.expressions.tree import Field, Node, Value

KINDS: tuple[t.DataType, ...] = (
    t.Integer(), t.Number(), t.Decimal(12, 2), t.Decimal(38, 4), t.String(), t.Boolean(), t.Date(), t.Datetime(),
    t.Datetime(zoned=True), t.Time(), t.Duration(), t.ListOf(t.String()), t.ListOf(t.Integer()),
    t.Struct((("city", t.String()), ("n", t.Integer()))),
)  # fmt: skip
"""The types that arguments are made of."""

_BETWEEN = ("+", "-", "*", "/", "//", "%", "||", "=", "<>", "<", "<=", ">", ">=", "is distinct from", "and", "or")
FORMS: dict[str, Callable[..., str]] = {
    **{name: lambda *args, name=name: "(" + f" {name} ".join(args) + ")" for name in _BETWEEN},
    "negative": lambda x: f"(- {x})",
    "positive": lambda x: f"(+{x})",
    "not": lambda x: f"(not {x})",
    "between": lambda x, low, high: f"({x} between {low} and {high})",
    "in": lambda x, *choices: f"({x} in ({', '.join(choices)}))",
    "like": lambda x, pattern, *escape: f"({' '.join((x, 'like', pattern, *(f'escape {each}' for each in escape)))})",
    "ilike": lambda x, pattern, *escape: f"({' '.join((x, 'ilike', pattern, *(f'escape {each}' for each in escape)))})",
    "is null": lambda x: f"({x} is null)",
    "is true": lambda x: f"({x} is true)",
    "is false": lambda x: f"({x} is false)",
    "case": lambda *args: "case " + " ".join(
        f"when {when} then {then}" for when, then in zip(args[:-1:2], args[1::2], strict=False)
    ) + (f" else {args[-1]} end" if len(args) % 2 else " end"),
    "date + interval": lambda x, y: f"({x} + {y})",
    "date - interval": lambda x, y: f"({x} - {y})",
    "date - date": lambda x, y: f"({x} - {y})",
    "datetime - datetime": lambda x, y: f"({x} - {y})",
    "duration + duration": lambda x, y: f"({x} + {y})",
    "duration - duration": lambda x, y: f"({x} - {y})",
    "all rows": lambda: "count(*)",
}  # fmt: skip
"""How what is not written as a call is written."""

ONLY_IN_FILTERS = frozenset(name for name in OPERATORS if name.endswith((" any case", " any of", "any case of")))

_UNITS = ["'year'", "'quarter'", "'month'", "'week'", "'day'", "'hour'", "'minute'", "'second'"]
_FORMATS = [
    "'%Y-%m-%d %H:%M:%S'",
    "'%d.%m.%y'",
    "'%f|%j'",
    "'%a %A %b %B'",
    "'%I %p'",
    "'%V %G %u %w'",
    "'%-d/%-m'",
    "'%%'",
]
CONSTANTS: dict[tuple[str, str] | str, list[str]] = {
    "unit": _UNITS,
    ("like", "pattern"): [
        "'a%'",
        "'%b'",
        "'%a%'",
        "'_b%'",
        "'a'",
        "''",
        "'%'",
        "'%é_'",
        "'a\\%b'",
        "'%\\%'",
        "'_'",
        "'a!%'",
        "'%!_%'",
        "null",
    ],
    ("ilike", "pattern"): ["'A%'", "'%B'", "'_é%'", "'ss'", "'%ſ%'", "'i%'", "'\\_'", "'%σ'"],
    "pattern": [
        "'a'",
        "'[a-b]+'",
        r"'\d+'",
        r"'(\w)(.)?'",
        "'^$'",
        "'.'",
        r"'\s'",
        "'b|é'",
        r"'\bb'",
        "'(?i)É'",
        r"'[^\W\d]'",
        r"'\p{L}+'",
        "'(a)|(b)'",
        "'a*'",
        "'$'",
        r"'\D'",
        "'(?s).'",
        "'x*?'",
    ],
    "format": _FORMATS,
    ("strptime", "format"): ["'%Y-%m-%d'", "'%Y-%m-%d %H:%M'", "'%d.%m.%Y'"],
    "digits": ["0", "1", "2", "3", "-1", "-2", "-3", "6"],
    "group": ["0", "1", "2"],
    "flags": ["'g'", "''"],
    ("regexp_replace", "new"): [r"'<\0>'", "'$1'", r"'\1'", "''", r"'\2\1'", r"'\\'"],
    "width": ["0", "1", "3", "8"],
    "fill": ["'xy'", "' '", "'é'", "'😀'"],
    "path": ["'a'", "'a.b[0]'", "'$.a.b'", "'[0]'", "'a.b[2]'", "'$'"],
    "separator": ["','", "'; '", "''", "'é'"],
    "rows": ["1", "2", "0"],
    "default": ["null", "0", "1.5", "2e0", "'é'", "true", "date '2024-01-31'"],
    "escape": ["'!'", "'\\'", "'a'"],
    "n": ["1", "2", "3"],
    "share": ["0e0", "3e-1", "0.5", "1"],
}
"""Texts of constant parameters, by function and parameter, else by parameter."""

ARGUMENTS: dict[str, list[str]] = {
    "make_date": ["year(day), month(day), 28", "2024 + length(s), 2, 29", "1999, abs(i) % 12 + 1, 1"],
    "strptime": ["strftime(day, '%d.%m.%Y'), '%d.%m.%Y'", "strftime(ts, '%Y-%m-%d %H:%M'), '%Y-%m-%d %H:%M'"],
    "json_get": [
        '\'{"a": {"b": [1, "é", null, 1.50, true]}}\', \'a.b[1]\'',
        "'[1, 2]', '[0]'",
        "s, 'a.b'",
        "s, 'a.b[0]'",
    ],
}
"""Arguments that fit where random ones would nearly always be refused, or be nothing."""

SCOPE = Scope(schema=SCHEMA, kind="scalar", ordered=True, timezone="Europe/Berlin")


def quoted(name: str) -> str:
    return name if name.isidentifier() and name != "select" else '"' + name.replace('"', '""') + '"'


_LITERALS: dict[type[t.DataType], list[str]] = {
    t.Integer: ["0", "1", "2", "-3", "7", "12", "1000"],
    t.Number: ["0e0", "2.5e0", "-1e-1", "1e3"],
    t.Decimal: ["0.05", "1.5", "-2.25", "100.00", "0.000"],
    t.String: ["''", "'a'", "'é😀'", "'B '", "' '", "'12'", "'2024-02-29'", "','"],
    t.Boolean: ["true", "false"],
    t.Date: ["date '2024-01-31'", "today()", "date '2024-12-30'"],
    t.Datetime: ["timestamp '2024-01-31 13:05:06.5'", "timestamp '2024-10-27 02:30:00'"],
    t.Time: ["time '13:05:06'"],
    t.Duration: ["interval '1' day", "interval '-3' month", "interval '2 years'", "interval '1 month 2 days'",
                 "interval '90' minute", "interval '1 day 3 hours'", "interval 2 week"],
    t.ListOf: ["split('a,b,a', ',')"],
    t.Struct: [],
}  # fmt: skip


@cache
def leaves(kind: t.DataType) -> tuple[str, ...]:
    """Columns of the type, or of one of its kind, three times as often as constants."""
    columns = [quoted(name) for name, each in SCHEMA.items() if each == kind or (type(each) is type(kind) is t.Decimal)]
    if kind == t.String():
        columns.append("who.city")
    if kind == t.Integer():
        columns.append("who.n")
    if kind == t.Datetime(zoned=True):
        return (*columns * 3, "now()")
    literals = _LITERALS[type(kind)] if kind != t.ListOf(t.Integer()) else []
    return (*columns * 3, *literals)


def scalar_functions() -> list[Function]:
    return [each for each in OPERATORS.values() if each.kind == "scalar" and each.name not in ONLY_IN_FILTERS]


Form = tuple[Function, tuple[t.DataType | None, ...]]
"""A function with the types of its arguments; None where the signature asks for a constant."""


def forms(function: Function) -> Iterator[tuple[Form, t.DataType]]:
    """Every way to call the function on KINDS, with the type of the result."""
    if function.name in {"cast", "try_cast"}:
        for source, to in itertools.product(KINDS, KINDS):
            if source != to and can_cast(source, to):
                yield (function, (source, to)), to
        return
    most = function.most if function.most is not None else function.least + 1
    for count in range(function.least, min(most, 4) + 1):
        parameters = [coercion.parameter_at(function, index, count) for index in range(count)]
        for kinds in _choices(function, parameters):
            args = [_sample(function, parameter, kind) for parameter, kind in zip(parameters, kinds, strict=True)]
            found = coercion.apply(function, [each for each in args if each is not None], timezone="UTC")
            if not isinstance(found, coercion.Misfit) and not isinstance(found.type, t.Null):
                yield (function, kinds), found.type


def _choices(function: Function, parameters: Sequence[Parameter]) -> Iterator[tuple[t.DataType | None, ...]]:
    """The types of arguments: all T of a call have one type, what is constant none."""
    free = [index for index, each in enumerate(parameters) if not each.constant and each.kind not in {"T", "list of T"}]
    shared = any(each.kind in {"T", "list of T"} for each in parameters)
    for one in KINDS if shared else (None,):
        for kinds in itertools.product(KINDS, repeat=len(free)):
            if any(not _plausible(parameters[index], kind) for index, kind in zip(free, kinds, strict=True)):
                continue
            by_index = dict(zip(free, kinds, strict=True))
            yield tuple(
                by_index.get(index)
                or (None if each.constant else t.ListOf(one) if each.kind == "list of T" and one else one)
                for index, each in enumerate(parameters)
            )


def _plausible(parameter: Parameter, kind: t.DataType) -> bool:
    return coercion._wanted(parameter.kind, kind, None) is not None


def _sample(function: Function, parameter: Parameter, kind: t.DataType | None) -> Node | None:
    if kind is not None:
        return Field(kind, "c")
    text = constants(function, parameter)[0]
    found = bind(parse_expression(text), SCOPE, text=text).root
    return Value(found.type, found.value) if isinstance(found, Value) else None


def constants(function: Function, parameter: Parameter) -> list[str]:
    """Texts for a constant parameter: its own, else those of its name, else of its kind."""
    found = CONSTANTS.get((function.name, parameter.name)) or CONSTANTS.get(parameter.name)
    return found or {"integer": ["0", "1", "2", "-1"], "number": ["0.5", "1e0"]}.get(
        parameter.kind, ["'a'", "''", "'é'"]
    )


@cache
def producers() -> dict[t.DataType, list[list[Form]]]:
    """By type of result: the functions that give it, each with its forms."""
    found: dict[t.DataType, dict[str, list[Form]]] = {}
    for function in scalar_functions():
        for form, kind in forms(function):
            if isinstance(kind, t.Decimal):
                kind = t.Decimal(12, 2)
            found.setdefault(kind, {}).setdefault(function.name, []).append(form)
    return {kind: list(by_name.values()) for kind, by_name in found.items()}


@cache
def forms_of(function: Function) -> tuple[Form, ...]:
    return tuple(form for form, _ in forms(function))


def bound(text: str, scope: Scope = SCOPE) -> Bound | None:
    """The expression if it fits the frame, else None."""
    try:
        found = bind(parse_expression(text), scope, text=text)
    except ExpressionProblems:
        return None
    inner = found.type.item if isinstance(found.type, t.ListOf) else found.type
    return None if isinstance(inner, t.Null | t.Duration) else found


def argument(draw: st.DrawFn, kind: t.DataType, depth: int) -> str:
    """An expression of the type: a column, a constant, or a function that gives it."""
    if depth <= 0 or draw(st.integers(0, 3)) == 0:
        return _leaf(draw, kind)
    if isinstance(kind, t.Decimal):
        kind = t.Decimal(12, 2)
    by_function = producers().get(kind)
    if not by_function:
        return _leaf(draw, kind)
    text = call(draw, draw(st.sampled_from(draw(st.sampled_from(by_function)))), depth - 1)
    return text if bound(text) is not None else _leaf(draw, kind)


def _leaf(draw: st.DrawFn, kind: t.DataType) -> str:
    found = leaves(kind)
    if not found:
        return "null"
    if draw(st.integers(0, 30)) == 30:
        return "null"
    return draw(st.sampled_from(found))


def call(draw: st.DrawFn, form: Form, depth: int) -> str:
    """The function called on random arguments of the form's types."""
    function, kinds = form
    if function.name in {"cast", "try_cast"}:
        source, to = kinds
        assert source is not None
        return f"{function.name}({argument(draw, source, depth)} as {to})"
    if function.name in ARGUMENTS and draw(st.integers(0, 4)):
        return f"{function.name}({draw(st.sampled_from(ARGUMENTS[function.name]))})"
    args = []
    for index, kind in enumerate(kinds):
        parameter = coercion.parameter_at(function, index, len(kinds))
        if kind is None:
            args.append(draw(st.sampled_from(constants(function, parameter))))
            continue
        if isinstance(kind, t.Integer | t.Number | t.Decimal) and parameter.kind in {"T", "numeric", "number"}:
            # numbers meet in every pairing
            kind = draw(st.sampled_from((kind, kind, kind, t.Integer(), t.Number(), t.Decimal(12, 2))))
        args.append(argument(draw, kind, depth))
    return written(function, args)


def written(function: Function, args: Sequence[str]) -> str:
    if function.hidden:
        return FORMS[function.name](*args)
    return f"{function.name}({', '.join(args)})"


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """A scalar expression: some function of the table, each as likely, on arguments nested `depth` deep."""
    function = draw(st.sampled_from(scalar_functions()))
    ways = forms_of(function)
    if function.name == "cast":
        ways = (
            tuple(each for each in ways if not isinstance(each[1][0], t.String) or draw(st.integers(0, 9)) == 0) or ways
        )
    for _ in range(3):
        text = call(draw, draw(st.sampled_from(ways)) if ways else (function, ()), draw(st.integers(0, depth)))
        if bound(text) is not None:
            return text
    return draw(st.sampled_from(leaves(t.Integer())))
