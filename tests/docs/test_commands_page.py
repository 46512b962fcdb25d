"""Every command line that docs/commands.md shows prints what the page says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
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
        printed = output(command, shown, cwd=folder, env=environment, file=tmp_path / "printed")
        assert matches(shown, printed.splitlines()), f"$ {command}\n{printed}"


def output(command: str, shown: list[str], *, cwd: Path, env: Mapping[str, str], file: Path) -> str:
    """What a command prints. One that `timeout` ends has all the time it needs to print what is shown."""
    patient = re.sub(r"^timeout (\S+) \d+ ", r"timeout \1 280 ", command)
    with file.open("w") as printed:
        process = subprocess.Popen(f"exec {patient}" if patient != command else command, shell=True, cwd=cwd, env=env,
                                   stdout=printed, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # fmt: skip
    while patient != command and process.poll() is None and not matches(shown, file.read_text().splitlines()):
        time.sleep(0.05)
    if patient != command:
        process.send_signal(signal.SIGINT)  # as timeout does by itself
    process.wait(300)
    return file.read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section_with_an_example(command: str) -> None:
    section = re.search(rf"^## {re.escape(command)}\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert section
    assert re.search(rf"^\$ (timeout \S+ \d+ )?weirflow {command}\b", section[1], flags=re.MULTILINE)
