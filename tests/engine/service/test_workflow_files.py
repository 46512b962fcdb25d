"""Files for workflows that came by the API."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.service import putting
from engine.service.uploads import PREFIX, Upload, UploadProblem, checked
from tests.engine.service.in_process import Office, office
from tests.engine.service.serving import ORDERS, orders_folder

FILES = "/api/workflows/big/files"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with office(orders_folder(tmp_path), monkeypatch) as found:
        found.ask("PUT", "/api/workflows/big", content=ORDERS.replace("name: orders", "name: big"))
        yield found


def folder(served: Office) -> Path:
    return served.context.settings.folder / "_workflows" / "big"


def put(served: Office, path: str, content: bytes, **more: Any) -> Any:
    return served.ask("PUT", f"{FILES}/{path}", content=content, scope="edit", **more)


def test_a_file_is_put_listed_given_replaced_and_removed(served: Office) -> None:
    first = put(served, "lists/countries.csv", b"a,b\n")
    told = {"path": "lists/countries.csv", "bytes": 4, "sha256": hashlib.sha256(b"a,b\n").hexdigest()}
    assert (first.status_code, first.json()) == (201, told)
    assert (folder(served) / "lists" / "countries.csv").read_bytes() == b"a,b\n"
    assert put(served, "lists/countries.csv", b"a,b\n1,2\n").status_code == 200
    listed = served.ask("GET", FILES).json()
    assert [(each["path"], each["bytes"]) for each in listed["files"]] == [("lists/countries.csv", 8)]
    given = served.ask("GET", f"{FILES}/lists/countries.csv")
    assert given.content == b"a,b\n1,2\n"
    assert given.headers["content-disposition"].startswith("attachment;")
    assert served.ask("DELETE", f"{FILES}/lists/countries.csv").status_code == 204
    assert served.ask("DELETE", f"{FILES}/lists/countries.csv").status_code == 404
    assert not (folder(served) / "lists").exists()


def test_the_files_of_a_workflow_go_with_it_where_that_is_asked_for(served: Office) -> None:
    put(served, "lists/countries.csv", b"a,b\n")
    kept = served.ask("DELETE", "/api/workflows/big").json()
    assert kept == {"workflow": "big", "files": ["lists/countries.csv"], "bytes": 4, "files_removed": 0}
    assert served.ask("DELETE", "/api/workflows/big").status_code == 404
    gone = served.ask("DELETE", "/api/workflows/big?files=remove").json()
    assert gone == {"workflow": "big", "files": [], "bytes": 0, "files_removed": 1}
    assert not folder(served).exists()
    for name in ("big", "..", "%2E%2E"):
        assert served.ask("DELETE", f"/api/workflows/{name}?files=remove").status_code in {404, 405}
    assert served.context.settings.folder.is_dir()


def test_files_that_a_run_may_need_are_not_taken_away(served: Office) -> None:
    put(served, "orders.csv", b"id,amount\n1,9\n")
    begun = served.ask("POST", "/api/runs", json={"workflow": "big"})
    assert begun.status_code == 202
    refused = served.ask("DELETE", "/api/workflows/big?files=remove")
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        409,
        'a run of "big" waits or is under way and may need its files',
    )
    assert (folder(served) / "orders.csv").exists()
    assert served.ask("GET", "/api/workflows/big").status_code == 200


def test_files_of_a_run_that_begins_at_the_last_moment_stay(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    put(served, "orders.csv", b"id,amount\n1,9\n")
    answers = iter([False, True])
    monkeypatch.setattr(putting, "has_open_runs", lambda journal, workflow: next(answers))
    gone = served.ask("DELETE", "/api/workflows/big?files=remove").json()
    assert (gone["files"], gone["files_removed"]) == (["orders.csv"], 0)
    assert (folder(served) / "orders.csv").exists()


def test_what_was_put_is_what_the_workflow_reads(served: Office) -> None:
    assert served.ask("GET", "/api/workflows/big/plan").json()["plan"] is None
    put(served, "orders.csv", b"id,amount\n1,9\n")
    served.context.planner._kept.clear()
    assert served.ask("GET", "/api/workflows/big/plan").json()["plan"] is not None


@pytest.mark.parametrize("path", [
    "..%2Fx", "a/..%2F..%2Fx", ".env", "a/.git/config", "%2Fetc%2Fpasswd", "a//b", "a%2F", "a%5Cb", "x.yaml", "X.YML",
    "a" * 201, "/".join("abcdefghijk"), "%20", "a%0Ab", "caf%E9.csv",
])  # fmt: skip
def test_a_path_that_leads_elsewhere_or_names_no_data_is_refused(served: Office, path: str) -> None:
    assert put(served, path, b"x").status_code in {404, 422}
    assert [each for each in folder(served).rglob("*") if each.is_file()] == []


def test_json_that_says_it_is_a_workflow_is_none_of_its_files_and_other_json_is(served: Office) -> None:
    assert put(served, "rows.json", b'[{"a": 1}]').status_code == 201
    refused = put(served, "flow.json", b'{"ir_version": "3.1"}')
    assert (refused.status_code, refused.json()["error"]["message"]) == (422, "the file says that it is a workflow")
    assert [each.name for each in folder(served).iterdir()] == ["rows.json"]


def test_nothing_is_written_read_or_removed_through_a_link(served: Office, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (folder(served) / "way").symlink_to(outside)
    (folder(served) / "secret").symlink_to(outside / "secret")
    assert put(served, "way/new", b"x").status_code == 409
    assert put(served, "secret", b"x").status_code == 409
    for path in ("way/secret", "secret"):
        assert served.ask("GET", f"{FILES}/{path}").status_code == 404
        assert served.ask("DELETE", f"{FILES}/{path}").status_code == 404
    assert served.ask("GET", FILES).json()["files"] == []
    assert {each.name: each.read_text() for each in outside.iterdir()} == {"secret": "secret"}


def test_a_folder_is_no_file_and_a_file_no_folder(served: Office) -> None:
    put(served, "a/b", b"x")
    assert put(served, "a", b"x").status_code == 409
    assert put(served, "a/b/c", b"x").status_code == 409
    assert served.ask("DELETE", f"{FILES}/a").status_code == 404


def sized(served: Office, **sizes: int) -> None:
    served.context.settings = replace(served.context.settings, **sizes)


def test_a_file_that_is_too_large_leaves_nothing_whether_it_says_so_or_not(served: Office) -> None:
    sized(served, upload_bytes=10)
    assert put(served, "a", b"x" * 11).status_code == 413
    assert put(served, "a", iter([b"x" * 6, b"x" * 6])).status_code == 413  # type: ignore[arg-type]
    assert put(served, "a", b"x" * 10).status_code == 201
    assert os.listdir(folder(served)) == ["a"]


def test_all_files_of_a_workflow_have_their_bound_and_one_that_is_replaced_counts_once(served: Office) -> None:
    sized(served, uploads_bytes=10)
    assert put(served, "a", b"x" * 6).status_code == 201
    assert put(served, "b", b"x" * 5).status_code == 413
    assert put(served, "b", iter([b"x" * 3, b"x" * 3])).status_code == 413  # type: ignore[arg-type]
    assert put(served, "a", b"x" * 10).status_code == 200
    assert sorted(os.listdir(folder(served))) == ["a"]


def test_two_that_come_at_once_do_not_pass_the_bound_together(tmp_path: Path) -> None:
    first, second = (Upload(base=tmp_path, parts=(name,), most_bytes=10, most_in_all=10) for name in "ab")
    for each in (first, second):
        each.begin(None)
    first.write(b"x" * 6)
    second.write(b"x" * 6)
    with pytest.raises(UploadProblem, match="at most 10 bytes together"):
        first.finish()
    first.close()
    second.finish()
    second.close()
    assert os.listdir(tmp_path) == ["b"]


def test_a_full_disk_is_told_and_what_was_there_stays(served: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    put(served, "a", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    assert put(served, "a", b"new").status_code == 507
    monkeypatch.undo()
    assert (folder(served) / "a").read_bytes() == b"old"
    assert os.listdir(folder(served)) == ["a"]


def test_what_a_process_that_was_killed_left_goes_after_a_while(served: Office) -> None:
    for name, age_s in (("old", 7200), ("new", 0)):
        left = folder(served) / f"{PREFIX}{name}"
        left.write_text("x")
        os.utime(left, (left.stat().st_atime, left.stat().st_mtime - age_s))
    put(served, "a", b"x")
    assert sorted(os.listdir(folder(served))) == [f"{PREFIX}new", "a"]
    assert [each["path"] for each in served.ask("GET", FILES).json()["files"]] == ["a"]


def test_files_of_a_workflow_that_is_a_file_stand_beside_it_and_of_none_there_are_none(served: Office) -> None:
    for method in ("GET", "PUT"):
        path = "/files" if method == "GET" else "/files/a"
        assert served.ask(method, f"/api/workflows/orders{path}").status_code == 409
        assert served.ask(method, f"/api/workflows/none{path}").status_code == 404
    assert put(served, "a", b"x", headers={}).status_code == 201
    assert served.ask("GET", f"{FILES}/a", scope="run").status_code == 403


def test_a_path_of_other_scripts_is_one() -> None:
    assert checked("länder/日本.csv") == ("länder", "日本.csv")
