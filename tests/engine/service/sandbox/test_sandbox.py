"""Whether runs are locked in is said at the start; what they may use is handed to them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from connectors.problem import ConnectorProblem
from engine.service.sandbox import state
from engine.service.sandbox.state import check_sandbox
from engine.service.settings import ServiceSettings
from tests.engine.service.carrying import carrying


def test_a_sandbox_that_is_required_and_cannot_be_had_keeps_the_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = ServiceSettings(folder=tmp_path / "shop", sandbox="required")
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    assert check_sandbox(beside).startswith("runs are locked in by the kernel (Landlock ")
    monkeypatch.setattr(state, "version", lambda: 0)
    with pytest.raises(ConnectorProblem, match="this machine has no Landlock"):
        check_sandbox(beside)
    assert "are not locked in" in check_sandbox(ServiceSettings(folder=tmp_path / "shop"))
    monkeypatch.undo()
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "shop" / "home"))
    with pytest.raises(ConnectorProblem, match="lies in the folder of the workflows, which runs may read"):
        check_sandbox(beside)
    assert "set WEIRFLOW_HOME to a folder beside it" in check_sandbox(ServiceSettings(folder=tmp_path / "shop"))


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


def reading(name: str) -> dict[str, object]:
    connection = {"plugin_key": "sqlite", "credentials_ref": name}
    source = {"type": "database", "alias": "a", "database_config": {"connection": connection, "table": "t"}}
    return {"data_sources": [source],
            "delivery_rules": {"file_delivery": {"format": "csv", "filename_template": "{{run.id}}.csv"}}}  # fmt: skip
