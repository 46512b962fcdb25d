"""A tree of Python expressions as text, laid out as formatters lay it out: on one line, else a part a line."""

from __future__ import annotations

from typing import Any

from engine.polars_code.nodes import Attribute, Binary, Call, Item, Name, Unary
from engine.polars_code.values import value_text

WIDTH = 88
_STEP = "    "
_STRENGTH = {"**": 9, "*": 7, "/": 7, "//": 7, "%": 7, "+": 6, "-": 6, "&": 4, "^": 3, "|": 2}
_COMPARISON, _UNARY = 1, 8


def statement(name: str | None, node: Any) -> str:
    """`name = node`, or the expression alone."""
    head = f"{name} = " if name else ""
    line = head + flat(node)
    if len(line) <= WIDTH and "\n" not in line:
        return line
    if _is_chain(node) or isinstance(node, Binary):
        return f"{head}(\n{_STEP}{laid_out(node, 4, 0)}\n)"
    return head + laid_out(node, 0, len(head))


def flat(node: Any) -> str:
    """The expression on one line."""
    match node:
        case Name(text):
            return text
        case Attribute(target, name):
            return f"{_target(target)}.{name}"
        case Call(function, args, named):
            return f"{_target(function)}({', '.join(_arguments(args, named or {}))})"
        case Item(target, key):
            return f"{_target(target)}[{flat(key)}]"
        case Binary(sign, left, right):
            return f"{_operand(left, sign, is_right=False)} {sign} {_operand(right, sign, is_right=True)}"
        case Unary(sign, operand):
            inner = flat(operand)
            return f"{sign}({inner})" if isinstance(operand, Binary) and operand.sign != "**" else f"{sign}{inner}"
        case list():
            return f"[{', '.join(flat(each) for each in node)}]"
        case tuple():
            return f"({', '.join(flat(each) for each in node)}{',' if len(node) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{flat(key)}: {flat(each)}" for key, each in node.items()) + "}"
    return value_text(node)


def laid_out(node: Any, indent: int, used: int) -> str:
    """The expression where lines are indented by `indent` and `used` columns of the first one are taken."""
    line = flat(node)
    if indent + used + len(line) <= WIDTH - 1:  # a comma may follow
        return line
    pad, inner = " " * indent, " " * (indent + 4)
    match node:
        case list() | tuple() | dict() if node:
            opening, closing = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}[type(node)]
            items = (
                [f"{flat(key)}: {laid_out(each, indent + 4, len(flat(key)) + 2)}" for key, each in node.items()]
                if isinstance(node, dict)
                else [laid_out(each, indent + 4, 0) for each in node]
            )
            return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f",\n{pad}{closing}"
        case Binary():
            return f"\n{pad}".join(_terms(node, indent))
        case Unary(sign, Binary() as operand):
            return f"{sign}(\n{inner}{laid_out(operand, indent + 4, 0)}\n{pad})"
        case Unary(sign, operand):
            return sign + laid_out(operand, indent, used + 1)
        case Call() if _is_chain(node):
            return f"\n{pad}".join(_links(node, indent))
        case Call(function, args, named):
            return _after(_laid_out_target(function, indent, used), args, named or {}, indent, used)
        case Attribute(target, name):
            return f"{_laid_out_target(target, indent, used + len(name) + 1)}.{name}"
    return line


def _arguments(args: Any, named: Any) -> list[str]:
    return [flat(each) for each in args] + [f"{name}={flat(each)}" for name, each in named.items()]


def _brackets(args: Any, named: Any, indent: int) -> str:
    if not args and not named:
        return "()"
    pad, inner = " " * indent, " " * (indent + 4)
    pieces = [_argument(each, indent + 4, "") for each in args]
    pieces += [_argument(each, indent + 4, f"{name}=") for name, each in named.items()]
    return f"(\n{inner}" + f",\n{inner}".join(pieces) + f",\n{pad})"


def _argument(node: Any, indent: int, head: str) -> str:
    if head and isinstance(node, Binary) and indent + len(head) + len(flat(node)) > WIDTH - 1:
        return f"{head}(\n{' ' * (indent + 4)}{laid_out(node, indent + 4, 0)}\n{' ' * indent})"
    return head + laid_out(node, indent, len(head))


def _target(node: Any) -> str:
    text = flat(node)
    return f"({text})" if isinstance(node, Binary | Unary) else text


