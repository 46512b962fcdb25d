"""Whether runs are locked in is said at the start; what they may use is handed to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.problem import ConnectorProblem
from engine.service.sandbox import state, trial
from engine.service.sandbox.landlock import LEAST, version
from engine.service.sandbox.state import is_enclosed, with_sandbox
from engine.service.settings import ServiceSettings


def test_a_sandbox_that_is_required_and_cannot_be_had_keeps_the_service_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = ServiceSettings(folder=tmp_path / "shop", sandbox="required")
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(state, "version", lambda: 7)
    monkeypatch.setattr(state, "why_not_locked", lambda settings: None)
    assert with_sandbox(beside) == (beside, "runs are locked in by the kernel (Landlock 7)")
    monkeypatch.setattr(state, "version", lambda: 0)
    monkeypatch.setattr(state, "is_forbidden", lambda: True)
    with pytest.raises(ConnectorProblem, match="a filter of system calls forbids Landlock"):
        with_sandbox(beside)
    monkeypatch.setattr(state, "is_forbidden", lambda: False)
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


def test_a_service_whose_runs_may_reach_no_host_says_that_they_have_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(state, "why_not_locked", lambda settings: None)
    monkeypatch.setattr(state, "version", lambda: 7)
    closed = ServiceSettings(folder=tmp_path / "shop", hosts=frozenset())
    told = {
        "no host": with_sandbox(closed)[1],
        "one host": with_sandbox(replace(closed, hosts=frozenset({"example.com"})))[1],
        "no host but Vault": with_sandbox(replace(closed, secrets=frozenset({"vault:kv/shop#key"})))[1],
    }
    monkeypatch.setenv("WEIRFLOW_JOURNAL", "postgresql://a@/db?host=one:5433&host=two:5434")
    told["a journal on servers"] = with_sandbox(closed)[1]
    monkeypatch.setattr(state, "version", lambda: 3)
    told["an old kernel"] = with_sandbox(closed)[1]
    locked = "runs are locked in by the kernel (Landlock"
    assert told == {
        "no host": f"{locked} 7, no network)",
        "one host": f"{locked} 7)",
        "no host but Vault": f"{locked} 7)",
        "a journal on servers": f"{locked} 7, no network but the journal's ports 5432, 5433, 5434)",
        "an old kernel": f"{locked} 3, which does not close the network: that takes Linux 6.7)",
    }


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


@pytest.mark.skipif(version() < LEAST, reason="the kernel has no Landlock")
def test_a_machine_too_busy_for_the_trial_does_not_open_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(trial, "_WITHIN_S", 0.0)
    auto = ServiceSettings(folder=tmp_path / "shop")
    with caplog.at_level("WARNING", "weirflow.service"):
        settings, _ = with_sandbox(auto)
    assert is_enclosed(settings)
    assert "was not to be told within 0 s" in caplog.text
