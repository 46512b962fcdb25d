"""Jinja templates, shut in: what they may call is listed, values are written by their place, and loops are counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from typing import Any

from jinja2 import Environment, TemplateError, TemplateSyntaxError, Undefined, nodes, pass_environment
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Macro
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup as Safe

from connectors.templates.budget import MOST_CHARACTERS, Budget
from connectors.templates.jinja_names import outside_names
from connectors.templates.language import FillProblem, TemplateProblem
from connectors.templates.places import Markup, Medium, Misplaced, Place, places_of, written
from ir.templates import Reference

KNOWN_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "int",
    "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
    "reverse", "round", "select", "selectattr", "sort", "string", "sum", "title", "trim", "truncate", "unique",
    "upper", "urlencode", "wordcount",
)  # fmt: skip
_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset({"upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "startswith", "endswith",
                    "split"}),
    Mapping: frozenset({"get", "items", "keys", "values"}),
    date: frozenset({"strftime", "isoformat", "weekday", "isoweekday", "date"}),
}  # fmt: skip
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "from … import", nodes.Extends: "extends",
    nodes.Block: "block", nodes.ScopedEvalContextModifier: "autoescape", nodes.EvalContextModifier: "autoescape",
}  # fmt: skip
_MOST_BITS, _MOST_ITEMS = 4096, 100_000
_BUDGET: ContextVar[Budget] = ContextVar("budget")
_LITERALS: ContextVar[Mapping[str, int]] = ContextVar("literals")


class _Sandbox(SandboxedEnvironment):
    """No attribute beyond those of values, no method that is not listed, no number or text without bounds."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//", "/", "-"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not attr.startswith("_") and (_is_listed(obj, attr) or type(obj).__module__ == "jinja2.runtime"
                                             or type(obj).__name__ in {"Cycler", "Namespace"})  # fmt: skip

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", None)
        if owner is not None and not isinstance(owner, type):
            return _is_listed(owner, obj.__name__) or type(owner).__module__.startswith("jinja2")
        return isinstance(obj, Macro) or obj in _CALLED or type(obj).__module__.startswith("jinja2")

    def getattr(self, obj: Any, attribute: str) -> Any:
        # a column named like a method, such as `items`, is the column
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        raise SecurityError(f'"{attribute}" of a value cannot be asked for')

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        _bounded(operator, left, right)
        # a fraction in a template is a float, and beside a decimal it is meant as it is written
        if isinstance(left, Decimal) and isinstance(right, float):
            right = Decimal(repr(float(right)))
        elif isinstance(left, float) and isinstance(right, Decimal):
            left = Decimal(repr(float(left)))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        budget = _BUDGET.get()
        budget.step()
        if isinstance(__obj, Macro):
            budget.grow(_LITERALS.get().get(__obj.name, 0))
        return super().call(__context, __obj, *args, **kwargs)


def _is_listed(owner: Any, name: str) -> bool:
    return any(isinstance(owner, kind) and name in names for kind, names in _METHODS.items())


class _Strict(Undefined):
    """What is not there: a test or default may ask for it, printing or going on from it is an error."""

    __slots__ = ()

    def __str__(self) -> str:
        self._fail_with_undefined_error()

    def __iter__(self) -> Iterator[Any]:
        self._fail_with_undefined_error()

    def __html__(self) -> str:
        return str(self)


def _bounded(operator: str, left: Any, right: Any) -> None:
    """Refuse what would grow without end."""
    if operator == "%" and isinstance(left, str):
        raise FillProblem("a text has no % here; put the values beside it with ~")
    if operator == "**" and (abs(left) > 1_000_000 or abs(right) > 64):
        raise FillProblem(f"{left} ** {right} is too large a power")
    if operator == "*":
        for text, times in ((left, right), (right, left)):
            if isinstance(text, str | list | tuple) and isinstance(times, int) and len(text) * times > _MOST_ITEMS:
                raise FillProblem(f"a text or list cannot be repeated {times:,} times")
    if operator == "+" and isinstance(left, str | list | tuple):
        _short(len(left) + (len(right) if isinstance(right, str | list | tuple) else 0))
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > _MOST_BITS:
        raise FillProblem("a number grows beyond all bounds")


def _short(characters: int) -> None:
    if characters > MOST_CHARACTERS:
        raise FillProblem(f"the text is longer than {MOST_CHARACTERS // 1_000_000} million characters")


def _replace(eval_ctx: Any, text: Any, old: Any, new: Any, count: int | None = None) -> Any:
    text, old, new = (each if isinstance(each, str) else str(each) for each in (text, old, new))
    times = text.count(old) if count is None else min(text.count(old), count)
    _short(len(text) + times * len(new))
    return FILTERS["replace"](eval_ctx, text, old, new, count)


