"""Text inside markup: nothing in it is taken for markup, and no mark that turns its direction reaches beyond it."""

from __future__ import annotations

from html import escape

import polars as pl

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"} | {
    chr(code): "\ufffd" for code in (*range(32), *range(127, 160)) if code not in (9, 10, 13)
}


def escaped(text: pl.Expr) -> pl.Expr:
    """The text of cells; null is empty."""
    return text.fill_null("").str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))


def plain(text: str) -> str:
    """The text of an attribute or of an element of its own."""
    return escape("".join(_ESCAPES.get(each, each) if each < " " or "\x7f" <= each < "\xa0" else each for each in text))


def isolated(text: str) -> str:
    """Text beside other text on its line."""
    return f"<bdi>{plain(text)}</bdi>"


def paragraphs(text: str, attributes: str = "") -> str:
    """A paragraph for each block of lines; a single line break stays one."""
    blocks = [each.strip("\n") for each in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p{attributes}>{plain(each)}</p>\n" for each in blocks if each.strip())
