"""Values of a document that nobody has checked, as the shape that is asked for; empty where they have another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def mapping(written: Any) -> dict[str, Any]:
    """The mapping that the value is."""
    return {str(key): each for key, each in written.items()} if isinstance(written, Mapping) else {}


def listing(written: Any) -> list[Any]:
    """The list that the value is."""
    return list(written) if isinstance(written, list) else []


def mappings(written: Any) -> list[dict[str, Any]]:
    """The mappings in the list that the value is."""
    return [mapping(each) for each in listing(written) if isinstance(each, Mapping)]


def text(written: Any) -> str | None:
    """The text that the value is, if it says something."""
    return written if isinstance(written, str) and written.strip() else None
