"""How Google says no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body: dict[str, Any] = {
            "error": {
                "code": status,
                "message": message,
                "status": _STATUSES.get(status, "UNKNOWN"),
                "errors": [{"domain": "global", "reason": reason, "message": message}],
            }
        }


def not_found(what: str) -> Refusal:
    return Refusal(404, f"Requested entity was not found: {what}", "notFound")
