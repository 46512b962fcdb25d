"""Workflows that read from a store and deliver to one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.servers.s3 import Bucket


@pytest.fixture
def shop(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket whose keys are the secret env:SHOP."""
    credentials = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "endpoint_url": s3.endpoint}
    monkeypatch.setenv("SHOP", json.dumps({**credentials, "region": s3.region}))
    return s3


def reading(location: str, *deliveries: dict[str, Any], ref: str | None = "env:SHOP", **config: Any) -> dict[str, Any]:
    """A workflow that reads a location."""
    source = {"type": "file", "alias": "rows", "location": location, "config": config}
    if ref is not None:
        source["credentials_ref"] = ref
    return {"ir_version": "3.1", "goal": "read a store", "data_sources": [source],
            "delivery_rules": {"file_delivery": list(deliveries) or [{"format": "csv"}]}}  # fmt: skip


def delivering(path: str, *, plugin: str | None = None, ref: str | None = "env:SHOP", rows: Any = None,
               **delivery: Any) -> dict[str, Any]:  # fmt: skip
    """A workflow that delivers rows to a path of a store."""
    destination = {
        "path": path,
        **({"plugin_key": plugin} if plugin else {}),
        **({"credentials_ref": ref} if ref else {}),
    }
    source = {"type": "tabular", "source": "inline", "alias": "rows",
              "config": {"rows": rows or [{"id": 1, "city": "Bern"}, {"id": 2, "city": "Rome"}]}}  # fmt: skip
    file = {"format": "csv", "filename_template": "report.csv", "destination": destination, **delivery}
    return {"ir_version": "3.1", "goal": "fill a store", "data_sources": [source],
            "delivery_rules": {"file_delivery": file}}  # fmt: skip
