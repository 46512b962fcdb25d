"""The machine-readable specifications that requests of manifests are checked against."""

from __future__ import annotations

from connectors.plugins.manifest import Manifest
from tests.plugins.specifications.openapi import DOCUMENTS, OpenApi, openapi


def has_specification(manifest: Manifest) -> bool:
    """Whether there is an OpenAPI document of the system; Google's and Amazon's own forms have tests of their own."""
    return manifest.spec is not None and (DOCUMENTS / f"{manifest.spec.name}.json").exists()


def specification(manifest: Manifest) -> OpenApi:
    """The OpenAPI document that a manifest is tested by."""
    assert manifest.spec is not None
    return openapi(manifest.spec.name)
