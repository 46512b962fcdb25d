"""The outbox: a local folder that stands in for every destination, for a preview and for the tests of a workflow."""

from __future__ import annotations

from pathlib import Path

from connectors.storage.destination import safe_filename
from connectors.storage.url import without_user
from ir.records import dataclass

OUTBOX = "outbox"
"""The folder beside the workflow that previews go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """What a run puts aside instead of delivering it. Such a run leaves no trace in the journal."""

    rows: int | None = None
    """The first so many of each delivery; None for all."""
    home: Path | None = None
    """Where the run's own folder is made, in place of WEIRFLOW_HOME."""


def outbox_path(folder: str, plugin: str | None) -> str:
    """Where in the outbox a destination's files go: s3://bucket/month is s3/bucket/month, and no `..` leads out."""
    scheme, found, rest = without_user(folder).partition("://")
    if not found:
        scheme, rest = plugin if plugin not in {None, "local"} else "", folder
    parts = [scheme if scheme not in {"file", "local"} else "", *rest.replace("\\", "/").split("/")]
    kept = [safe_filename(part) for part in parts if part not in {"", ".", "..", "~"}]
    return "/".join(kept) or "."
