"""JSON text as values and places."""

from __future__ import annotations

import math
import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from ir.document import MAX_DEPTH, MAX_DIGITS, Digits, Node, SyntaxProblem

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[A-Za-z_][A-Za-z0-9_]*")
_WORDS: dict[str, Any] = {
    "null": None, "true": True, "false": False,
    "Infinity": Digits("inf"), "-Infinity": Digits("-inf"),
}  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str) -> tuple[Any, Node]:
    """The value in `text` and the places in it.

    Raises:
        SyntaxProblem: IR1xx.
    """
    reader = _Reader(text)
    at = reader.skip(0)
    if at == len(text):
        return None, Node(0, 0)
    value, node = reader.value(at, 0)
    at = reader.skip(node.end)
    if at < len(text):
        raise SyntaxProblem("IR109", "something stands after the end of the document", start=at, end=len(text),
                            hint="a file holds one workflow")  # fmt: skip
    return value, node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text

    def skip(self, at: int) -> int:
        """The offset of what comes after white space."""
        space = _SPACE.match(self._text, at)
        return space.end() if space else at

    def value(self, at: int, depth: int) -> tuple[Any, Node]:
        first = self._text[at : at + 1]
        if first == '"':
            text, end = self._string(at)
            return text, Node(at, end, '"')
        if first in {"{", "["}:
            if depth >= MAX_DEPTH:
                raise SyntaxProblem("IR108", f"nested deeper than {MAX_DEPTH} levels", start=at)
            return self._object(at, depth) if first == "{" else self._array(at, depth)
        return self._plain(at)

    def _object(self, opening: int, depth: int) -> tuple[Any, Node]:
        members: dict[str, Any] = {}
        keys: dict[str, tuple[int, int]] = {}
        nodes: dict[str, Node] = {}
        at = self.skip(opening + 1)
        while self._text[at : at + 1] != "}":
            if self._text[at : at + 1] != '"':
                raise self._expected(at, opening, "a key in double quotes", "}")
            key, end = self._string(at)
            if key in members:
                raise SyntaxProblem("IR105", f'the key "{key}" is written twice', start=at, end=end,
                                    related=("first written here", *keys[key]),
                                    hint="keep one of them, or merge what they hold")  # fmt: skip
            keys[key] = (at, end)
            colon = self.skip(end)
            if self._text[colon : colon + 1] != ":":
                raise SyntaxProblem("IR103", f'a colon is missing after the key "{key}"', start=colon)
            members[key], node = self.value(self.skip(colon + 1), depth + 1)
            nodes[key] = node
            at = self._after_item(node.end, opening, "}")
        return members, Node(opening, at + 1, None, keys, nodes)

    def _array(self, opening: int, depth: int) -> tuple[Any, Node]:
        items: list[Any] = []
        nodes: list[Node] = []
        at = self.skip(opening + 1)
        while self._text[at : at + 1] != "]":
            value, node = self.value(at, depth + 1)
            items.append(value)
            nodes.append(node)
            at = self._after_item(node.end, opening, "]")
        return items, Node(opening, at + 1, None, None, nodes)

    def _after_item(self, at: int, opening: int, closing: str) -> int:
        """The offset of the next item, or of the closing bracket."""
        at = self.skip(at)
        if self._text[at : at + 1] == ",":
            comma, at = at, self.skip(at + 1)
            if self._text[at : at + 1] == closing:
                raise SyntaxProblem("IR103", f"a comma stands before the closing {closing}", start=comma,
                                    hint="JSON has none after the last item")  # fmt: skip
            return at
        if self._text[at : at + 1] != closing:
            raise self._expected(at, opening, "a comma", closing)
        return at

    def _expected(self, at: int, opening: int, what: str, closing: str) -> SyntaxProblem:
        seen = f"the text ends where {what} or {closing} is" if at >= len(self._text) else f"{what} or {closing} is"
        related = (f"the {self._text[opening]} that is still open", opening, opening + 1)
        comment = self._text[at : at + 2] in {"//", "/*"} or self._text[at : at + 1] == "#"
        hint = 'JSON has no comments; write a "description" or use YAML' if comment else None
        return SyntaxProblem("IR103", f"{seen} expected here", start=at, related=related, hint=hint)

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self._text, at + 1, True)
        except JSONDecodeError as error:
            known = (ours for theirs, ours in _STRING_PROBLEMS.items() if error.msg.startswith(theirs))
            unclosed = error.msg.startswith("Unterminated")
            raise SyntaxProblem("IR103", next(known, error.msg), start=at if unclosed else error.pos) from error
        if "\\" in self._text[at:end] and _SURROGATE.search(text):
            raise SyntaxProblem("IR102", "half of a surrogate pair is no character", start=at, end=end)
        return text, end

    def _plain(self, at: int) -> tuple[Any, Node]:
        text = self._text
        if word := _WORD.match(text, at):
            if word[0] in _WORDS:
                return _WORDS[word[0]], Node(at, word.end())
            if word[0].lower().lstrip("+-") == "nan":
                raise SyntaxProblem(
                    "IR106", "NaN is no value of a workflow", start=at, end=word.end(), hint="write null"
                )
            raise SyntaxProblem("IR103", f"{word[0]} is no JSON value", start=at, end=word.end(),
                                hint=f'write "{word[0]}" in quotes, or {word[0].lower()}'
                                if word[0].lower() in _WORDS else f'write "{word[0]}" in quotes')  # fmt: skip
        number = _NUMBER.match(text, at)
        if number is None:
            if at >= len(text):
                raise SyntaxProblem("IR103", "the text ends where a value is expected", start=at)
            raise SyntaxProblem("IR103", f"{text[at]} cannot start a value", start=at,
                                hint="JSON text stands in double quotes" if text[at] == "'" else None)  # fmt: skip
        end = number.end()
        if text[end : end + 1].isalnum() or text[end : end + 1] == ".":
            raise SyntaxProblem("IR103", "a number is not written like this in JSON", start=at, end=end + 1,
                                hint="no leading zeros, digits on both sides of the point")  # fmt: skip
        if number[2] is None and number[3] is None:
            if end - at > MAX_DIGITS:
                raise SyntaxProblem("IR107", f"a number of {end - at} digits", start=at, end=end,
                                    hint="quote it if it is text")  # fmt: skip
            return int(number[0]), Node(at, end)
        digits = Digits(number[0])
        if math.isinf(digits):
            raise SyntaxProblem("IR107", f"{number[0]} is beyond the range of a number", start=at, end=end,
                                hint="quote it if it is text")  # fmt: skip
        return digits, Node(at, end)


_STRING_PROBLEMS = {
    "Unterminated string starting": "a text whose closing quote is missing",
    "Invalid control character": "a raw line break or control character stands in a text",
    "Invalid \\escape": "a backslash that starts no escape",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
}
