"""`weirflow init`: the starter runs at once, and nothing that exists is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run_command_line
from ir.loading import load

# 231.00 is a lamp for 42.00 and a desk for 189.00; 121.80 two lamps and forty pens, without the cancelled desk
REPORT = """\
month,region,orders,customers,revenue
2026-03-01,north,2,2,231.00
2026-03-01,west,1,1,74.50
2026-03-01,south,1,1,21.00
2026-02-01,north,2,2,175.25
2026-02-01,south,2,1,121.80
2026-02-01,west,1,1,38.40
2026-01-01,north,2,2,203.00
2026-01-01,west,1,1,39.90
2026-01-01,south,2,2,39.50
"""


def called(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run_command_line([str(each) for each in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_starter_validates_and_runs_at_once(
    form: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert called(capsys, "init", "shop", "--format", form)[0] == 0
    workflow = f"shop/sales.{form}"
    assert called(capsys, "validate", workflow) == (0, "", f"{workflow}: no problems\n")
    assert called(capsys, "run", workflow, "--engine", engine, "-q")[0] == 0
    assert Path("shop/out/sales.csv").read_text() == REPORT
    # the report may be made again on the same day
    assert called(capsys, "run", workflow, "--engine", engine, "-q")[0] == 0


def test_init_lists_what_it_wrote_and_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = called(capsys, "init", tmp_path / "my shop")
    assert code == 0
    assert out.splitlines() == [
        str(tmp_path / "my shop" / name) for name in ("sales.yaml", "data/customers.csv", "data/orders.csv")
    ]
    assert f"weirflow run '{tmp_path}/my shop/sales.yaml'" in err


def test_the_current_folder_is_where_it_writes_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert called(capsys, "init")[1].splitlines()[0] == "sales.yaml"
    assert (tmp_path / "data" / "orders.csv").exists()


@pytest.mark.parametrize("taken", ["sales.yaml", "data/orders.csv"])
def test_nothing_is_written_where_one_of_the_files_exists(
    taken: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / taken
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    code, out, err = called(capsys, "init", tmp_path)
    assert (code, out) == (2, "")
    assert f"{mine} exists already; nothing was written" in err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_a_slip_of_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop").write_text("")
    code, _, err = called(capsys, "init", tmp_path / "shop" / "inner")
    assert code == 2
    assert "is a file, not a folder" in err


def test_the_json_starter_says_what_the_yaml_one_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called(capsys, "init", tmp_path / "a")
    called(capsys, "init", tmp_path / "b", "--format", "json")
    written = (tmp_path / "b" / "sales.json").read_text()
    assert json.loads(written) == json.loads(json.dumps(load(tmp_path / "a" / "sales.yaml").value))
