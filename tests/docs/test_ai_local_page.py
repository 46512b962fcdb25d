"""The page on AI operations without a service: its workflow gives what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import weirflow as wf

PAGE = Path(__file__).parents[2] / "docs" / "ai-local.md"


def test_the_workflow_of_the_page_gives_what_it_shows(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    [written] = re.findall(r"```yaml\n(ir_version.*?)```", text, re.DOTALL)
    source, made = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    (tmp_path / "mails.csv").write_text(source)
    (tmp_path / "billed.yaml").write_text(written)
    wf.run(tmp_path / "billed.yaml", out=tmp_path)
    assert (tmp_path / "billed.csv").read_text() == made
