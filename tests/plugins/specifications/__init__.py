"""The machine-readable specifications that requests of manifests are checked against."""

from __future__ import annotations

from typing import Any, Protocol

from connectors.plugins.manifest import Manifest
from tests.plugins.sent import Sent


class Specification(Protocol):
    """What a vendor, or somebody else, wrote down of a system's requests."""

    def problems(self, sent: Sent) -> list[str]:
        """What it does not allow about a request."""
        ...

    def operation(self, method: str, url: str) -> Any:
        """What the address means to it: something with an `id`; None where it means nothing."""
        ...


def specification(manifest: Manifest) -> Specification | None:
    """What a manifest says it is tested by; None where it says that there is nothing."""
    if manifest.spec is None:
        return None
    match manifest.spec.format:
        case "discovery":
            from tests.plugins.discovery import discovery

            return discovery(manifest.spec.name)
        case "openapi":
            from tests.plugins.specifications.openapi import openapi

            return openapi(manifest.spec.name)
        case "botocore":
            return None
