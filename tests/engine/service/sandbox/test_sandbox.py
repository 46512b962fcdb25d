"""Whether runs are locked in is said at the start; what they may use is handed to them."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.problem import ConnectorProblem
from engine.service.sandbox import state
from engine.service.sandbox.landlock import LEAST, version
from engine.service.sandbox.state import is_enclosed, with_sandbox
from engine.service.settings import ServiceSettings
from tests.engine.service.carrying import carrying
from tests.servers.s3 import Bucket


def test_a_sandbox_that_is_required_and_cannot_be_had_keeps_the_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = ServiceSettings(folder=tmp_path / "shop", sandbox="required")
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(state, "version", lambda: 7)
    monkeypatch.setattr(state, "why_not_locked", lambda settings: None)
    assert with_sandbox(beside) == (beside, "runs are locked in by the kernel (Landlock 7)")
    monkeypatch.setattr(state, "version", lambda: 0)
    with pytest.raises(ConnectorProblem, match="this machine has no Landlock"):
        with_sandbox(beside)
    assert "are not locked in" in with_sandbox(ServiceSettings(folder=tmp_path / "shop"))[1]
    monkeypatch.setattr(state, "version", lambda: 7)
    inside = ServiceSettings(folder=tmp_path / "shop", write_paths=(str(tmp_path),))
    assert f"home lies in {tmp_path}, where runs read and write" in with_sandbox(inside)[1]
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "shop" / "home"))
    with pytest.raises(ConnectorProblem, match="shop, where runs read and write"):
        with_sandbox(beside)
    assert "its secrets are not closed to them" in with_sandbox(ServiceSettings(folder=tmp_path / "shop"))[1]


@pytest.mark.skipif(version() < LEAST, reason="the kernel has no Landlock")
def test_a_process_that_cannot_be_locked_in_is_found_as_the_service_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licence = tmp_path / "licence"
    licence.write_text("")
    site = tmp_path / "site" / "sitecustomize.py"
    site.parent.mkdir()
    site.write_text(
        f"import os, sys\ntry: open({str(licence)!r})\n"
        "except OSError: print('no licence', file=sys.stderr, flush=True); os._exit(3)\n"
    )
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(site.parent))
    auto = ServiceSettings(folder=tmp_path / "shop")
    settings, told = with_sandbox(auto)
    assert not is_enclosed(settings)
    assert "not locked in by the kernel: a process that was locked in has ended with 3: no licence" in told
    with pytest.raises(ConnectorProblem, match="ended with 3: no licence") as found:
        with_sandbox(replace(auto, sandbox="required"))
    assert found.value.code == "IR687"
    opened = replace(auto, sandbox="required", read_paths=(str(licence),))
    assert with_sandbox(opened) == (opened, f"runs are locked in by the kernel (Landlock {version()})")


def test_a_run_has_the_secrets_that_are_its_own_though_it_cannot_read_their_file(tmp_path: Path) -> None:
    folder, home = tmp_path / "shop", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    with closing(sqlite3.connect(folder / "own.db")) as connection:
        connection.execute("create table t (x integer)")
        connection.execute("insert into t values (7)")
        connection.commit()
    url = f"sqlite:///{folder}/own.db"
    (home / "secrets.toml").write_text(f'w_db = "{url}"\nother_db = "{url}"\n[w_more]\ndb = "{url}"\n')
    with carrying(folder, home=home) as carried:
        came = {
            name: carried.carry_out(carried.asked(reading(name))).code for name in ("w_db", "w_more.db", "other_db")
        }
    assert came == {"w_db": None, "w_more.db": None, "other_db": "IR504"}
    assert sorted(each.read_text() for each in folder.glob("*.csv")) == ["x\n7\n", "x\n7\n"]


def test_parquet_of_a_store_of_ones_own_is_read_through_the_relay_of_the_process(tmp_path: Path, s3: Bucket) -> None:
    file = io.BytesIO()
    pl.DataFrame({"x": [7]}).write_parquet(file)
    s3.put("a.parquet", file.getvalue())
    keys = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "region": s3.region}
    variables = {"STORE": json.dumps({**keys, "endpoint_url": s3.endpoint})}
    source = {"type": "file", "alias": "a", "location": f"s3://{s3.name}/a.parquet", "credentials_ref": "env:STORE"}
    settings: dict[str, Any] = {"secrets": frozenset({"env:STORE"}), "private_hosts": frozenset({"127.0.0.1"})}
    with carrying(tmp_path / "shop", variables=variables, **settings) as carried:
        for name in ("v", "w"):  # each has a policy of its own
            delivery = {"format": "csv", "filename_template": f"{name}.csv"}
            asked = {"data_sources": [source], "delivery_rules": {"file_delivery": delivery}}
            assert carried.carry_out(carried.asked(asked, workflow=name)).error is None
            assert (carried.folder / f"{name}.csv").read_text() == "x\n7\n"


def reading(name: str) -> dict[str, object]:
    connection = {"plugin_key": "sqlite", "credentials_ref": name}
    source = {"type": "database", "alias": "a", "database_config": {"connection": connection, "table": "t"}}
    return {"data_sources": [source],
            "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "{{run.id}}.csv"}}}  # fmt: skip