def _join(eval_ctx: Any, values: Iterable[Any], d: str = "", attribute: Any = None) -> Any:
    budget, kept, size = _BUDGET.get(), [], 0
    for each in values:
        budget.step()
        kept.append(each)
        size += len(each) if isinstance(each, str) else 20
        _short(size + len(kept) * len(d))
    return FILTERS["join"](eval_ctx, kept, d, attribute)


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if abs(precision) > 30:
        raise FillProblem(f"nothing can be rounded to {precision} digits")
    if isinstance(value, Decimal) and method == "common":
        from decimal import ROUND_HALF_UP

        return value.quantize(Decimal(1).scaleb(-precision), rounding=ROUND_HALF_UP)
    return FILTERS["round"](value, precision, method)


_replace.jinja_pass_arg = FILTERS["replace"].jinja_pass_arg  # type: ignore[attr-defined]
_join.jinja_pass_arg = FILTERS["join"].jinja_pass_arg  # type: ignore[attr-defined]


def _steps(values: Iterable[Any], literal: int) -> Iterator[Any]:
    """The values of a loop, each turn counted with the text that stands in it."""
    budget = _BUDGET.get()
    for each in values:
        budget.step()
        budget.grow(literal)
        yield each


@pass_environment
def _at(environment: Environment, value: Any, name: str) -> Any:
    """The value as it is written at the place of that name."""
    place = Place[name]
    if isinstance(value, Undefined):
        str(value)
    if isinstance(value, Safe) and place in {Place.ELEMENT, Place.ATTRIBUTE, Place.TEXT}:
        _BUDGET.get().put(value)
        return value
    text = written(value, place)
    _BUDGET.get().put(text)
    return Safe(text) if environment.autoescape else text


def _beside(*values: Any) -> Any:
    """Texts one behind the other; markup stays markup, and what stands beside it becomes some."""
    _short(sum(len(each) if isinstance(each, str) else 40 for each in values))
    if any(isinstance(each, Safe) for each in values):
        return Safe("").join(values)
    return "".join(map(str, values))


def _range(*limits: int) -> range:
    found = range(*limits)
    if len(found) > _MOST_ITEMS:
        raise FillProblem(f"a range has at most {_MOST_ITEMS:,} numbers")
    return found


_CALLED: tuple[Callable[..., Any], ...] = (_range,)