def _laid_out_target(node: Any, indent: int, used: int) -> str:
    if isinstance(node, Binary | Unary):
        if indent + used + len(flat(node)) + 2 > WIDTH:
            return f"(\n{' ' * (indent + 4)}{laid_out(node, indent + 4, 0)}\n{' ' * indent})"
        return f"({flat(node)})"
    if isinstance(node, Attribute):
        return f"{_laid_out_target(node.target, indent, used + len(node.name) + 2)}.{node.name}"
    if isinstance(node, Call) and indent + used + len(flat(node)) > WIDTH:
        return _after(_laid_out_target(node.function, indent, used), node.args, node.named or {}, indent, used)
    return flat(node)


def _after(head: str, args: Any, named: Any, indent: int, used: int) -> str:
    """The arguments behind what is called: on its last line if they fit there."""
    last = head.rpartition("\n")[2]
    column = len(last) if "\n" in head else indent + used + len(last)
    arguments = f"({', '.join(_arguments(args, named))})"
    if column + len(arguments) <= WIDTH - 1:
        return head + arguments
    return head + _brackets(args, named, indent)


def _operand(node: Any, sign: str, *, is_right: bool) -> str:
    text = flat(node)
    if isinstance(node, Binary):
        own, outer = _STRENGTH.get(node.sign, _COMPARISON), _STRENGTH.get(sign, _COMPARISON)
        if own < outer or own == _COMPARISON or (own == outer and (is_right or sign == "**")):
            return f"({text})"
    if isinstance(node, Unary) and sign == "**" and not is_right:
        return f"({text})"
    return text


def _terms(node: Binary, indent: int) -> list[str]:
    """The operands of a run of one operator, each behind its sign."""
    terms: list[str] = []
    found: Any = node
    while isinstance(found, Binary) and found.sign == node.sign and node.sign in _STRENGTH:
        terms.append(f"{node.sign} {_term(found.right, node.sign, indent, is_right=True)}")
        found = found.left
    if found is node:  # a comparison has two sides
        return [_term(node.left, node.sign, indent, is_right=False),
                f"{node.sign} {_term(node.right, node.sign, indent, is_right=True)}"]  # fmt: skip
    terms.append(_term(found, node.sign, indent, is_right=False))
    return terms[::-1]


def _term(node: Any, sign: str, indent: int, *, is_right: bool) -> str:
    used = len(sign) + 1 if is_right else 0
    text = _operand(node, sign, is_right=is_right)
    if indent + used + len(text) <= WIDTH - 1:
        return text
    if text.startswith("(") and isinstance(node, Binary):
        return f"(\n{' ' * (indent + 4)}{laid_out(node, indent + 4, 0)}\n{' ' * indent})"
    return laid_out(node, indent, used)


def _is_chain(node: Any) -> bool:
    """Whether at least two calls hang on what a call gave."""
    dots = 0
    while isinstance(node, Call | Attribute | Item):
        if isinstance(node, Attribute):
            dots += isinstance(node.target, Call | Item)
            node = node.target
        else:
            node = node.function if isinstance(node, Call) else node.target
    return dots >= 2 or (dots == 1 and isinstance(node, Binary | Unary))


def _links(node: Any, indent: int) -> list[str]:
    """The parts of a chain: its head, then a line for each `.call(…)`, namespaces in front of their call."""
    links: list[str] = []
    while True:
        suffix = ""
        if isinstance(node, Call):
            call, node = node, node.function
            names: list[str] = []
            while isinstance(node, Attribute):
                names.append(node.name)
                node = node.target
                if isinstance(node, Call | Item):
                    break
            names.reverse()
            if names and isinstance(node, Binary | Unary):
                links.append(_with_arguments("".join(f".{name}" for name in names), call, indent))
                links.append(_laid_out_target(node, indent, 0))
                return links[::-1]
            if not names or not isinstance(node, Call | Item):
                head = _laid_out_target(node, indent, 0) + "".join(f".{name}" for name in names)
                links.append(_with_arguments(head, call, indent))
                return links[::-1]
            links.append(_with_arguments("".join(f".{name}" for name in names), call, indent))
        else:
            links.append(laid_out(node, indent, 0) + suffix)
            return links[::-1]


def _with_arguments(head: str, call: Call, indent: int) -> str:
    return _after(head, call.args, call.named or {}, indent, 0)
