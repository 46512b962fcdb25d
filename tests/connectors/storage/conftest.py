"""Workflows that read from a store and deliver to one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.policy import Policy
from connectors.storage import retries
from connectors.storage.account import Account
from connectors.storage.destination import Target
from connectors.storage.place import Place
from tests.servers.drive import Drive
from tests.servers.dropbox import Dropbox
from tests.servers.s3 import Bucket
from tests.servers.s3_faults import Faults

BOTH = b"id,city\n1,Bern\n2,Rome\n"
"""What `delivering` delivers."""


@pytest.fixture
def shop(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket whose keys are the secret env:SHOP."""
    credentials = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "endpoint_url": s3.endpoint}
    monkeypatch.setenv("SHOP", json.dumps({**credentials, "region": s3.region}))
    return s3


@pytest.fixture
def faults(s3: Bucket, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[Faults]:
    """A proxy before the bucket, which is called shop there; its keys are the secret env:SHOP."""
    with Faults(s3).running() as proxy:
        credentials = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "region": s3.region}
        monkeypatch.setenv("SHOP", json.dumps({**credentials, "endpoint_url": proxy.url}))
        yield proxy


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have been waited before each further attempt."""
    found: list[float] = []

    async def wait(seconds: float) -> None:
        found.append(seconds)

    for module in ("web", "tokens", "resumable", "dropbox.uploading"):
        monkeypatch.setattr(f"connectors.storage.{module}.wait", wait)
    monkeypatch.setattr(retries, "wait", wait)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0.0)
    return found


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[Drive]:
    """A drive whose token is the secret env:SHOP."""
    monkeypatch.setattr("connectors.storage.drive.uploading.CHUNK_BYTES", 1024**2)
    with Drive().running() as service:
        monkeypatch.setenv("SHOP", service.credentials())
        yield service


@pytest.fixture
def dropbox(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[Dropbox]:
    """A Dropbox whose token is the secret env:SHOP."""
    monkeypatch.setattr("connectors.storage.dropbox.uploading.CHUNK_BYTES", 1024**2)
    with Dropbox().running() as service:
        monkeypatch.setenv("SHOP", service.credentials())
        yield service


def target(url: str, folder: Path, *, overwrite: bool = False, public: bool = False) -> Target:
    """A file to deliver with the secret env:SHOP."""
    place = Place(url=url, account=Account(policy=Policy.open(), base=folder, ref="env:SHOP"))
    return Target(shown=url, overwrite=overwrite, public=public, place=place, scratch=folder)


def failure(document: dict[str, Any], folder: Path) -> wf.Diagnostic:
    """The one thing that is said about a run that ends before anything is written."""
    with pytest.raises(wf.WorkflowError) as stopped:
        wf.run(document, base=folder)
    [found] = stopped.value.diagnostics
    return found


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
