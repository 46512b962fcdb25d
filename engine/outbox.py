"""The outbox of a preview: a local folder that stands in for every destination."""

from __future__ import annotations

from connectors.storage.destination import safe_filename
from connectors.storage.url import without_user

OUTBOX = "outbox"
"""The folder beside the workflow that previews go to."""


def outbox_path(folder: str, plugin: str | None) -> str:
    """Where in the outbox a destination's files go: s3://bucket/month is s3/bucket/month, and no `..` leads out."""
    scheme, found, rest = without_user(folder).partition("://")
    if not found:
        scheme, rest = plugin if plugin not in {None, "local"} else "", folder
    parts = [scheme if scheme not in {"file", "local"} else "", *rest.replace("\\", "/").split("/")]
    kept = [safe_filename(part) for part in parts if part not in {"", ".", "..", "~"}]
    return "/".join(kept) or "."
