"""The words of an expression: names, numbers, texts and operators with their offsets."""

from __future__ import annotations

import re
from typing import Literal, NoReturn

from ir.records import dataclass

Span = tuple[int, int]
"""Start and end offset in the text of the expression, in characters."""

TokenKind = Literal["name", "quoted", "text", "number", "operator", "end"]

MAX_CHARACTERS = 100_000

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--[^\n]*|/\*(?:.*?\*/)?)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | '(?P<text>(?:[^']|'')*)'
      | "(?P<quoted>(?:[^"]|"")*)"
      | (?P<operator>===|!==|\|\||//|::|<>|!=|<=|>=|==|&&|=>|->|\*\*|\{\{|\}\}|[-+*/%=<>(),.\[\]!?:;{}`$@&|^~\#\\])
    """,
    re.VERBOSE | re.DOTALL,
)

_INSTEAD = {
    "==": "write = to compare",
    "===": "write = to compare",
    "!==": "write <> to compare",
    "&&": "write and",
    "!": "write not, or <> for unequal",
    "?": "write case when condition then value else other end",
    ";": "an expression is one value; remove the semicolon",
    "`": "a column with an odd name stands in double quotes, a text in single quotes",
    "[": "write list_get(items, 0) for an element; a column with an odd name stands in double quotes",
    "=>": "functions cannot be defined in an expression",
    "->": "write json_get(column, 'key') for a value in JSON, or a.b for a struct's field",
    "**": "write power(x, y)",
    "^": "write power(x, y)",
    "$": "write inputs.name for a value given to the run",
    "@": "write inputs.name for a value given to the run",
    "&": "write and",
    "|": "write or; || joins texts",
    "#": "a column with an odd name stands in double quotes",
}


class ExpressionSyntax(Exception):
    """Text that is no expression: what was seen, at which offsets, and what would work."""

    def __init__(self, message: str, span: Span, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start, self.end = span
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    """Lower case for names; the unescaped content of quoted names and texts."""
    original: str
    span: Span


def tokenize(text: str, *, statement: bool = False) -> list[Token]:
    """The tokens of `text`, closed by one of kind "end". A statement may have comments and semicolons.

    Raises:
        ExpressionSyntax: at the first character that starts no token.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionSyntax(f"the expression has {len(text):,} characters", (0, 1),
                               f"at most {MAX_CHARACTERS:,} are read; split it over several columns")  # fmt: skip
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            _refuse(text, position)
        kind, span = match.lastgroup, match.span()
        position = match.end()
        if kind == "space":
            continue
        if kind == "comment" and statement:
            if match.group() == "/*":
                raise ExpressionSyntax("a comment begins here and never ends", (match.start(), len(text)),
                                       "close it with */")  # fmt: skip
            continue
        if kind == "comment":
            raise ExpressionSyntax(
                "a comment cannot stand in an expression",
                span,
                "write it in the file as # comment, or put a space between two minus signs",
            )
        original = match.group()
        if kind == "name":
            tokens.append(Token("name", original.lower(), original, span))
        elif kind == "text":
            tokens.append(Token("text", match["text"].replace("''", "'"), original, span))
        elif kind == "quoted":
            tokens.append(Token("quoted", match["quoted"].replace('""', '"'), original, span))
        elif kind == "number":
            if position < len(text) and (text[position].isalnum() or text[position] == "_"):
                raise ExpressionSyntax(f"a number runs into {text[position]!r}", (match.start(), position + 1),
                                       "a column whose name begins with a digit stands in double quotes")  # fmt: skip
            tokens.append(Token("number", original, original, span))
        else:
            is_allowed = (statement and original == ";") or (original == "!" and text[position : position + 1] == "=")
            if original in _INSTEAD and not is_allowed:
                raise ExpressionSyntax(f"{original} is no operator here", span, _INSTEAD[original])
            tokens.append(Token("operator", original, original, span))
    tokens.append(Token("end", "", "", (len(text), len(text) + 1)))
    return tokens


def quoted(name: str) -> str:
    """A name in double quotes, as expressions and SQL write it."""
    return '"' + name.replace('"', '""') + '"'


def _refuse(text: str, position: int) -> NoReturn:
    character = text[position]
    if character in "'\"":
        what = "text" if character == "'" else "name"
        raise ExpressionSyntax(f"a {what} begins here and never ends", (position, len(text)),
                               f"close it with {character}; write {character * 2} for one inside")  # fmt: skip
    raise ExpressionSyntax(f"{character!r} cannot stand in an expression", (position, position + 1))
