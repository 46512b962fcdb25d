"""The page about conditionals prints what its example gives."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.docs.test_commands_page import matches
from tests.warm_processes import script

PAGE = (Path(__file__).parents[2] / "docs" / "conditionals.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_gives_what_it_shows(tmp_path: Path) -> None:
    [(name, text)] = re.findall(r"^`([\w.]+)`:\n\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL | re.MULTILINE)
    (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin")
    path = os.pathsep.join([str(tmp_path / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "300"}
    [block] = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE):
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, text=True, check=False, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # fmt: skip
        assert matches(shown.splitlines(), done.stdout.splitlines()), f"$ {command}\n{done.stdout}"
