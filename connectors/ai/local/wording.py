"""The words of an item for small models: what its columns say, without their names."""

from __future__ import annotations

import re
from functools import lru_cache

from connectors.ai.answering import Item

_LONGEST = 8_000
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """
    the a an and or but of to in on at for with from by is are was were be been it this that i you he she we they my
    your our not no have has had do does did will would can could so very just all as if me there what when which
    again more about out up after than too also only them their its into over
    """,
    )
)
_LEAST_ENGLISH = 0.12
_LEAST_WORDS = 6


def words_of_item(item: Item) -> str:
    """The texts of an item, one after another."""
    texts = [each.text for each in item.documents] + [str(each) for each in item.values.values() if each is not None]
    return "\n".join(texts)[:_LONGEST]


@lru_cache(maxsize=64)
def is_english(text: str) -> bool:
    """Whether a text has the small words of English; of a few words one cannot tell, and they are taken to be."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < _LEAST_WORDS:
        return text.isascii() or not words
    return sum(each in _ENGLISH for each in words) / len(words) >= _LEAST_ENGLISH
