"""How long a server asks to be left alone."""

from __future__ import annotations

import time


def seconds_of(text: str | None, *, now: float | None = None) -> float | None:
    """What a header Retry-After says, in seconds from now: a number, or a moment. None for neither."""
    if text is None:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(moment - (time.time() if now is None else now), 0.0)
