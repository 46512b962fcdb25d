"""Stores that are not ours: what fsspec has for them."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

import weirflow as wf
from connectors.policy import Policy
from tests.connectors.storage.conftest import BOTH, delivering, failure, reading
from tests.workflows import both_engines


@pytest.fixture(autouse=True)
def empty() -> None:
    fsspec.filesystem("memory").store.clear()


def test_memory_is_delivered_to_and_read_from(tmp_path: Path) -> None:
    [delivered] = wf.run(delivering("memory://reports", ref=None), base=tmp_path).deliveries
    assert delivered.target == "memory://reports/report.csv"
    assert fsspec.filesystem("memory").cat("/reports/report.csv") == BOTH
    assert failure(delivering("memory://reports", ref=None), tmp_path).code == "IR605"
    assert both_engines(reading("memory://reports/*.csv", ref=None)).rows() == [(1, "Bern"), (2, "Rome")]


def test_groups_in_memory_are_all_or_none(tmp_path: Path) -> None:
    split = {"filename_template": "{{group.key}}.csv", "options": {"split_by": "city"}, "ref": None}
    wf.run(delivering("memory://cities", **split), base=tmp_path)
    memory = fsspec.filesystem("memory")
    assert sorted(memory.find("/cities")) == ["/cities/Bern.csv", "/cities/Rome.csv"]


def test_the_credentials_of_a_store_that_is_not_ours_are_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, object]] = []

    class Own(fsspec.get_filesystem_class("memory")):  # type: ignore[misc]
        protocol = "own"
        cachable = False

        def __init__(self, *, secret: str, **options: object) -> None:
            seen.append({"secret": secret})
            super().__init__(**options)

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return super()._strip_protocol(path.replace("own://", "memory://"))  # type: ignore[no-any-return]

    fsspec.register_implementation("own", Own, clobber=True)
    monkeypatch.setenv("OWN", '{"secret": "hunter2"}')
    wf.run(delivering("own://reports", ref="env:OWN"), base=tmp_path)
    assert {"secret": "hunter2"} in seen
    assert fsspec.filesystem("memory").cat("/reports/report.csv") == BOTH


def test_a_closed_run_reaches_no_store(tmp_path: Path) -> None:
    for path in ("s3://shop", "gdrive://Reports", "dropbox://Reports", "memory://x"):
        with pytest.raises(wf.WorkflowError, match="IR502"):
            wf.run(delivering(path, ref=None), base=tmp_path, policy=Policy.closed(tmp_path))
        with pytest.raises(wf.WorkflowError, match="IR502"):
            wf.compile(reading(f"{path}/a.csv", ref=None), base=tmp_path, policy=Policy.closed(tmp_path))


def test_a_dry_run_and_a_preview_ask_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", '{"access_key_id": "A", "secret_access_key": "B", "endpoint_url": "http://127.0.0.1:1"}')
    plan = wf.compile(delivering("s3://shop/reports"), base=tmp_path)
    plan.rehearse()
    plan.run(preview=1)
    assert (tmp_path / "outbox/s3/shop/reports/report.csv").read_bytes() == b"id,city\n1,Bern\n"
