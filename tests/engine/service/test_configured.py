"""[service] of config.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.configuration import SECTIONS
from connectors.problem import ConnectorProblem
from engine.cli.main import run_command_line
from engine.service.configured import configured
from engine.service.settings import ServiceSettings

CONFIG = """\
[service]
host = "0.0.0.0"
slots = 4
max_memory = "2GB"
max_seconds = 90
private_hosts = ["DB.internal.", "10.1.0.0/16"]
secrets = ["mail", "env:PGPASSWORD"]
programs = true
"""


PAGE = (Path(__file__).parents[3] / "docs" / "service-policy.md").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    return tmp_path


def test_the_file_sets_the_service_up_and_the_command_line_comes_first(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG)
    found = configured(home, {"slots": 1, "port": None})
    assert found == ServiceSettings(
        folder=home, host="0.0.0.0", slots=1, max_memory_bytes=2_000_000_000, max_seconds=90.0,
        private_hosts=frozenset({"db.internal", "10.1.0.0/16"}), secrets=frozenset({"mail", "env:PGPASSWORD"}),
        programs=True,
    )  # fmt: skip
    assert ServiceSettings.read(found.as_json()) == found


def test_the_environment_comes_before_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text(CONFIG)
    monkeypatch.setenv("WEIRFLOW_SERVICE_SECRETS", "shop_db,mail")
    monkeypatch.setenv("WEIRFLOW_SERVICE_MAX_MEMORY", "1 GiB")
    found = configured(home, {})
    assert (found.secrets, found.max_memory_bytes) == (frozenset({"shop_db", "mail"}), 1024**3)


@pytest.mark.parametrize(("written", "days"), [("7", 7), ("0", None), ('"forever"', None), ('"90"', 90)])
def test_days_are_a_number_or_for_good(home: Path, written: str, days: int | None) -> None:
    (home / "config.toml").write_text(f"[service]\nkeep_days = {written}\n")
    assert configured(home, {}).keep_days == days


def test_proxies_and_sizes_are_read(home: Path) -> None:
    (home / "config.toml").write_text('[service]\nforwarded = ["10.0.0.5", "10.1.0.0/24"]\nupload_bytes = "5MB"\n')
    found = configured(home, {})
    assert (found.forwarded, found.upload_bytes) == ({"10.0.0.5/32", "10.1.0.0/24"}, 5_000_000)
    assert ServiceSettings.read(found.as_json()) == found


WRONG = (
    'slots = "many"', "slots = -1", 'max_memory = "64MB"', "max_seconds = 0", "hosts = 5", "secrets = [5]",
    "slots = 1.5",
    'forwarded = ["proxy.internal"]', 'upload_bytes = "many"',
    "keep_days = -1", 'keep_days = "long"', "keep_event_days = 29",
    'programs = "perhaps"', 'host = ""', "sluts = 1", "max_runs = 1",
)  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_a_value_that_is_none_of_its_kind_is_refused_and_not_quoted(home: Path, line: str) -> None:
    (home / "config.toml").write_text(f"[service]\n{line}\n")
    with pytest.raises(ConnectorProblem) as told:
        configured(home, {})
    assert told.value.code == "IR687"
    assert "many" not in str(told.value)


def test_the_page_shows_a_configuration_that_is_read_and_names_every_key(home: Path) -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    (home / "config.toml").write_text(example)
    assert configured(home, {}).max_memory_bytes == 2_000_000_000
    assert [key for key in SECTIONS["service"] if f"`{key}`" not in PAGE] == []
    defaults = ServiceSettings(folder=home)
    assert (defaults.webhook_bytes, defaults.webhook_waiting, defaults.drain_s) == (5_000_000, 250_000, 30)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_service_does_not_start_with_a_configuration_that_is_none(
    home: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config.toml").write_text("[service]\nmax_memory = 5\n")
    assert run_command_line([command, str(home)]) == 2
    said = capsys.readouterr().err
    assert "has a max_memory in [service] that is no amount of memory from 256MiB on [IR687]" in said
    assert 'write max_memory = "2GB"' in said
