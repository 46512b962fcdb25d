"""References to frames: a bare name, or `{{name}}`."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"\s*(?:\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}|([A-Za-z_][A-Za-z0-9_]*))\s*")


def frame_reference(text: str) -> str | None:
    """The name of the frame that `text` refers to, or None when it is no plain reference."""
    match = _REFERENCE.fullmatch(text)
    return (match[1] or match[2]) if match else None
