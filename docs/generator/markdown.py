"""The few shapes of Markdown that the pages are made of."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from docs.generator.examples import plain
from ir.types import Schema


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def block(text: str, language: str = "") -> str:
    return f"```{language}\n{text.strip()}\n```"


def anchor(heading: str) -> str:
    """The fragment that GitHub and most Markdown tools make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def frame_table(rows: pl.DataFrame, schema: Schema) -> str:
    """Rows under their columns, each with its type."""
    headings = [f"{name} ({kind})" for name, kind in schema.items()]
    return table(headings, [[value_text(value) for value in row] for row in rows.rows()])


def value_text(value: Any) -> str:
    found = plain(value)
    if found is None:
        return "*null*"
    if isinstance(found, str):
        return found if found.strip() == found and found else f'"{found}"'
    return json.dumps(found, ensure_ascii=False)
