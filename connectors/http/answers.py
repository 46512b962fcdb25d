"""What a service answered, and what that means for another attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from connectors.json_reading import read_json
from ir.reasons import RetryReason
from ir.records import dataclass

_REASONS: Mapping[int, RetryReason] = {
    408: "timeout", 425: "temporary_failure", 429: "rate_limit", 500: "server_error", 502: "server_error",
    503: "server_error", 504: "server_error",
}  # fmt: skip
_UNTOUCHED = frozenset({408, 425, 429, 503})
"""Statuses of services that did not begin with what was asked."""
_MOST_CHARACTERS = 200


# not frozen: one is made for each request, and setting the fields of a frozen one takes four times as long
@dataclass(slots=True, kw_only=True)
class Answer:
    """One answer. `is_whole` is false where the connection was lost inside the body, or the body was cut at its cap."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_whole: bool = True
    file: Path | None = None
    """Where the body was written, where the request said so."""

    def json(self) -> Any:
        """The body read as JSON; None where it is none."""
        try:
            return read_json(self.body)
        except ValueError:
            return None

    @property
    def shown(self) -> str:
        """The status and the beginning of the body, in one line."""
        text = " ".join(self.body[: 4 * _MOST_CHARACTERS].decode("utf-8", "replace").split())
        text = "".join(each if each.isprintable() else " " for each in text)
        return f"{self.status} {text[:_MOST_CHARACTERS]}".strip()


def reason_of(status: int) -> RetryReason | None:
    """Which kind of failure a status is; None for one that does not pass by itself."""
    if 520 <= status <= 527:  # what a proxy before the service says
        return "server_error"
    return _REASONS.get(status)


def may_have_taken_effect(status: int) -> bool:
    """Whether a service that failed may have done what was asked before it did."""
    return status >= 500 and status not in _UNTOUCHED


def retry_after_s(headers: Mapping[str, str], *, now_s: float) -> float | None:
    """How long the service asks to be left alone: a number of seconds, or the moment when that is over."""
    written = headers.get("Retry-After", "").strip()
    if not written:
        return None
    try:
        seconds = float(written)
    except ValueError:
        try:
            until = parsedate_to_datetime(written)
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now_s
    return max(seconds, 0.0) if seconds == seconds and seconds != float("inf") else None
