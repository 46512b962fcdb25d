"""`weirflow plan --diff`: exit code 1 for a difference, 0 for none, 2 for what cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run_command_line
from engine.starter import write_starter


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_starter(tmp_path)
    changed = (tmp_path / "sales.yaml").read_text().replace("orders: count(*)", "sales: count(*)")
    (tmp_path / "changed.yaml").write_text(changed)
    return tmp_path


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run_command_line([str(each) for each in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_difference_ends_with_1_and_names_the_column(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "plan", shop / "changed.yaml", "--diff", shop / "sales.yaml")
    assert code == 1
    assert "- column orders integer" in out
    assert "+ column sales integer" in out


def test_no_difference_ends_with_0(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = shop / "plan.json"
    assert called(capsys, "plan", shop / "sales.yaml", "--format", "json", "-o", saved)[0] == 0
    assert called(capsys, "plan", shop / "sales.yaml", "--diff", saved)[:2] == (0, "no difference\n")


def test_tools_read_the_difference_as_json(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "plan", shop / "changed.yaml", "--diff", shop / "sales.yaml", "--format", "json")
    told = json.loads(out)
    assert (code, told["equal"]) == (1, False)
    parts = {part["what"]: (part["old"], part["new"]) for part in told["steps"][0]["parts"]}
    assert parts["column orders"] == ("integer", None)
    assert parts["column sales"] == (None, "integer")


def test_an_old_workflow_that_cannot_be_compiled_is_told_at_its_place(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "broken.yaml").write_text((shop / "sales.yaml").read_text().replace("field: status", "field: statsu"))
    code, out, err = called(capsys, "plan", shop / "sales.yaml", "--diff", shop / "broken.yaml")
    assert (code, out) == (2, "")
    assert "broken.yaml:" in err
    assert called(capsys, "plan", shop / "sales.yaml", "--diff", shop / "missing.yaml")[0] == 2


def test_a_difference_is_no_picture(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = called(capsys, "plan", shop / "sales.yaml", "--diff", shop / "sales.yaml", "--format", "mermaid")
    assert code == 2
    assert "--diff prints text or json, not mermaid" in err
