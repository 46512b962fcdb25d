"""The page about bad rows prints what its examples give."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.docs.test_commands_page import command_lines, matches
from tests.warm_processes import script

PAGE = (Path(__file__).parents[2] / "docs" / "bad-rows.md").read_text(encoding="utf-8")


def test_every_example_of_the_page_gives_what_it_shows(tmp_path: Path) -> None:
    for name, text in re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin")
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "300"}
    environment.pop("WEIRFLOW_HOME", None)
    for command, shown in command_lines(PAGE):
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, text=True, check=False, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)  # fmt: skip
        assert matches(shown, done.stdout.splitlines()), f"$ {command}\n{done.stdout}"
