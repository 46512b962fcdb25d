"""What a reader is asked: the files, where they lie, and the options of the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from connectors.files.network import NetworkFile
from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.stored import Stored
from ir import types as t
from ir.diagnostics import did_you_mean
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file to read and how it is packed; `bytes` is its estimated size unpacked."""

    stored: Stored
    compression: str | None = None
    member: str | None = None
    bytes: int = 0

    @property
    def shown(self) -> str:
        return f"{self.stored.shown}!{self.member}" if self.stored.member else self.stored.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """Everything a format's reader needs: at least one file, and the source's options."""

    name: str
    format: str
    files: tuple[SourceFile, ...]
    options: Mapping[str, Any]
    policy: Policy
    declared: Mapping[str, t.DataType] = field(default_factory=dict)

    def text(self, key: str, default: str) -> str:
        value = self.options.get(key)
        return default if value is None else str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self.options.get(key)
        return default if value is None else bool(value)

    @property
    def null_values(self) -> tuple[str, ...]:
        """Texts that mean null, the empty one first."""
        more = self.options.get("null_values") or ()
        return tuple(dict.fromkeys(("", *([more] if isinstance(more, str) else more))))

    def check_declared(self, columns: tuple[str, ...]) -> None:
        """Refuse a declared column that the file does not have.

        Raises:
            ConnectorProblem: IR521 at the column's name in the schema.
        """
        for each in self.declared:
            if each not in columns:
                raise ConnectorProblem(
                    "IR521", f'{self.files[0].shown} has no column "{each}"', key=("config", "schema", each),
                    hint=did_you_mean(each, columns), notes=[f"its columns: {', '.join(columns[:12])}"
                                                             + (", …" if len(columns) > 12 else "")],
                )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A file as the engines read it: local, unpacked, UTF-8; or with `network` where it lies in its store."""

    path: Path
    shown: str
    network: NetworkFile | None = None
