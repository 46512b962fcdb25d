"""Files on Google Drive, read and delivered."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from tests.connectors.storage.conftest import BOTH, delivering, failure, reading, target
from tests.servers.drive import FOLDER, SHARED, Drive
from tests.workflows import ENGINES, both_engines

MIB = 1024**2  # a chunk, here
LARGE = 2 * MIB + MIB // 2 + 7
RATE = '{"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}'
UPLOADS = r"/upload/drive/v3/files\?.*upload_id="


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_lies_in_folders_made_for_it(drive: Drive, tmp_path: Path, engine: str) -> None:
    result = wf.run(delivering("Reports/2026", plugin="google-drive"), engine=engine, base=tmp_path)
    [delivered] = result.deliveries
    [file], [year], [reports] = drive.named("report.csv"), drive.named("2026"), drive.named("Reports")
    assert file["content"] == BOTH
    assert (file["parents"], year["parents"]) == ([year["id"]], [reports["id"]])
    assert file["mimeType"] == "text/csv; charset=utf-8"
    assert (delivered.target, delivered.bytes) == ("gdrive://Reports/2026/report.csv", len(BOTH))
    assert delivered.sha256 == hashlib.sha256(BOTH).hexdigest()


def test_a_path_may_begin_with_the_id_of_a_folder(drive: Drive, tmp_path: Path) -> None:
    folder = drive.add("Shared with me", mimeType=FOLDER, parent="somewhere")
    wf.run(delivering(f"gdrive://{folder}"), base=tmp_path)
    assert drive.named("report.csv")[0]["parents"] == [folder]


def test_a_folder_of_an_id_that_is_not_seen_is_told_before_anything_is_written(drive: Drive, tmp_path: Path) -> None:
    found = failure(delivering("gdrive://1NoSuchFolder0000000000000000000"), tmp_path)
    assert (found.code, found.pointer[-1]) == ("IR587", "path")
    assert drive.asked("POST", "") == 0


def test_a_shared_drive_is_where_paths_begin(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", drive.credentials(drive_id=SHARED))
    wf.run(delivering("Reports", plugin="google-drive"), base=tmp_path)
    [folder] = drive.named("Reports")
    assert folder["parents"] == [SHARED]
    assert both_engines(reading("gdrive://Reports/*.csv")).rows() == [(1, "Bern"), (2, "Rome")]


def test_a_file_that_stands_there_is_replaced_only_if_asked_for(drive: Drive, tmp_path: Path) -> None:
    id_ = drive.add("report.csv", b"old")
    assert failure(delivering("gdrive://"), tmp_path).code == "IR605"
    wf.run(delivering("gdrive://", options={"overwrite": True}), base=tmp_path)
    [file] = drive.named("report.csv")
    assert (file["id"], file["content"]) == (id_, BOTH)


def test_of_several_files_of_one_name_none_is_taken(drive: Drive, tmp_path: Path) -> None:
    drive.add("report.csv", b"a\n1\n")
    drive.add("report.csv", b"a\n2\n")
    found = failure(delivering("gdrive://", options={"overwrite": True}), tmp_path)
    assert (found.code, found.message) == (
        "IR588", 'gdrive://report.csv could not be written: 2 entries are named "report.csv"'
    )  # fmt: skip
    for location in ("gdrive://report.csv", "gdrive://*.csv"):
        with pytest.raises(wf.WorkflowError, match="IR588"):
            wf.compile(reading(location))


def test_of_two_that_make_a_file_at_once_the_earlier_wins(drive: Drive, tmp_path: Path) -> None:
    with target("gdrive://report.csv", tmp_path).stage() as staged:
        staged.path.write_bytes(b"ours")
        drive.fail("POST", "/upload/", action=lambda: drive.add("report.csv", b"theirs"))
        with pytest.raises(ConnectorProblem, match="IR605"):
            staged.commit()
    assert [each["content"] for each in drive.named("report.csv")] == [b"theirs"]


@pytest.mark.parametrize("size", [0, 1, MIB, LARGE])
def test_files_of_any_size_arrive_as_they_are(drive: Drive, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    with target("gdrive://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    [file] = drive.named("large.bin")
    assert file["content"] == content
    assert drive.asked("PUT", UPLOADS) == max(1, -(-size // MIB))


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 429, "headers": {"Retry-After": "7"}}, {"lost": True}, {"cut": 300_000}],
    ids=["5xx", "429", "answer lost", "cut off"],
)
@pytest.mark.parametrize("skip", [0, 1, 2], ids=["first chunk", "second", "last"])
def test_an_upload_goes_on_where_it_was_interrupted(
    drive: Drive, tmp_path: Path, waits: list[float], fault: dict, skip: int
) -> None:
    content = os.urandom(LARGE)
    drive.fail("PUT", UPLOADS, skip=skip, **fault)
    with target("gdrive://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    [file] = drive.named("large.bin")
    assert file["content"] == content
    assert drive.asked("POST", "/upload/") == 1
    assert waits == [7.0] if "headers" in fault else all(0.25 <= each <= 0.5 for each in waits)


def test_a_session_that_the_service_has_lost_is_begun_anew(drive: Drive, tmp_path: Path) -> None:
    content = os.urandom(LARGE)
    drive.fail("PUT", UPLOADS, status=404, skip=1)
    with target("gdrive://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    assert [each["content"] for each in drive.named("large.bin")] == [content]
    assert drive.asked("POST", "/upload/") == 2


@pytest.mark.parametrize("path", ["/drive/v3/files\\?", "generateIds", "/upload/"])
@pytest.mark.parametrize("fault", [{"status": 500}, {"lost": True}, {"status": 403, "body": RATE}])
def test_every_request_is_tried_again(drive: Drive, tmp_path: Path, path: str, fault: dict) -> None:
    drive.fail("POST" if "upload" in path else "GET", path, times=2, **fault)
    wf.run(delivering("Reports", plugin="google-drive"), base=tmp_path)
    assert [each["content"] for each in drive.named("report.csv")] == [BOTH]


def test_a_folder_whose_making_lost_its_answer_is_made_once(drive: Drive, tmp_path: Path) -> None:
    drive.fail("POST", r"/drive/v3/files\?.*fields=id$", lost=True)
    wf.run(delivering("Reports", plugin="google-drive"), base=tmp_path)
    assert len(drive.named("Reports")) == 1


def test_groups_share_the_folder_that_is_made_for_them(drive: Drive, tmp_path: Path) -> None:
    rows = [{"id": number, "city": f"c{number}"} for number in range(12)]
    split = {"filename_template": "{{group.key}}.csv", "options": {"split_by": "city"}}
    [delivered] = wf.run(delivering("gdrive://Cities/All", rows=rows, **split), base=tmp_path).deliveries
    assert len(delivered.files) == 12
    [folder] = drive.named("All")
    assert all(drive.named(f"c{number}.csv")[0]["parents"] == [folder["id"]] for number in range(12))


def test_a_service_that_stays_busy_is_told_and_leaves_nothing(drive: Drive, tmp_path: Path, waits: list[float]) -> None:
    drive.fail("PUT", UPLOADS, status=503, times=100)
    [failed] = wf.run(delivering("gdrive://"), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR589"
    assert failed.error == "gdrive://report.csv could not be written: Google Drive answered 503 again and again"
    assert drive.named("report.csv") == []
    assert len(waits) == 6
    assert max(waits) > 4


def test_an_expired_token_is_told(drive: Drive, tmp_path: Path) -> None:
    drive.tokens.clear()
    found = failure(delivering("gdrive://"), tmp_path)
    assert (found.code, found.pointer[-1]) == ("IR586", "credentials_ref")
    assert found.message == "gdrive://report.csv could not be written: the access token has expired or was revoked"
    assert "good-token" not in str(found)


def test_a_refresh_token_gets_a_new_token_also_in_the_middle_of_an_upload(
    drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {
        "refresh_token": "refresh-me",
        "client_id": "app",
        "client_secret": "s",
        "token_uri": f"{drive.url}/token",
    }
    monkeypatch.setenv("SHOP", drive.credentials(**secret))
    fault = drive.fail("PUT", UPLOADS, status=401, skip=1)
    with target("gdrive://large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(bytes(LARGE))
        staged.commit()
    assert fault.times == 0
    assert drive.asked("POST", "/token") == 2
    drive.refresh_tokens.clear()
    found = failure(delivering("gdrive://"), tmp_path)
    assert found.code == "IR586"
    assert found.message == "Google Drive gives no token: the refresh token or the key was revoked, or has expired"


def test_a_service_account_signs_for_its_token(drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    drive.public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {"type": "service_account", "client_email": "robot@example.com", "private_key": text.decode(),
               "private_key_id": "1", "project_id": "p", "token_uri": f"{drive.url}/token"}  # fmt: skip
    monkeypatch.setenv("SHOP", drive.credentials(**account))
    drive.tokens.clear()
    wf.run(delivering("gdrive://"), base=tmp_path)
    assert len(drive.named("report.csv")) == 1


def test_a_public_file_may_be_read_by_anyone_with_the_link(drive: Drive, tmp_path: Path) -> None:
    [delivered] = wf.run(delivering("gdrive://", options={"public": True}), base=tmp_path).deliveries
    [file] = drive.named("report.csv")
    assert file["permissions"] == [{"type": "anyone", "role": "reader"}]
    assert delivered.link == f"https://drive.google.com/file/d/{file['id']}/view"


def test_a_file_that_may_not_be_public_is_not_there(drive: Drive, tmp_path: Path) -> None:
    body = '{"error": {"errors": [{"reason": "publishOutNotPermitted"}]}}'
    drive.fail("POST", "/permissions", status=403, body=body)
    [failed] = wf.run(delivering("gdrive://", options={"public": True}), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR620"
    assert drive.named("report.csv") == []


def test_what_arrived_otherwise_than_it_was_sent_is_an_error(drive: Drive, tmp_path: Path) -> None:
    put = drive._put
    drive._put = lambda id_, facts, content: put(id_, facts, content.replace(b"Bern", b"Bonn"))  # type: ignore[method-assign]
    [failed] = wf.run(delivering("gdrive://"), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR623"
    assert drive.named("report.csv") == []


def test_globs_read_every_page_of_a_folder(drive: Drive, tmp_path: Path) -> None:
    folder = drive.add("in's", mimeType=FOLDER)
    drive.page_size = 2
    for number in range(5):
        drive.add(f"{number}.csv", f"a\n{number}\n".encode(), parent=folder)
    drive.add("other.txt", b"x", parent=folder)
    frame = both_engines(reading("gdrive://in's/*.csv", file_column="file"))
    assert frame["a"].to_list() == [0, 1, 2, 3, 4]
    assert frame["file"][0] == "gdrive://in's/0.csv"


def test_parquet_and_packed_files_are_read(drive: Drive, tmp_path: Path) -> None:
    import gzip

    import polars as pl

    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    drive.add("a.parquet", (tmp_path / "a.parquet").read_bytes())
    drive.add("b.csv.gz", gzip.compress(b"a\n3\n"))
    assert both_engines(reading("gdrive://a.parquet"))["a"].to_list() == [1, 2]
    assert both_engines(reading("gdrive://b.csv.gz"))["a"].to_list() == [3]


def test_a_file_is_read_by_its_id_and_through_a_shortcut(drive: Drive) -> None:
    id_ = drive.add("a.csv", b"a\n1\n", parent="elsewhere")
    drive.add("link.csv", mimeType="application/vnd.google-apps.shortcut", shortcutDetails={"targetId": id_})
    assert both_engines(reading(f"gdrive://{id_}", format="csv"))["a"].to_list() == [1]
    assert both_engines(reading("gdrive://link.csv"))["a"].to_list() == [1]


def test_a_document_of_googles_own_has_no_bytes(drive: Drive) -> None:
    drive.add("plan.csv", mimeType="application/vnd.google-apps.spreadsheet")
    with pytest.raises(wf.WorkflowError, match="it is a document of Google's own, which is no file"):
        wf.compile(reading("gdrive://plan.csv"))


def test_reading_tries_again_and_tells_what_is_missing(drive: Drive) -> None:
    drive.add("a.csv", b"a\n1\n")
    drive.fail("GET", "alt=media", lost=True)
    drive.fail("GET", "alt=media", status=502)
    assert both_engines(reading("gdrive://a.csv"))["a"].to_list() == [1]
    with pytest.raises(wf.WorkflowError, match="IR505"):
        wf.compile(reading("gdrive://none.csv"))


def test_validate_and_a_plan_of_a_delivery_ask_nothing(drive: Drive, tmp_path: Path) -> None:
    assert [each.code for each in wf.validate(reading("gdrive://a.csv"))] == ["IR508"]
    plan = wf.compile(delivering("Reports", plugin="google-drive"), base=tmp_path)
    assert "gdrive://Reports/report.csv" in str(plan)
    assert drive.requests == []


def test_without_credentials_a_run_says_where_they_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = failure(delivering("gdrive://", ref=None), tmp_path)
    assert (found.code, found.hint) == ("IR586", "write credentials_ref, or set WEIRFLOW_GOOGLE_DRIVE")


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ('{"client_id": "app"}', "there is no token and no key"),
        ('{"refresh_token": "r"}', "client_id is missing"),
        ('{"private_key": "hunter2", "client_email": "a@b"}', "private_key is no key"),
        ('{"private_key": "hunter2"}', "client_email is missing"),
        ('{"acess_token": "hunter2"}', 'have no part "acess_token"'),
        ('{"access_token": "hunter2", "api_base": "ftp://x"}', "api_base is no URL of a server"),
    ],
)
def test_credentials_that_are_none_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, message: str
) -> None:
    monkeypatch.setenv("SHOP", secret)
    found = failure(delivering("gdrive://"), tmp_path)
    assert found.code == "IR585"
    assert message in found.message
    assert "hunter2" not in str(found)
