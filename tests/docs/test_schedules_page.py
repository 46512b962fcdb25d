"""The page about schedules prints what its examples give."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from engine.cli.main import run_command_line
from tests.docs.test_commands_page import command_lines, matches

PAGE = (Path(__file__).parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def test_every_command_of_the_page_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    shown = command_lines(PAGE)
    assert len(shown) > 5
    for command, lines in shown:
        run_command_line(shlex.split(command.removeprefix("weirflow ")))
        said = capsys.readouterr()
        # what is said goes before and after the times, as it does on a terminal
        head, *rest = said.err.splitlines() or [""]
        printed = [head, *said.out.splitlines(), *rest] if said.err else said.out.splitlines()
        assert matches(lines, printed), f"$ {command}\n{said.err}{said.out}"
