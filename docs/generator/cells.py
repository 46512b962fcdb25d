"""A row of the tables of docs/database-types.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class _Bad(Enum):
    BAD = "a bad row"


BAD: Final = _Bad.BAD


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of type `native`, a value as SQL writes it, and what arrives: a type of ours and a value, or BAD."""

    native: str
    type: str
    written: str
    value: Any
    note: str = ""

    def __str__(self) -> str:
        return f"{self.native}: {self.written}"[:70]
