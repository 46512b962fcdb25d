"""Files that runs delivered: given out as they were delivered, and nothing else."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.service.views.delivered_file import NotAsDelivered, local_path, media_type, opened
from engine.service.web.files import attachment

TEXT = b"id,amount\n2,7\n"
SHA256 = hashlib.sha256(TEXT).hexdigest()


def _open(path: Path, base: Path) -> bytes:
    found = opened(str(path), base=base, bytes=len(TEXT), sha256=SHA256)
    with found.stream:
        return found.stream.read()


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "flows" / ".weirflow"))
    folder = tmp_path / "flows"
    (folder / "out").mkdir(parents=True)
    (folder / "out" / "over.csv").write_bytes(TEXT)
    return folder


def test_a_file_is_given_out_as_it_was_delivered(base: Path) -> None:
    assert _open(base / "out" / "over.csv", base) == TEXT


def test_a_file_that_was_changed_since_is_not_given_out(base: Path) -> None:
    (base / "out" / "over.csv").write_bytes(TEXT.replace(b"7", b"8"))
    with pytest.raises(NotAsDelivered):
        _open(base / "out" / "over.csv", base)


def test_a_file_outside_of_the_workflows_folder_is_not_given_out(base: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_bytes(TEXT)
    for each in (tmp_path / "other.csv", base / "out" / ".." / ".." / "other.csv"):
        with pytest.raises(NotAsDelivered):
            _open(each, base)


def test_a_link_to_a_file_outside_is_not_followed(base: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_bytes(TEXT)
    (base / "link.csv").symlink_to(tmp_path / "other.csv")
    (base / "away").symlink_to(tmp_path)
    for each in (base / "link.csv", base / "away" / "other.csv"):
        with pytest.raises(NotAsDelivered):
            _open(each, base)


def test_nothing_of_the_home_is_given_out(base: Path) -> None:
    (base / ".weirflow").mkdir()
    (base / ".weirflow" / "secrets.toml").write_bytes(TEXT)
    with pytest.raises(NotAsDelivered):
        _open(base / ".weirflow" / "secrets.toml", base)


def test_a_pipe_is_no_file_and_holds_nobody_up(base: Path) -> None:
    os.mkfifo(base / "pipe.csv")
    assert local_path(str(base / "pipe.csv"), base=base, bytes=0) is None


@pytest.mark.parametrize("target", ["s3://bucket/over.csv", "out/over.csv", "", "/\0", "/" + "x" * 5000])
def test_what_is_no_absolute_path_of_this_machine_is_none(base: Path, target: str) -> None:
    assert local_path(target, base=base, bytes=len(TEXT)) is None


def test_a_name_stays_one_header(base: Path) -> None:
    assert attachment('a"\r\nX: 1;ü.csv') == (
        "attachment; filename=\"a___X_ 1__.csv\"; filename*=UTF-8''a%22%0D%0AX%3A%201%3B%C3%BC.csv"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.CSV", "text/csv; charset=utf-8"), ("a.csv.gz", "application/gzip"), ("a", "application/octet-stream"),
     ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")],
)  # fmt: skip
def test_a_file_has_the_type_of_its_ending(name: str, kind: str) -> None:
    assert media_type(name) == kind
