"""What the README shows is what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import weirflow as wf

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKFLOW = ROOT / "examples" / "quickstart" / "sales.yaml"


def block(language: str, position: int = 0) -> str:
    """A fenced block of the README."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)[position]


def test_the_workflow_in_the_readme_is_the_example():
    assert block("yaml") == WORKFLOW.read_text()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_delivered_file_is_the_one_shown(tmp_path, engine):
    wf.run(WORKFLOW, engine=engine, out=tmp_path)
    assert (tmp_path / "sales.csv").read_text() == block("csv")


def test_the_closing_table_is_the_one_shown(tmp_path):
    command = [sys.executable, "-m", "engine.cli", "run", str(WORKFLOW), "--out", "out/quickstart"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120)
    assert _without_times(done.stdout) == _without_times(block("text"))


def _without_times(text: str) -> list[list[str]]:
    """The words of each line but seconds and sizes, which differ between machines and versions."""
    plain = re.sub(r"\d+\.\d+( kB)?", "?", text)
    return [line.split() for line in plain.splitlines() if line.strip()]


def test_the_error_for_a_misspelt_column_is_the_one_shown(tmp_path):
    wrong = tmp_path / "sales.yaml"
    wrong.write_text(block("yaml").replace("field: revenue", "field: revenu"))
    (tmp_path / "sales.csv").write_bytes((ROOT / "examples" / "quickstart" / "sales.csv").read_bytes())
    found = wf.validate(wrong)
    assert [str(each).replace(str(tmp_path) + "/", "") for each in found] == [block("text", 1).rstrip("\n")]


def test_the_python_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = block("python").replace('"examples/quickstart', f'"{WORKFLOW.parents[1]}/quickstart')
    names: dict[str, object] = {}
    exec(lines, names)
    assert names["result"].status == "succeeded"  # type: ignore[attr-defined]


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
