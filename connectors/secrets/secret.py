"""A secret's value, which does not show itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What a reference stands for: `text` as it was found. Its repr and str hold the reference only."""

    reference: str
    text: str

    def parts(self) -> Mapping[str, Any] | None:
        """The value as an object, where it is written as a JSON object; else None."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def __repr__(self) -> str:
        return f"<secret {self.reference}>"

    __str__ = __repr__
