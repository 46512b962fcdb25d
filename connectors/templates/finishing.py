"""A filled template made into the two texts of a message: its HTML, and the same in plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from connectors.templates.html_words import words_of
from connectors.templates.places import Markup
from connectors.templates.values import MARK, MARK_END

_MARKED = re.compile(f"{MARK}(.*?){MARK_END}")
_DOCUMENT = re.compile(r"(?i)<(?:!doctype|html|body)\b")


class Tables:
    """The tables that a template may put in, each made only where it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], tuple[str, str]]]) -> None:
        self._makers = makers
        self._made: dict[str, tuple[str, str]] = {}

    def roots(self) -> dict[str, Markup]:
        """What stands in the template for each of them."""
        return {name: Markup(f"{MARK}{name}{MARK_END}") for name in self._makers}

    def html(self, name: str) -> str:
        return self._both(name)[0]

    def text(self, name: str) -> str:
        return self._both(name)[1]

    def _both(self, name: str) -> tuple[str, str]:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]


def from_html(
    filled: str, tables: Tables, page: Callable[[str], str], *, words: Callable[[str], str] = words_of
) -> tuple[str, str]:  # fmt: skip
    """HTML and text of a filled HTML template; a mere part of a page is put into one. `words` finds its text."""
    html = _MARKED.sub(lambda found: tables.html(found[1]), filled)
    text = _MARKED.sub(lambda found: "\n" + tables.text(found[1]) + "\n", words(filled))
    return (html if _DOCUMENT.search(filled) else page(html)), _tidy(text)


def from_text(filled: str, tables: Tables, page: Callable[[str], str]) -> tuple[str, str]:
    """HTML and text of a filled template of plain text: blank lines part paragraphs."""
    pieces = []
    for place, piece in enumerate(_MARKED.split(filled)):
        pieces.append(tables.html(piece) if place % 2 else _paragraphs(piece))
    text = _MARKED.sub(lambda found: tables.text(found[1]).rstrip("\n"), filled)
    return page("".join(pieces)), _tidy(text)


def _paragraphs(text: str) -> str:
    blocks = [each.strip("\n") for each in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))]
    return "".join('<p style="margin:0 0 12px">' + escape(each).replace("\n", "<br>\n") + "</p>\n"
                   for each in blocks if each.strip())  # fmt: skip


def _tidy(text: str) -> str:
    """No more than one blank line at once, one line break at the end."""
    lines = "\n".join(each.rstrip() for each in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
