"""Files in Dropbox, read and delivered."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from tests.connectors.storage.conftest import BOTH, delivering, failure, reading, target
from tests.servers.dropbox import Dropbox
from tests.workflows import ENGINES, both_engines

MIB = 1024**2  # a chunk, here
LARGE = 2 * MIB + MIB // 2 + 7
BUSY = '{"error_summary": "too_many_write_operations/...", "error": {"reason": {".tag": "too_many_write_operations"}}}'


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_lies_in_its_folder(dropbox: Dropbox, tmp_path: Path, engine: str) -> None:
    result = wf.run(delivering("/Reports/Zürich", plugin="dropbox"), engine=engine, base=tmp_path)
    [delivered] = result.deliveries
    assert dropbox.content("/Reports/Zürich/report.csv") == BOTH
    assert (delivered.target, delivered.bytes) == ("dropbox://Reports/Zürich/report.csv", len(BOTH))
    assert delivered.sha256 == hashlib.sha256(BOTH).hexdigest()


def test_a_file_that_stands_there_is_replaced_only_if_asked_for(dropbox: Dropbox, tmp_path: Path) -> None:
    dropbox.add("/report.csv", b"old")
    assert failure(delivering("dropbox://"), tmp_path).code == "IR605"
    assert dropbox.content("/report.csv") == b"old"
    wf.run(delivering("dropbox://", options={"overwrite": True}), base=tmp_path)
    assert dropbox.content("/report.csv") == BOTH


@pytest.mark.parametrize("size", [0, 5, LARGE], ids=["empty", "small", "in a session"])
@pytest.mark.parametrize("theirs", [b"theirs", None], ids=["other content", "the same content"])
def test_a_file_made_meanwhile_stays_as_it_is(
    dropbox: Dropbox, tmp_path: Path, size: int, theirs: bytes | None
) -> None:
    content = os.urandom(size)
    with target("dropbox://report.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content)
        dropbox.add("/report.bin", content if theirs is None else theirs)
        before = dropbox.files["/report.bin"]["rev"]
        with pytest.raises(ConnectorProblem, match="IR605"):
            staged.commit()
    assert dropbox.files["/report.bin"]["rev"] == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("size", [0, 1, MIB, MIB + 1, LARGE])
def test_files_of_any_size_arrive_as_they_are(dropbox: Dropbox, tmp_path: Path, size: int, overwrite: bool) -> None:
    content = os.urandom(size)
    with target("dropbox://a/large.bin", tmp_path, overwrite=overwrite).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    assert dropbox.content("/a/large.bin") == content
    assert dropbox.asked("POST", "append_v2") == (0 if size <= MIB else -(-size // MIB))


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 429, "headers": {"Retry-After": "7"}, "body": BUSY}, {"lost": True}, {"cut": 300_000}],
    ids=["5xx", "429", "answer lost", "cut off"],
)
@pytest.mark.parametrize(
    ("path", "skip"),
    [("session/start", 0), ("append_v2", 0), ("append_v2", 2), ("session/finish", 0), ("files/upload$", 0)],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_upload_goes_on_where_it_was_interrupted(
    dropbox: Dropbox, tmp_path: Path, waits: list[float], fault: dict[str, Any], path: str, skip: int, overwrite: bool
) -> None:
    content = os.urandom(MIB if path == "files/upload$" else LARGE)
    struck = dropbox.fail("POST", path, skip=skip, **fault)
    with target("dropbox://large.bin", tmp_path, overwrite=overwrite).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    assert struck.times == 0
    assert dropbox.content("/large.bin") == content
    assert len(waits) <= 1
    assert waits == [7.0] if "headers" in fault else all(0.25 <= each <= 0.5 for each in waits)


def test_a_session_that_the_service_has_lost_is_begun_anew(dropbox: Dropbox, tmp_path: Path) -> None:
    content = os.urandom(LARGE)
    dropbox.fail("POST", "append_v2", action=dropbox.sessions.clear, skip=1)
    with target("dropbox://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    assert dropbox.content("/large.bin") == content
    assert dropbox.asked("POST", "upload_session/start") == 2


def test_somebody_elses_file_is_not_taken_for_ours_after_a_lost_answer(dropbox: Dropbox, tmp_path: Path) -> None:
    with target("dropbox://report.csv", tmp_path).stage() as staged:
        staged.path.write_bytes(b"ours")
        dropbox.fail("POST", "files/upload$", status=500)
        dropbox.fail("POST", "files/upload$", action=lambda: dropbox.add("/report.csv", b"theirs"))
        with pytest.raises(ConnectorProblem, match="IR605"):
            staged.commit()
    assert dropbox.content("/report.csv") == b"theirs"


def test_a_service_that_stays_busy_is_told_and_leaves_nothing(
    dropbox: Dropbox, tmp_path: Path, waits: list[float]
) -> None:
    dropbox.fail("POST", "files/upload$", status=503, times=100)
    [failed] = wf.run(delivering("dropbox://"), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR589"
    assert failed.error == "dropbox://report.csv could not be written: Dropbox answered 503 again and again"
    assert dropbox.files == {}
    assert len(waits) == 5


@pytest.mark.parametrize(
    ("token", "said"),
    [("old-token", "the access token has expired"), ("no-token", "the access token is not known, or was revoked")],
)
def test_a_token_that_is_refused_is_told(
    dropbox: Dropbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, said: str
) -> None:
    monkeypatch.setenv("SHOP", dropbox.credentials(access_token=token))
    found = failure(delivering("dropbox://"), tmp_path)
    assert (found.code, found.message) == ("IR586", f"dropbox://report.csv could not be written: {said}")
    assert token not in str(found)


def test_a_refresh_token_gets_a_new_token_also_in_the_middle_of_an_upload(
    dropbox: Dropbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = {"refresh_token": "refresh-me", "app_key": "app", "app_secret": "hunter2"}
    monkeypatch.setenv("SHOP", dropbox.credentials(**app))
    dropbox.fail("POST", "append_v2", action=dropbox.tokens.clear, skip=1)
    with target("dropbox://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(bytes(LARGE))
        staged.commit()
    assert dropbox.content("/large.bin") == bytes(LARGE)
    assert dropbox.asked("POST", "/oauth2/token") == 2
    monkeypatch.setenv("SHOP", dropbox.credentials(**{**app, "refresh_token": "revoked"}))
    assert failure(delivering("dropbox://"), tmp_path).code == "IR586"


def test_a_public_file_has_a_shared_link(dropbox: Dropbox, tmp_path: Path) -> None:
    document = delivering("dropbox://", options={"public": True, "overwrite": True})
    [first] = wf.run(document, base=tmp_path).deliveries
    assert first.link == dropbox.links["/report.csv"]
    [second] = wf.run(document, base=tmp_path).deliveries
    assert second.link == first.link


@pytest.mark.parametrize(("overwrite", "stood"), [(False, False), (True, False), (True, True)])
def test_a_file_that_may_not_be_public_is_not_there_unless_it_was(
    dropbox: Dropbox, tmp_path: Path, overwrite: bool, stood: bool
) -> None:
    if stood:
        dropbox.add("/report.csv", b"old")
    body = '{"error_summary": "settings_error/not_authorized/..", "error": {".tag": "settings_error"}}'
    dropbox.fail("POST", "create_shared_link", status=409, body=body)
    [failed] = wf.run(
        delivering("dropbox://", options={"public": True, "overwrite": overwrite}), base=tmp_path
    ).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR620"
    assert ("/report.csv" in dropbox.files) == stood


def test_what_arrived_otherwise_than_it_was_sent_is_an_error(dropbox: Dropbox, tmp_path: Path) -> None:
    add = dropbox.add
    dropbox.add = lambda path, content: add(path, content.replace(b"Bern", b"Bonn"))  # type: ignore[method-assign]
    [failed] = wf.run(delivering("dropbox://"), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR623"


def test_groups_are_files_of_their_own_and_all_or_none(dropbox: Dropbox, tmp_path: Path) -> None:
    rows = [{"id": number, "city": f"c{number}"} for number in range(12)]
    split = {"filename_template": "{{group.key}}.csv", "options": {"split_by": "city"}}
    wf.run(delivering("dropbox://Cities", rows=rows, **split), base=tmp_path)
    assert len(dropbox.files) == 12
    body = '{"error_summary": "path/no_write_permission/..", "error": {".tag": "path"}}'
    dropbox.fail("POST", "files/upload$", status=409, body=body, skip=7)
    [failed] = wf.run(delivering("dropbox://More", rows=rows, **split), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR586"
    assert len(dropbox.files) == 12


def test_a_name_that_dropbox_does_not_take_is_told(dropbox: Dropbox, tmp_path: Path) -> None:
    dropbox.add("/report.csv/inner.csv", b"x")
    [failed] = wf.run(delivering("dropbox://", options={"overwrite": True}), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR606"


def test_globs_read_every_page_of_a_folder(dropbox: Dropbox) -> None:
    dropbox.page_size = 2
    for number in range(5):
        dropbox.add(f"/In/{number}.csv", f"a\n{number}\n".encode())
    dropbox.add("/In/other.txt", b"x")
    dropbox.add("/In/deeper/9.csv", b"a\n9\n")
    frame = both_engines(reading("dropbox://In/*.csv", file_column="file"))
    assert frame["a"].to_list() == [0, 1, 2, 3, 4]
    assert frame["file"][0] == "dropbox://In/0.csv"
    assert both_engines(reading("dropbox://In/**/*.csv"))["a"].to_list() == [0, 1, 2, 3, 4, 9]


def test_every_format_is_read(dropbox: Dropbox, tmp_path: Path) -> None:
    for form in ("csv", "json", "ndjson", "parquet"):
        wf.run(delivering("dropbox://", format=form, filename_template=f"r.{form}"), base=tmp_path)
    frame = pl.DataFrame({"id": [1, 2], "city": ["Bern", "Rome"]})
    for form, write in (("xlsx", frame.write_excel), ("arrow", frame.write_ipc)):
        write(tmp_path / f"r.{form}")
        dropbox.add(f"/r.{form}", (tmp_path / f"r.{form}").read_bytes())
    for form in ("csv", "json", "ndjson", "parquet", "xlsx", "arrow"):
        assert both_engines(reading(f"dropbox://r.{form}")).rows() == [(1, "Bern"), (2, "Rome")]


def test_reading_tries_again_and_tells_what_is_missing(dropbox: Dropbox) -> None:
    dropbox.add("/a.csv", b"a\n1\n")
    dropbox.fail("POST", "download", lost=True)
    dropbox.fail("POST", "get_metadata", status=502)
    assert both_engines(reading("dropbox://a.csv"))["a"].to_list() == [1]
    with pytest.raises(wf.WorkflowError, match="IR505"):
        wf.compile(reading("dropbox://none.csv"))


def test_a_teams_space_and_member_are_sent_along(
    dropbox: Dropbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str | None, str | None]] = []
    check = dropbox._check

    def noting(request: Any) -> None:
        seen.append((request.headers.get("Dropbox-API-Path-Root"), request.headers.get("Dropbox-API-Select-User")))
        check(request)

    dropbox._check = noting  # type: ignore[method-assign]
    monkeypatch.setenv("SHOP", dropbox.credentials(root_namespace="123", team_member="dbmid:1"))
    wf.run(delivering("dropbox://"), base=tmp_path)
    assert set(seen) == {('{".tag": "namespace_id", "namespace_id": "123"}', "dbmid:1")}


def test_validate_and_a_plan_of_a_delivery_ask_nothing(dropbox: Dropbox, tmp_path: Path) -> None:
    assert [each.code for each in wf.validate(reading("dropbox://a.csv"))] == ["IR508"]
    plan = wf.compile(delivering("Reports", plugin="dropbox"), base=tmp_path)
    assert "dropbox://Reports/report.csv" in str(plan)
    assert dropbox.requests == []


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ('{"app_key": "app"}', "there is no token"),
        ('{"refresh_token": "hunter2"}', "app_key is missing"),
        ('{"acess_token": "hunter2"}', 'have no part "acess_token"'),
        ('{"access_token": 7}', "access_token is no text"),
    ],
)
def test_credentials_that_are_none_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, message: str
) -> None:
    monkeypatch.setenv("SHOP", secret)
    found = failure(delivering("dropbox://"), tmp_path)
    assert found.code == "IR585"
    assert message in found.message
    assert "hunter2" not in str(found)
