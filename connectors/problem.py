"""What stops a source or a delivery: a code, what was seen, and what would work."""

from __future__ import annotations

from collections.abc import Iterable

from ir.reasons import RetryReason
from ir.redaction import redact


class ConnectorProblem(Exception):
    """A source or delivery that cannot be opened, read or written. No secret shows in it.

    `key` is the way to the offending value below the source or delivery in the document, such as
    ("config", "schema", "amount"); the engine puts the pointer of the source before it. `within` is the part of that
    value's text, as offsets. `reason` says which kind of failure passes by itself (None: none), `retry_after_s` what
    the other side asks to wait, and `sent` whether the call may have taken effect.
    """

    def __init__(self, code: str, message: str, *, hint: str | None = None, key: tuple[str | int, ...] = (),
                 notes: Iterable[str] = (), within: tuple[int, int] | None = None,
                 reason: RetryReason | None = None, retry_after_s: float | None = None,
                 sent: bool = False) -> None:  # fmt: skip
        self.code = code
        self.message = redact(message)
        self.hint = redact(hint) if hint else hint
        self.key = key
        self.within = within
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.sent = sent
        self.notes = tuple(redact(each) for each in notes)
        super().__init__(self.message)

    def __str__(self) -> str:
        lines = [f"{self.code}: {self.message}", *self.notes]
        return "\n".join([*lines, f"help: {self.hint}"] if self.hint else lines)
