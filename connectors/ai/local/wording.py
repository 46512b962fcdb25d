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
_OTHERS = (
    frozenset(
        re.findall(
            r"\w+",
            """
    der das und ist nicht ich mein meine mir wir sie ein eine einen einem den dem des mit für von zu auf bei nach
    bitte wie wo wurde sich auch noch kann kein keine habe haben sind es im zum zur über le la les un une du et est
    je mon ma mes pas ne pour dans avec où vous nous sur qui que ce cette il elle au aux après être el los las una
    y mi su por con para como se lo del al muy pero si está han hay quiero gli che di per non sono mio della nel
    alla ho è het een van niet ik mijn voor met zijn op te aan er dat wij os um uma não meu minha com foi jest nie
    się na do mój moja proszę że czy jag och att det som är inte mig min jeg ikke og til på av ei ja on minä että
    """,
        )
    )
    - _ENGLISH
)
_MOST_FOREIGN = 0.3
"""Of a text's letters that are none of A to Z: more is another script."""


def words_of_item(item: Item) -> str:
    """The texts of an item, one after another."""
    texts = [each.text for each in item.documents] + [str(each) for each in item.values.values() if each is not None]
    return "\n".join(texts)[:_LONGEST]


@lru_cache(maxsize=64)
def is_english(text: str) -> bool:
    """Whether a text may be English: it has as many small words of English as of others, and in A to Z."""
    letters = re.findall(r"[^\W\d_]", text)
    if sum(not each.isascii() for each in letters) > _MOST_FOREIGN * len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    return sum(each in _OTHERS for each in words) <= sum(each in _ENGLISH for each in words)
