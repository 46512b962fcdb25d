"""DuckDB under a policy: what it may open, and how much memory it may take, settled before the first statement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.memory_sizes import bytes_of

if TYPE_CHECKING:
    import duckdb

    from connectors.policy import Policy

_SHARE = 0.6
"""Of what a run may take: the rest is for Python, the rows on their way, and what DuckDB does not count."""


def lock(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    """Close all files but those of the folders, the network, extensions and the settings themselves.

    The statements are made by the compiler and read what the policy has let the plan read; this is the second wall.
    """
    allowed = {str(form) for each in folders for form in (each.absolute(), each.resolve())}
    connection.execute("set allowed_directories = ?", [sorted(allowed)])
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def memory_limit(written: str | None, policy: Policy) -> str | None:
    """What DuckDB may take before it moves rows to the disk: what the workflow says, or less where the policy does."""
    if policy.max_memory_bytes is None:
        return written
    most = int(policy.max_memory_bytes * _SHARE)
    return written if written is not None and bytes_of(written) <= most else f"{most}B"
