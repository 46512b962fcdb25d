"""Every command line that docs/commands.md shows prints what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS
from tests.warm_processes import script

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def command_lines(page: str) -> list[tuple[str, list[str]]]:
    """(command, the lines shown under it), top to bottom."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", page, flags=re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
    return found


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines are the same, where `…` on a line of its own is any lines, and in a line any text."""
    if not shown:
        return not printed
    if shown[0].strip() == "…":
        return any(matches(shown[1:], printed[start:]) for start in range(len(printed) + 1))
    pattern = ".*".join(re.escape(part) for part in shown[0].rstrip().split("…"))
    return bool(printed) and re.fullmatch(pattern, printed[0].rstrip()) is not None and matches(shown[1:], printed[1:])


def test_every_command_line_prints_what_the_page_shows(tmp_path: Path) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "here"
    programs.mkdir()
    folder.mkdir()
    script(programs)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100"}
    for command, shown in command_lines(PAGE):
        done = subprocess.run(command, shell=True, cwd=folder, env=environment, text=True, check=False, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # fmt: skip
        assert matches(shown, done.stdout.splitlines()), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section_with_an_example(command: str) -> None:
    section = re.search(rf"^## {re.escape(command)}\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert section
    assert re.search(rf"^\$ (timeout \S+ \d+ )?weirflow {command}\b", section[1], flags=re.MULTILINE)
