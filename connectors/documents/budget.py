"""What reading one document has used up, its attachments included."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.documents.document import Limits
from connectors.documents.problems import too_much


class Budget:
    """Bytes unpacked, text kept and parts opened so far, against the limits."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.limits = limits
        self._name = name
        self._unpacked = 0
        self._parts = 0
        self._characters = 0

    def unpack(self, count: int) -> None:
        """Count bytes that came out of compressed ones.

        Raises:
            ConnectorProblem: IR782.
        """
        self._unpacked += count
        if self._unpacked > self.limits.max_unpacked_bytes:
            raise too_much(self._name, f"unpacks to more than {self.limits.max_unpacked_bytes // 1024**2} MB")

    def open_part(self) -> bool:
        """Whether one more attachment may be opened."""
        self._parts += 1
        return self._parts <= self.limits.max_parts

    def keep(self, lines: Sequence[str]) -> tuple[str, bool]:
        """The lines as text, as far as there is room for it, and whether that is all."""
        text = "\n".join(lines)
        room = max(0, self.limits.max_characters - self._characters)
        self._characters += min(len(text), room)
        return text[:room], len(text) <= room


class Lines:
    """Lines of text as they come, up to what a document may have."""

    def __init__(self, limits: Limits) -> None:
        self.lines: list[str] = []
        self._room = limits.max_characters + 1

    @property
    def is_full(self) -> bool:
        return self._room <= 0

    def add(self, line: str) -> None:
        """A line, without what stands around it; of several empty ones one is kept."""
        line = line.rstrip()[: max(0, self._room)]
        if self.is_full or (not line and (not self.lines or not self.lines[-1])):
            return
        self._room -= len(line) + 1
        self.lines.append(line)

    def finished(self) -> list[str]:
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return self.lines
