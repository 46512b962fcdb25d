"""The name of each source's frame."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

_TAKEN = frozenset({"data", "inputs", "item", "group", "run", "secrets", "inline"})


def frame_names(aliases: Sequence[str | None], labels: Sequence[str | None], taken: Collection[str]) -> list[str]:
    """For each source its alias, else its label (`source`) where that is free and its own, else source_<position>.

    `taken` are the names that other parts of the document give.
    """
    made = [re.sub(r"\W", "_", label or "", flags=re.ASCII) for label in labels]
    counted = Counter(made)
    used = {*aliases, *taken, *_TAKEN}
    return [
        alias or (label if _is_name(label) and counted[label] == 1 and label not in used else f"source_{index}")
        for index, (alias, label) in enumerate(zip(aliases, made, strict=True))
    ]


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_]\w*", text) is not None
