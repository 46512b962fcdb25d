"""What this process was handed in place of files that it may not read: secrets, and parts of config.toml.

A process of the service's runs is locked out of the home. Who started it says with each run what that run may use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """`secrets` by their bare names, or by `file_key` for those in files of their own; `config` by its sections."""

    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets_problem: str | None = None
    """Why the home's secrets could not be read."""
    config_problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_current: Handed | None = None


def handed() -> Handed | None:
    """What there is instead of the files; None where the files are read."""
    return _current


@contextmanager
def handing(found: Handed | None) -> Iterator[None]:
    """In the block the whole process has this instead of the files."""
    global _current
    before, _current = _current, found
    try:
        yield
    finally:
        _current = before


def file_key(path: Path, key: str) -> str:
    """Under which a secret in a file of its own stands: `file:/run/secrets/mail.json#password`."""
    return f"file:{path.absolute()}#{key}"
