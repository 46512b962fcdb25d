"""Conditions that the original wrote as a text, `{{step1.data.length}} > 10 && !(status == 'paid')`, as a tree.

Its evaluator knew comparisons, `&&`, `||`, `!`, parentheses, paths and literals. `===`, `?.` and three methods of
texts are read as well, since documents have them and their meaning is not in doubt. Nothing else is: no arithmetic, no
other call, no `? :`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ir.migrating.condition_tree import OPERATORS, Group, Not, Test, Tree, Untold
from ir.records import dataclass

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<braces>\{\{(?:[^{}]|\{[^{}]*\})*\}\})
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<method>\??\.(?:includes|startsWith|endsWith)(?=\s*\())
  | (?P<path>[A-Za-z_$][\w$]*
      (?:\??\.(?!(?:includes|startsWith|endsWith)\s*\()[A-Za-z_$][\w$]*
        |(?:\?\.)?\[(?:\d+|'[^']*'|"[^"]*"|\*)\])*)
  | (?P<sign>===|!==|==|!=|>=|<=|&&|\|\||[><!()\[\],])
    )""",
    re.VERBOSE,
)
_PATH = re.compile(r"[A-Za-z_$][\w$ ]*(?:\??\.[\w$ ]+|(?:\?\.)?\[(?:\d+|'[^']*'|\"[^\"]*\"|\*)\])*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_METHODS = {"startsWith": "starts_with", "endsWith": "ends_with"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": None}
_DEEPEST = 50
ALWAYS = Group(is_all=True, parts=())
NEVER = Group(is_all=False, parts=())


@dataclass(frozen=True, slots=True)
class _Reference:
    path: str


@dataclass(frozen=True, slots=True)
class _Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class _Listed:
    values: tuple[Any, ...]


_Operand = _Reference | _Literal | _Listed | Tree


def parsed(text: str) -> Tree:
    """The condition that the text is.

    Raises:
        Untold: for what the original's evaluator, or this one, has no meaning for; the text says where it stopped.
    """
    reader = _Reader(text)
    found = reader.either(0)
    if reader.kind is not None:
        raise Untold(f'"{reader.shown}" is not read in the condition "{text}"')
    return _truth(found, text)


