"""Names made of the original's free ids."""

from __future__ import annotations

import re

from ir.model.words import RESERVED_NAMES


def name_of(text: str) -> str:
    """A name that steps can be referred to by, made of any text."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "step"
    name = name if not name[0].isdigit() else f"_{name}"
    return f"{name}_" if name in RESERVED_NAMES else name
