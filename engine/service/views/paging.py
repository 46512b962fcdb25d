"""Long lists a page at a time: the next one begins behind the last entry of this one, whatever came in meanwhile."""

from __future__ import annotations

import base64
import binascii
import json

MOST = 500
"""Entries of a page."""
USUAL = 50


class PageProblem(ValueError):
    """What was given to go on with is none that a page gave."""


def cursor_of(*key: str) -> str:
    """What a caller gives back to have the page behind the entry with this key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of(cursor: str, *, parts: int) -> tuple[str, ...]:
    """The key of the entry that the page begins behind.

    Raises:
        PageProblem: the cursor is none of ours.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != parts or not all(isinstance(each, str) for each in found):
        raise PageProblem("this is no cursor that a page has given")
    if any("\0" in each for each in found):
        raise PageProblem("this is no cursor that a page has given")
    return tuple(found)