class _Reader:
    """The tokens of one text, read once from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.at = 0

    @property
    def kind(self) -> str | None:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    @property
    def shown(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else "the end"

    def take(self, *signs: str) -> str | None:
        """The next token, if it is one of the signs."""
        if self.kind == "sign" and self.shown in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def either(self, depth: int) -> _Operand:
        return self._joined(depth, "||", is_all=False)

    def _joined(self, depth: int, sign: str, *, is_all: bool) -> _Operand:
        if depth > _DEEPEST:
            raise Untold("the condition is nested too deeply to be read")
        read = self._compared if is_all else lambda at: self._joined(at, "&&", is_all=True)
        first = read(depth)
        parts = [first]
        while self.take(sign):
            parts.append(read(depth))
        return first if len(parts) == 1 else _all_or_any([_truth(each, self.text) for each in parts], is_all=is_all)

    def _compared(self, depth: int) -> _Operand:
        left = self._negated(depth)
        sign = self.take("===", "!==", "==", "!=", ">=", "<=", ">", "<")
        return left if sign is None else _comparison(left, sign, self._negated(depth), self.text)

    def _negated(self, depth: int) -> _Operand:
        times = 0
        while self.take("!"):
            times += 1
        found = self._called(depth)
        if not times:
            return found
        tree = _truth(found, self.text)
        return _not(tree) if times % 2 else tree

    def _called(self, depth: int) -> _Operand:
        found = self._single(depth)
        if self.kind != "method":
            return found
        method = self.shown.lstrip("?.")
        self.at += 1
        self.take("(")
        given = self._single(depth)
        if self.take(")") is None:
            raise Untold(f'{method} with more than one value is not read in the condition "{self.text}"')
        return _call(found, method, given, self.text)

    def _single(self, depth: int) -> _Operand:
        if self.take("("):
            found = self.either(depth + 1)
            if self.take(")") is None:
                raise Untold(f'a ")" is missing in the condition "{self.text}"')
            return found
        if self.take("["):
            return self._listed()
        kind, shown = self.kind, self.shown
        self.at += 1
        match kind:
            case "number":
                return _Literal(int(shown) if re.fullmatch(r"-?\d+", shown) else float(shown))
            case "text":
                inner = re.sub(r"\\(.)", lambda sign: _ESCAPES.get(sign[1], sign[1]), shown[1:-1], flags=re.DOTALL)
                is_reference = re.fullmatch(r"\s*\{\{[^{}]+\}\}\s*", inner) is not None
                return _reference(inner.strip()[2:-2], self.text, depth) if is_reference else _Literal(inner)
            case "braces":
                return _reference(shown[2:-2], self.text, depth)
            case "path":
                return _Literal(_WORDS[shown]) if shown in _WORDS else _Reference(shown.replace("?.", "."))
        raise Untold(f'"{shown}" is not read in the condition "{self.text}"')

    def _listed(self) -> _Operand:
        values: list[Any] = []
        while self.take("]") is None:
            each = self._single(0)
            if not isinstance(each, _Literal):
                raise Untold(f'a list of other than values is not read in the condition "{self.text}"')
            values.append(each.value)
            if self.take(",") is None and self.shown != "]":
                raise Untold(f'a "]" is missing in the condition "{self.text}"')
        return _Listed(tuple(values))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Untold(f'"{text[at:end].strip()[:20]}" is not read in the condition "{text}"')
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    if not found:
        raise Untold("the condition is an empty text")
    return found


def _reference(inner: str, text: str, depth: int) -> _Operand:
    """What stands in braces: a path, or a condition of its own."""
    inner = inner.strip()
    if _PATH.fullmatch(inner) and inner not in _WORDS:
        return _Reference(inner.replace("?.", "."))
    if depth > _DEEPEST or "{{" in inner:
        raise Untold(f'braces within braces are not read in the condition "{text}"')
    reader = _Reader(inner)
    found = reader.either(depth + 1)
    if reader.kind is not None:
        raise Untold(f'"{reader.shown}" is not read in the condition "{text}"')
    return found


def _comparison(left: _Operand, sign: str, right: _Operand, text: str) -> Tree:
    if isinstance(left, _Literal) and not isinstance(right, _Literal):
        left, sign, right = right, _MIRRORED.get(sign, sign), left
    is_equality = sign in ("==", "===", "!=", "!==")
    match left, right:
        case _Reference(), _Reference():
            return Test(left.path, OPERATORS[sign], f"{{{{{right.path}}}}}")
        case _Reference(), _Literal(value=None) if is_equality:
            return Test(left.path, "is_null" if sign in ("==", "===") else "is_not_null")
        case _Reference(), _Literal(value=value) if is_equality or type(value) in (int, float, str):
            return Test(left.path, OPERATORS[sign], value)
        case _Literal(value=one), _Literal(value=other) if type(one) is type(other) or None in (one, other):
            return _settled(one, sign, other, text)
        case ((Test() | Group() | Not()), _Literal(value=bool() as wanted)) if is_equality:
            return left if wanted == (sign in ("==", "===")) else _not(left)
    raise Untold(f'"{sign}" between what is no path and no value is not read in the condition "{text}"')


def _settled(one: Any, sign: str, other: Any, text: str) -> Tree:
    """A comparison of two values that stand in the text."""
    if sign in ("==", "===", "!=", "!=="):
        return ALWAYS if (one == other) is (sign[0] == "=") else NEVER
    if not isinstance(one, int | float) or isinstance(one, bool):
        raise Untold(f'an order of values that are no numbers is not read in the condition "{text}"')
    holds = {">": one > other, "<": one < other, ">=": one >= other, "<=": one <= other}[sign]
    return ALWAYS if holds else NEVER


def _call(of: _Operand, method: str, given: _Operand, text: str) -> Tree:
    why = f"the original could not carry out {method}(): it is read as JavaScript means it, by case"
    match of, given:
        case _Reference(path=path), _Literal(value=str() as part) if method == "includes" and part:
            return Test(path, "contains", part, is_case_sensitive=True, said=why)
        case _Reference(path=path), _Literal(value=str() as part) if method in _METHODS and part:
            return Test(path, _METHODS[method], part, said=why)
        case _Listed(values=values), _Reference(path=path) if method == "includes" and values:
            return Test(path, "in", list(values), said=why)
    raise Untold(f'"{method}" of these is not read in the condition "{text}"')


def _truth(found: _Operand, text: str) -> Tree:
    """What stands where JavaScript asks whether it is true."""
    match found:
        case _Literal(value=value):
            return ALWAYS if value else NEVER
        case _Reference(path=path):
            return Test(path, "is_true")
        case _Listed():
            raise Untold(f'a list is always true in JavaScript: the condition "{text}"')
    return found


def _all_or_any(parts: Sequence[Tree], *, is_all: bool) -> Tree:
    """The parts joined, without those that stand firm."""
    idle, decisive = (ALWAYS, NEVER) if is_all else (NEVER, ALWAYS)
    if decisive in parts:
        return decisive
    left = tuple(each for each in parts if each != idle)
    if len(left) == 1:
        return left[0]
    return Group(is_all=is_all, parts=left) if left else idle


def _not(tree: Tree) -> Tree:
    if tree in (ALWAYS, NEVER):
        return NEVER if tree == ALWAYS else ALWAYS
    return tree.part if isinstance(tree, Not) else Not(tree)
