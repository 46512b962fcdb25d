"""Filters that find something in what a service answers: in trees, lists, tables and texts."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from connectors.plugins.filters import Compiled, condition_of, of_list, of_one
from connectors.plugins.templating import MISSING, Compiles, Placeholder, Rendered, Roots
from connectors.problem import ConnectorProblem
from ir.value_text import text_of

_MOST_LEVELS = 100
_MOST_CHARACTERS = 100_000


def _where(argument: Any, compiled: Compiled) -> Rendered:
    """{$where: {of: list, <condition with item>}}: the elements for which it holds."""
    of = compiled(argument["of"])
    holds = condition_of({name: each for name, each in argument.items() if name != "of"}, compiled)

    def render(roots: Roots) -> Any:
        values = of(roots)
        if values is None or values is MISSING:
            return []
        if isinstance(values, Placeholder):
            return values
        listed = values if isinstance(values, list) else [values]
        return [each for index, each in enumerate(listed) if holds(roots.having(item=each, index=index))]

    return render


def _walk(tree: Any, keys: Any) -> list[Any]:
    """The object and all that is reached from it through these keys, in the order of the document."""
    return list(_nodes(tree, frozenset(keys), _MOST_LEVELS))


def _nodes(tree: Any, keys: frozenset[str], levels: int) -> Iterator[Any]:
    if isinstance(tree, list):
        for each in tree:
            yield from _nodes(each, keys, levels)
    elif isinstance(tree, Mapping) and levels:
        yield tree
        for key, each in tree.items():
            if key in keys:
                yield from _nodes(each, keys, levels - 1)


def _records(rows: Any, has_header: Any = True) -> list[dict[str, Any]]:
    """Rows of cells as objects by the names in the first row; what a short row lacks is null."""
    cells = [each for each in rows or [] if isinstance(each, list)]
    width = max((len(row) for row in cells), default=0)
    names = _names([text_of(each).strip() for each in cells[0]] if has_header and cells else [], width)
    found = []
    for row in cells[1:] if has_header else cells:
        if any(each not in (None, "") for each in row):
            filled = [None if each == "" else each for each in row] + [None] * (width - len(row))
            found.append(dict(zip(names, filled, strict=True)))
    return found


def _names(head: list[str], width: int) -> list[str]:
    """A name for each column: of two that are the same, the second is called name_2."""
    found: list[str] = []
    for number in range(width):
        name = head[number] if number < len(head) and head[number] else f"column_{number + 1}"
        counted, again = name, 1
        while counted in found:
            again += 1
            counted = f"{name}_{again}"
        found.append(counted)
    return found


_ITSELF = object()


def _match(argument: Any, compiled: Compiled) -> Rendered:
    """{$match: [text, pattern]}: the first group of the pattern in the text, or else the text itself, or what stands
    third."""
    if not isinstance(argument, list) or not 2 <= len(argument) <= 3:
        raise ValueError("$match takes a text, a pattern, and perhaps what stands instead")
    text, pattern = compiled(argument[0]), pattern_of(argument[1])
    other = compiled(argument[2]) if len(argument) == 3 else lambda _: _ITSELF

    def render(roots: Roots) -> Any:
        value = text(roots)
        if value is None or value is MISSING or isinstance(value, Placeholder):
            return MISSING if value is None else value
        found = pattern.search(text_of(value)[:_MOST_CHARACTERS])
        if found is not None:
            return found[1] if found.lastindex else found[0]
        otherwise = other(roots)
        return value if otherwise is _ITSELF else MISSING if otherwise is None else otherwise

    return render


@lru_cache(maxsize=512)
def pattern_of(written: Any) -> re.Pattern[str]:
    """A pattern of a manifest.

    Raises:
        ValueError: it is none.
    """
    try:
        return re.compile(written)
    except (re.error, TypeError) as error:
        raise ValueError(f"{written} is no pattern: {error}") from None


def _quoted(value: Any, quote: Any, escape: Any) -> str:
    """The text as it stands between quotes: they, and what escapes them, are escaped."""
    text, sign = text_of(value), text_of(escape)
    return "".join(sign + each if each in (quote, sign) else each for each in text)


def _decoded(value: Any) -> Any:
    if value is None:
        return MISSING
    written = text_of(value)
    try:
        content = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except ValueError:
        raise ConnectorProblem("IR691", "a text in the answer is no base64") from None
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


FILTERS: Mapping[str, Compiles] = {
    "$where": _where,
    "$match": _match,
    "$walk": of_list(2, 2, _walk),
    "$records": of_list(1, 2, _records),
    "$quoted": of_list(3, 3, _quoted),
    "$from_base64url": of_one(_decoded),
}