def _environment(medium: Medium) -> _Sandbox:
    made = _Sandbox(autoescape=medium == "html", undefined=_Strict, cache_size=0, auto_reload=False,
                    keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    kept = {name: made.globals[name] for name in ("namespace", "cycler", "joiner")}
    made.globals.clear()
    made.globals.update(kept, range=_range)
    made.filters = {name: FILTERS[name] for name in KNOWN_FILTERS}
    made.filters |= {"replace": _replace, "join": _join, "round": _round}
    return made


class JinjaTemplate:
    """A template in Jinja."""

    def __init__(self, text: str, medium: Medium) -> None:
        try:
            self._read(text, medium)
        except RecursionError:
            raise TemplateProblem("its parentheses or blocks are nested too deeply") from None

    def _read(self, text: str, medium: Medium) -> None:
        environment = _environment(medium)
        try:
            tree = environment.parse(text)
        except TemplateSyntaxError as problem:
            said = (problem.message or "it cannot be read").rstrip(".").replace("'", '"')
            raise TemplateProblem(said[:1].lower() + said[1:], _line_span(text, problem.lineno)) from None
        _refuse(tree, text, environment)
        self.references: Sequence[Reference] = outside_names(tree, text, environment.globals)
        self._literals = {each.name: _literal(each) for each in tree.find_all(nodes.Macro)}
        _place(tree, text, medium)
        environment.filters |= {" at": _at, " steps": _steps, " beside": _beside}
        code = environment.compile(tree)
        self._template = environment.template_class.from_code(environment, code, environment.make_globals(None))

    @property
    def inner(self) -> Sequence[tuple[Reference, tuple[tuple[str, ...], ...]]]:
        return ()

    def fill(self, roots: Mapping[str, Any]) -> str:
        budget = _BUDGET.set(Budget())
        literals = _LITERALS.set(self._literals)
        marked = {name: Safe(each) if isinstance(each, Markup) else each for name, each in roots.items()}
        try:
            return self._template.render(marked)
        except FillProblem:
            raise
        except SecurityError as problem:
            raise FillProblem(_said(problem)) from None
        except RecursionError:
            raise FillProblem("the template calls itself without an end") from None
        except MemoryError:
            raise FillProblem("the template needs more memory than there is") from None
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as problem:
            raise FillProblem(_said(problem)) from None
        finally:
            _BUDGET.reset(budget)
            _LITERALS.reset(literals)


_KINDS: Mapping[str, str] = {
    "NoneType": "a missing value", "str": "a text", "int": "a number", "float": "a number", "Decimal": "a number",
    "bool": "true or false", "date": "a date", "datetime": "a moment", "list": "a list", "dict": "an object",
}  # fmt: skip


def _said(problem: Exception) -> str:
    """What Jinja or Python says, on one line and in this project's words."""
    text = " ".join(str(problem).split()) or type(problem).__name__
    found = re.fullmatch(r"'(?:[\w.]+ object|dict object)' has no attribute '(.+)'", text)
    if found:
        return f'there is no "{found[1]}" in it'
    found = re.fullmatch(r"unsupported operand type\(s\) for (\S+?):? '(\w+)' and '(\w+)'", text)
    found = found or re.fullmatch(r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'", text)
    if found:
        left, right = (_KINDS.get(each, each) for each in found.groups()[1:])
        return f"{left} {found[1]} {right} cannot be computed; default(0, true) stands for a missing value"
    text = re.sub(r"<(?:bound method|built-in method|function) (?:\w+\.)*(\w+).*> is not safely callable",
                  r'"\1" cannot be called here', text)  # fmt: skip
    return re.sub(r"'([\w ]+)' is undefined", r'"\1" stands for nothing here', text)[:300]


def _refuse(tree: nodes.Template, text: str, environment: Environment) -> None:
    for node in tree.find_all(tuple(_REFUSED)):
        word = _REFUSED[type(node)]
        raise TemplateProblem(f"a message's template has no {word}", _word_span(text, node.lineno, word.split()[0]))
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        name = getattr(node, "attr", None) or getattr(getattr(node, "arg", None), "value", None)
        if isinstance(name, str) and name.startswith("_"):
            raise TemplateProblem(f'"{name}" begins with _, and such attributes are out of reach',
                                  _word_span(text, node.lineno, name))  # fmt: skip
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        known = environment.filters if isinstance(node, nodes.Filter) else environment.tests
        if node.name not in known:
            from ir.diagnostics import did_you_mean

            kind = "filter" if isinstance(node, nodes.Filter) else "test"
            hint = "values are always escaped" if node.name in {"safe", "forceescape"} else did_you_mean(
                node.name, known) or f"the {kind}s here are: {', '.join(sorted(known))}"  # fmt: skip
            raise TemplateProblem(f'there is no {kind} "{node.name}" here', _word_span(text, node.lineno, node.name),
                                  hint=hint)  # fmt: skip


def _place(tree: nodes.Template, text: str, medium: Medium) -> None:
    """Have every value written by its place, and every loop counted. Places follow the text from top to bottom."""
    places = places_of(medium)

    def visit(node: nodes.Node) -> None:
        for name, value in node.iter_fields():
            if isinstance(value, list):
                made = [replaced(each) if isinstance(each, nodes.Node) else each for each in value]
                setattr(node, name, made)
            elif isinstance(value, nodes.Node):
                setattr(node, name, replaced(value))

    def replaced(node: nodes.Node) -> nodes.Node:
        if isinstance(node, nodes.Output):
            node.nodes = [output(each) for each in node.nodes]
            return node
        if isinstance(node, nodes.For):
            literal = nodes.Const(_literal(node))
            visit(node)
            node.iter = _call(" steps", node.iter, literal)
            return node
        visit(node)
        if isinstance(node, nodes.Concat):
            return nodes.Filter(node.nodes[0], " beside", node.nodes[1:], [], None, None, lineno=node.lineno)
        return node

    def output(node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.TemplateData):
            places.feed(node.data)
            return node
        try:
            place = places.value()
        except Misplaced as problem:
            raise TemplateProblem(str(problem), _line_span(text, node.lineno)) from None
        return _call(" at", replaced(node), nodes.Const(place.name))

    visit(tree)


def _call(name: str, value: nodes.Node, argument: nodes.Expr) -> nodes.Filter:
    assert isinstance(value, nodes.Expr)
    return nodes.Filter(value, name, [argument], [], None, None, lineno=value.lineno)


def _literal(node: nodes.Node) -> int:
    return sum(len(each.data) for each in node.find_all(nodes.TemplateData))


def _line_span(text: str, line: int) -> tuple[int, int]:
    """The line, without the blanks around it."""
    lines = text.splitlines(keepends=True)
    line = min(max(line, 1), max(len(lines), 1))
    start = sum(map(len, lines[: line - 1]))
    said = lines[line - 1] if lines else ""
    inside = said.strip()
    start += len(said) - len(said.lstrip()) if inside else 0
    return start, start + max(1, len(inside))


def _word_span(text: str, line: int, word: str) -> tuple[int, int]:
    """The word in its line or soon below; the line where it is not found."""
    start = _line_span(text, line)[0]
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(text, start)
    return found.span() if found else _line_span(text, line)
