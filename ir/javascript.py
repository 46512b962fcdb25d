"""JavaScript where an expression belongs: never run, but read far enough to show the expression to write."""

from __future__ import annotations

import re

from ir.expressions import ExpressionSyntax, parse_expression

_TEXT = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`$\\]*)`""")
_ARROW = re.compile(r"^\s*\(?\s*([A-Za-z_]\w*)\s*\)?\s*=>\s*")
_BRACES = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_PART = r"((?:\w+(?:\.\w+)*)?\([^()]*\)|[\w.]+)"
_REWRITTEN: tuple[tuple[str, str], ...] = (
    (r"\s*!==?\s*(?:null|undefined)\b", " is not null"),
    (r"\s*===?\s*(?:null|undefined)\b", " is null"),
    (r"\s*===?\s*", " = "),
    (r"\s*!==\s*", " <> "),
    (r"\s*&&\s*", " and "),
    (r"\s*\?\?\s*(.+)$", r" ?? \1"),
    (r"!\s*(?=[A-Za-z_(])", "not "),
)
_METHODS: tuple[tuple[str, str], ...] = (
    (rf"{_PART}\.toLowerCase\(\)", r"lower(\1)"),
    (rf"{_PART}\.toUpperCase\(\)", r"upper(\1)"),
    (rf"{_PART}\.trim\(\)", r"trim(\1)"),
    (rf"{_PART}\.includes\(([^()]*)\)", r"contains(\1, \2)"),
    (rf"{_PART}\.startsWith\(([^()]*)\)", r"starts_with(\1, \2)"),
    (rf"{_PART}\.endsWith\(([^()]*)\)", r"ends_with(\1, \2)"),
    (rf"{_PART}\.toFixed\(([^()]*)\)", r"round(\1, \2)"),
    (rf"{_PART}\.length\b", r"length(\1)"),
    (r"\bMath\.(round|floor|ceil|abs|sqrt)\(", r"\1("),
    (r"\bMath\.max\(", "greatest("),
    (r"\bMath\.min\(", "least("),
    (r"\b(?:Number|parseFloat)\(([^()]*)\)", r"try_cast(\1 as number)"),
    (r"\bparseInt\(([^()]*)\)", r"try_cast(\1 as integer)"),
    (r"\bString\(([^()]*)\)", r"cast(\1 as string)"),
    (r"\bnew Date\(\)|\bDate\.now\(\)", "now()"),
)
_CHAINED = 4
"""Methods called on what methods give, at most."""


def expression_to_write(text: str) -> str | None:
    """The SQL expression that the JavaScript `text` means, where it is simple enough to tell; else None."""
    if _is_expression(text):
        return None
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        inner = next(part for part in found.groups() if part is not None)
        held.append("'" + re.sub(r"\\(.)", r"\1", inner).replace("'", "''") + "'")
        return f"held__{len(held) - 1}__"

    arrow = _ARROW.match(text)
    row = arrow[1] if arrow else "row"
    rest = _TEXT.sub(hold, text[arrow.end() :] if arrow else text)
    rest = re.sub(rf"\b(?:item|row|{row})\.(?=[A-Za-z_])", "", _BRACES.sub(r"\1", rest))
    rest = re.sub(r"^\s*return\s+|;\s*$", "", rest)
    for pattern, instead in _REWRITTEN:
        rest = re.sub(pattern, instead, rest)
    for _ in range(_CHAINED):
        for pattern, instead in _METHODS:
            rest = re.sub(pattern, instead, rest)
    rest = re.sub(r"\|\|", "or", rest)
    rest = re.sub(r"^(.+?) \?\? (.+)$", r"coalesce(\1, \2)", rest)
    rest = re.sub(r"^([^?]+)\?([^:?]+):([^?]+)$", _case, rest)
    rest = re.sub(r"\s+", " ", re.sub(r"held__(\d+)__", lambda found: held[int(found[1])], rest)).strip()
    return rest if _is_expression(rest) else None


def without_braces(text: str) -> str:
    """The text with the references in it as plain columns, as `{{item.price}} * {{item.amount}}` means them."""
    return _BRACES.sub(r"\1", text)


def hint_for(text: str, problem: ExpressionSyntax) -> str | None:
    """What to write instead: the whole expression where it is JavaScript, else what the parser says."""
    instead = expression_to_write(text)
    return f"write {instead}" if instead is not None else problem.hint


def _case(found: re.Match[str]) -> str:
    return f"case when {found[1].strip()} then {found[2].strip()} else {found[3].strip()} end"


def _is_expression(text: str) -> bool:
    try:
        parse_expression(text)
    except ExpressionSyntax:
        return False
    return True
