"""Amounts of memory as people write them: 512MB, 4 GiB."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B?|B)?", re.IGNORECASE)


def bytes_of(text: str) -> int:
    """The bytes that a text such as 4GB means: of a thousand each, with an i of 1024.

    Raises:
        ValueError: the text is no amount.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    power = " KMGT".index((found[2] or " ").upper())
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)
