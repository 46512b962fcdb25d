"""Destinations: checked first, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import fsspec
import pytest

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Account
from connectors.storage.destination import Target, plan_target, safe_filename


@dataclass(frozen=True)
class Place:
    path: str | None = None
    plugin_key: str | None = None


def target(base: Path, filename: str, *, path: str | None = None, plugin: str | None = None, overwrite: bool = False,
           policy: Policy | None = None) -> Target:  # fmt: skip
    return plan_target(base, Place(path, plugin), filename, overwrite=overwrite, scratch=base / "scratch",
                       account=Account(policy=policy or Policy.open(), base=base))  # fmt: skip


def raise_after_writing(path: Path) -> None:
    path.write_bytes(b"half")
    raise ZeroDivisionError


def refused(base: Path, filename: str, **about: str) -> str:
    with pytest.raises(ConnectorProblem) as problem:
        target(base, filename, **about)  # type: ignore[arg-type]
    return problem.value.code


def test_a_committed_file_is_there_with_its_size_and_hash(tmp_path: Path) -> None:
    with target(tmp_path, "report.csv", path="out/daily").stage() as staged:
        staged.path.write_bytes(b"a\n1\n")
        delivered = staged.commit()
    assert (tmp_path / "out/daily/report.csv").read_bytes() == b"a\n1\n"
    assert (delivered.bytes, delivered.sha256) == (4, hashlib.sha256(b"a\n1\n").hexdigest())
    assert os.listdir(tmp_path / "out/daily") == ["report.csv"]


def test_an_error_while_writing_leaves_nothing_behind_and_the_old_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("old")
    staged = target(tmp_path, "report.csv", overwrite=True).stage()
    with pytest.raises(ZeroDivisionError), staged:
        raise_after_writing(staged.path)
    assert os.listdir(tmp_path) == ["report.csv"]
    assert (tmp_path / "report.csv").read_text() == "old"


def test_an_error_takes_the_folders_made_for_the_file_with_it(tmp_path: Path) -> None:
    target(tmp_path, "report.csv", path="a/b").stage().discard()
    assert os.listdir(tmp_path) == []


def test_planning_a_target_writes_nothing(tmp_path: Path) -> None:
    target(tmp_path, "report.csv", path="out").check_free()
    assert os.listdir(tmp_path) == []


def test_an_existing_file_is_an_error_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("old")
    with pytest.raises(ConnectorProblem) as problem:
        target(tmp_path, "report.csv").check_free()
    assert problem.value.code == "IR605"
    target(tmp_path, "report.csv", overwrite=True).check_free()


def test_a_file_made_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    with target(tmp_path, "report.csv").stage() as staged:
        staged.path.write_bytes(b"ours")
        (tmp_path / "report.csv").write_text("theirs")
        with pytest.raises(ConnectorProblem) as problem:
            staged.commit()
    assert problem.value.code == "IR605"
    assert (tmp_path / "report.csv").read_text() == "theirs"
    assert os.listdir(tmp_path) == ["report.csv"]


def test_overwriting_replaces_the_content_and_keeps_the_rights(tmp_path: Path) -> None:
    old = tmp_path / "report.csv"
    old.write_text("old")
    old.chmod(0o640)
    with target(tmp_path, "report.csv", overwrite=True).stage() as staged:
        staged.path.write_bytes(b"new")
        staged.commit()
    assert old.read_text() == "new"
    assert old.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["../up.csv", "a/../../up.csv", "/etc/up.csv", "..\\up.csv", "C:\\up.csv",
                                  "s3://b/up.csv", "", ".", "folder/", "x" * 260])  # fmt: skip
def test_a_file_name_never_leaves_its_destination(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, name, path="out") == "IR606"


def test_a_link_that_leads_out_of_the_destination_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/link").symlink_to(tmp_path / "elsewhere")
    assert refused(tmp_path, "link/report.csv", path="out") == "IR606"


def test_a_closed_policy_refuses_other_folders_and_schemes(tmp_path: Path) -> None:
    policy = Policy.closed(tmp_path / "allowed")
    assert target(tmp_path, "report.csv", path="allowed", policy=policy).path == tmp_path / "allowed/report.csv"
    for path in ("elsewhere", "memory://bucket"):
        with pytest.raises(ConnectorProblem, match="may not write"):
            target(tmp_path, "report.csv", path=path, policy=policy)


@pytest.mark.parametrize(
    ("plugin", "path", "url"),
    [
        ("s3", "bucket/reports", "s3://bucket/reports/a.csv"),
        ("s3", "s3://bucket/reports/", "s3://bucket/reports/a.csv"),
        ("google-drive", "Reports/2026", "gdrive://Reports/2026/a.csv"),
        ("dropbox", "/Reports", "dropbox://Reports/a.csv"),
        ("dropbox", ".", "dropbox://a.csv"),
        (None, "memory://bucket", "memory://bucket/a.csv"),
    ],
)
def test_a_plugin_key_and_a_path_make_a_url(tmp_path: Path, plugin: str | None, path: str, url: str) -> None:
    place = target(tmp_path, "a.csv", plugin=plugin, path=path).place
    assert place is not None
    assert place.url == url


def test_a_plugin_key_that_is_no_store_or_another_one_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "a.csv", plugin="ftp") == "IR204"
    assert refused(tmp_path, "a.csv", plugin="s3", path="memory://bucket") == "IR204"


def test_a_remote_file_appears_on_commit_only(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    with target(tmp_path, "report.csv", path="memory://whole").stage() as staged:
        staged.path.write_bytes(b"done")
        assert not memory.exists("/whole/report.csv")
        delivered = staged.commit()
    assert memory.cat("/whole/report.csv") == b"done"
    assert delivered.target == "memory://whole/report.csv"
    assert os.listdir(tmp_path) == []


def test_an_error_before_a_remote_commit_leaves_nothing_there_or_here(tmp_path: Path) -> None:
    staged = target(tmp_path, "report.csv", path="memory://half").stage()
    with pytest.raises(ZeroDivisionError), staged:
        raise_after_writing(staged.path)
    assert not fsspec.filesystem("memory").exists("/half/report.csv")
    assert os.listdir(tmp_path) == []


def test_an_existing_remote_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/kept/report.csv", b"old")
    with pytest.raises(ConnectorProblem) as problem:
        target(tmp_path, "report.csv", path="memory://kept").check_free()
    assert problem.value.code == "IR605"
    with target(tmp_path, "report.csv", path="memory://kept", overwrite=True).stage() as staged:
        staged.path.write_bytes(b"new")
        staged.commit()
    assert fsspec.filesystem("memory").cat("/kept/report.csv") == b"new"


def test_a_folder_that_cannot_be_made_is_told_before_any_row_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConnectorProblem) as problem:
        target(tmp_path, "report.csv", path="file/below").stage()
    assert problem.value.code == "IR608"


def test_a_url_is_shown_without_its_password(tmp_path: Path) -> None:
    assert "hunter2" not in target(tmp_path, "a.csv", path="sftp://me:hunter2@host/reports").shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a/b\\c", "a_b_c"),
        ("..", "__"),
        (".hidden", "_hidden"),
        ("x\n\x00y", "x__y"),
        ("a\u202efdp.exe", "a_fdp.exe"),
        ("Zürich 1", "Zürich 1"),
    ],
)
def test_values_in_file_names_lose_separators_and_control_characters(text: str, safe: str) -> None:
    assert safe_filename(text) == safe


def test_a_control_character_in_a_file_name_is_refused_and_shown_as_an_escape(tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem) as problem:
        target(tmp_path, "a\nb.csv")
    assert problem.value.message == r"the file name 'a\nb.csv' holds a control character"


def test_a_file_where_a_folder_is_wanted_is_said(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file")
    with pytest.raises(ConnectorProblem) as problem:
        target(tmp_path, "report.csv", path="report").stage()
    assert problem.value.code == "IR608"
    assert problem.value.message.endswith("cannot be written: Not a directory")


def test_one_file_has_one_identity_whatever_way_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    ways = [target(tmp_path, "a.csv", path=path).identity for path in ("real", "link", "real/../real", "./real/")]
    assert set(ways) == {str(tmp_path.resolve() / "real" / "a.csv")}


def test_a_file_that_stands_behind_a_folder_still_to_be_made_is_seen(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("old")
    hidden = Target(path=tmp_path / "out" / ".." / "report.csv", shown="report.csv", overwrite=False, scratch=tmp_path)
    assert hidden.exists()
    with pytest.raises(ConnectorProblem, match="exists already"):
        hidden.check_free()
