"""The operations guide: its commands have the options it shows, its settings are read, its files are what they say."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
from pathlib import Path

import pytest

from engine.cli import keys, serve, worker
from engine.service.configured import configured

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "weirflow.service").read_text(encoding="utf-8")
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
COMMANDS = {"serve": serve.command, "worker": worker.command}


def command_lines() -> list[list[str]]:
    """What comes after `weirflow` wherever the guide, the unit or the image begins a service."""
    lines = re.findall(r"^\$ weirflow ((?:serve|worker) .*?)(?: +#.*)?$", PAGE, flags=re.MULTILINE)
    lines += re.findall(r"^ExecStart=\S+/weirflow (.*)$", UNIT, flags=re.MULTILINE)
    exec_form = re.findall(r"^CMD \[(.*)\]$", CONTAINER, flags=re.MULTILINE)
    return [shlex.split(line) for line in lines] + [re.findall(r'"([^"]*)"', line) for line in exec_form]


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_every_command_line_of_a_service_can_be_read(line: list[str], tmp_path: Path) -> None:
    words = [str(tmp_path) if each == "/srv/weirflow" else each for each in line[1:]]
    with COMMANDS[line[0]].make_context(line[0], words):
        pass  # leaving it takes back what --database sets


def test_there_are_command_lines_to_read() -> None:
    assert len(command_lines()) >= 5
    assert set(keys.command.commands) == {"create", "list", "revoke"}


def test_the_settings_of_the_page_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "config.toml").write_text(text)
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path))
    settings = configured(tmp_path, {})
    assert (settings.slots, settings.max_memory_bytes, settings.max_seconds) == (2, 2 * 10**9, 3600)
    assert (settings.private_hosts, settings.secrets) == ({"db.internal"}, {"shop_db"})
    assert settings.max_runs == {"orders": 1}


def test_a_backup_holds_what_was_written_last_and_everything_but_the_queue(tmp_path: Path) -> None:
    home, target = tmp_path / "home", tmp_path / "copy"
    (home / "runs" / "r1").mkdir(parents=True)
    (home / "config.toml").write_text("[service]\n")
    (home / "dispatch.db").write_text("queue")
    journal = sqlite3.connect(home / "journal.db")
    journal.execute("pragma journal_mode=wal")
    journal.execute("create table t(a)")
    journal.execute("insert into t values (7)")
    journal.commit()  # stands in the log beside the file as long as the connection is open
    target.mkdir()
    for each in ("journal.db", "home.tar"):
        (target / each).touch(0o644)  # of an earlier copy, by a former version
    subprocess.run([ROOT / "deploy" / "backup.sh", home, target], check=True)
    journal.close()
    copy = sqlite3.connect(target / "journal.db")
    assert copy.execute("select a from t").fetchall() == [(7,)]
    copy.close()
    listed = subprocess.run(["tar", "-tf", target / "home.tar"], check=True, capture_output=True, text=True).stdout
    assert sorted(listed.split()) == ["./", "./config.toml", "./runs/", "./runs/r1/"]
    assert [(target / each).stat().st_mode & 0o777 for each in ("journal.db", "home.tar")] == [0o600, 0o600]


@pytest.mark.parametrize(("tar", "tar_says", "backup_says"), [("GNU tar", 1, 0), ("GNU tar", 2, 1), ("bsdtar", 1, 1)])
def test_a_backup_is_whole_although_runs_change_their_files_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tar: str, tar_says: int, backup_says: int
) -> None:
    sqlite3.connect(tmp_path / "journal.db").close()
    (tmp_path / "tar").write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo "{tar} 1"\nexit {tar_says}\n')
    (tmp_path / "tar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert subprocess.run([ROOT / "deploy" / "backup.sh", tmp_path, tmp_path / "copy"]).returncode == backup_says


def test_no_backup_is_made_of_a_journal_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "deploy" / "backup.sh", tmp_path, tmp_path / "copy"], capture_output=True)
    assert done.returncode != 0
    assert not (tmp_path / "journal.db").exists()


def test_the_image_runs_as_an_ordinary_user_and_says_how_it_is_asked() -> None:
    words = [line.split()[0] for line in CONTAINER.replace("\\\n", " ").splitlines() if line and line[0] not in "# "]
    assert set(words) <= {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL",
                          "HEALTHCHECK", "ENTRYPOINT", "CMD"}  # fmt: skip
    assert words.index("USER") < words.index("CMD")
    assert "/healthz" in CONTAINER


def test_the_unit_lets_runs_lock_themselves_in() -> None:
    """Older versions of systemd do not count the calls of Landlock among `@system-service`."""
    allowed = re.findall(r"^SystemCallFilter=(.*)$", UNIT, flags=re.MULTILINE)
    calls = {word for line in allowed for word in line.split()}
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= calls
