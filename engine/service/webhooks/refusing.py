"""An answer to a request that is not taken."""

from __future__ import annotations

from collections.abc import Mapping


class Turned(Exception):
    """A request that is turned away; `message` is for its sender and holds nothing that the sender does not know."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None,
                 problems: list[str] | None = None) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.message, self.problems = status, message, problems
        self.headers = dict(headers or {})
