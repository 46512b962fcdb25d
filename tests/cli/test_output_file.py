import stat
from pathlib import Path

import click
import pytest

from engine.cli.console import print_or_write, printable


def test_a_result_is_written_whole_with_a_last_line_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_or_write("graph LR", file=tmp_path / "plan.mmd")
    assert (tmp_path / "plan.mmd").read_bytes() == b"graph LR\n"
    assert [path.name for path in tmp_path.iterdir()] == ["plan.mmd"]
    assert capsys.readouterr().out == ""


def test_a_written_file_has_the_permissions_of_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_text("")
    print_or_write("{}", file=tmp_path / "plan.json")
    assert stat.S_IMODE((tmp_path / "plan.json").stat().st_mode) == stat.S_IMODE((tmp_path / "ordinary").stat().st_mode)


def test_a_folder_that_does_not_exist_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="no such file or directory"):
        print_or_write("{}", file=tmp_path / "missing" / "plan.json")


def test_a_folder_in_the_place_of_the_file_is_told_in_words_and_nothing_remains(tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(click.UsageError, match="is a directory"):
        print_or_write("{}", file=tmp_path / "plan.json")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def test_line_ends_and_tabs_stay_but_escapes_are_shown() -> None:
    assert printable("a\n\tb\x1b[31m\x07\x9b") == "a\n\tb\\x1b[31m\\x07\\x9b"
