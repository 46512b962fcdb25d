"""Large files go up in parts: as the vendors' sessions want them, and on from where a cut connection left them."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.http.answers import Answer
from connectors.http.client import HttpClient, Request
from connectors.plugins.file_hashes import quick_xor
from connectors.plugins.files import FileStore
from connectors.plugins.plugin import Plugin
from connectors.plugins.reading import read_plugin
from connectors.plugins.registry import find_plugin
from connectors.problem import ConnectorProblem
from tests.connectors.plugins.calling import FakePace, called, opened
from tests.plugins.sent import Sent
from tests.plugins.specifications import specification
from tests.servers.uploads import Uploads, quick_xor_hash

CONTENT = bytes(range(256)) * 10
"""2,560 bytes: two parts of 1,000 and one of 560."""
FIRST = {"onedrive": ("PUT", "/up/graph"), "outlook": ("PUT", "/up/graph"), "google-drive": ("PUT", "/upload/"),
         "dropbox": ("POST", "append_v2")}  # fmt: skip
SIZES = ("10485760", "8388608", "3276800", "3000000")


@pytest.fixture
def service() -> Iterator[Uploads]:
    with Uploads().running() as found:
        yield found


def small(key: str, folder: Path) -> Plugin:
    """The manifest that is shipped, but its parts are of 1,000 bytes."""
    text = Path(find_plugin(key).file).read_text(encoding="utf-8")
    for size in SIZES:
        text = text.replace(size, "1000")
    folder.mkdir(exist_ok=True)
    file = folder / f"{key}.yaml"
    file.write_text(text)
    return read_plugin(file)


def upload(key: str, service: Uploads, folder: Path, *, content: bytes = CONTENT, attempts: int = 4,
           **given: Any) -> Any:  # fmt: skip
    plugin = small(key, folder / "plugins")
    file = FileStore(folder / "files").put("a.bin", content, mime="application/x-test")
    params: dict[str, Any] = {"file": file, **given}
    if key == "outlook":
        params["message_id"] = "AAMk1"
    action = "attach_file" if key == "outlook" else "upload_file"
    with opened(plugin, service.url, folder=folder / "files", pace=FakePace(most_attempts=attempts),
                access_token="t") as session:  # fmt: skip
        return called(session, plugin, action, params).output


@pytest.mark.parametrize("key", FIRST)
def test_a_large_file_goes_up_in_parts(key: str, service: Uploads, tmp_path: Path) -> None:
    upload(key, service, tmp_path)
    assert list(service.files.values()) == [CONTENT]
    assert service.parts == [1000, 1000, 560]


@pytest.mark.parametrize("key", FIRST)
@pytest.mark.parametrize(
    "fault", [{"cut": 300}, {"lost": True}, {"status": 503}, {"status": 429, "headers": {"Retry-After": "2"}}]
)
def test_a_failure_in_the_middle_loses_one_part_at_most(
    key: str, fault: dict[str, Any], service: Uploads, tmp_path: Path
) -> None:
    service.fail(*FIRST[key], skip=1, **fault)
    upload(key, service, tmp_path)
    assert list(service.files.values()) == [CONTENT]
    assert sum(service.parts) + (300 if "cut" in fault and key != "dropbox" else 0) == len(CONTENT)


LAST = {**{key: (*first, 2) for key, first in FIRST.items()}, "dropbox to finish": ("POST", "/finish", 0)}


@pytest.mark.parametrize("key", LAST)
def test_a_last_answer_that_is_lost_sends_nothing_again(key: str, service: Uploads, tmp_path: Path) -> None:
    method, path, skip = LAST[key]
    service.attached = ["a.bin"]
    service.fail(method, path, skip=skip, lost=True)
    upload(key.split()[0], service, tmp_path)
    assert list(service.files.values()) == [CONTENT]
    assert service.parts == [1000, 1000, 560]
    assert service.asked("POST", "/finish") == key.startswith("dropbox")


@pytest.mark.parametrize("key", ["onedrive", "outlook"])
def test_an_upload_that_is_lost_with_its_last_part_is_begun_anew(key: str, service: Uploads, tmp_path: Path) -> None:
    def forget() -> None:
        service.arrived = None

    service.attached = ["a.bin"]
    service.fail(*FIRST[key], skip=2, status=503)
    service.fail("GET", "/up/graph", action=forget)
    upload(key, service, tmp_path)
    assert list(service.files.values()) == [CONTENT]
    assert service.asked("POST", "createUploadSession") == 2


def test_a_file_that_must_not_be_there_is_no_conflict_with_itself(service: Uploads, tmp_path: Path) -> None:
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    params = {"file": file, "conflict": "fail"}
    with opened(plugin, service.url, folder=tmp_path, access_token="t") as session:
        service.fail("PUT", "/content", lost=True, status=504)
        assert called(session, plugin, "upload_file", params).output["id"] == "01C"
        with pytest.raises(ConnectorProblem, match="409: it is there"):
            called(session, plugin, "upload_file", params)


def test_a_file_that_nobody_can_look_for_is_sent_again_where_it_may_be(service: Uploads, tmp_path: Path) -> None:
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    service.fail("PUT", "/content", lost=True, status=504)
    service.fail("GET", "a.bin", status=403, times=9)
    with opened(plugin, service.url, folder=tmp_path, access_token="t") as session:
        assert called(session, plugin, "upload_file", {"file": file}).output["id"] == "01C"
    assert (list(service.files.values()), service.asked("PUT", "/content")) == ([CONTENT], 2)


@pytest.mark.parametrize("conflict", ["fail", "rename"])
def test_a_file_that_nobody_can_look_for_is_not_sent_again_where_that_does_harm(conflict: str, service: Uploads,
                                                                                tmp_path: Path) -> None:  # fmt: skip
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    service.fail("PUT", "/content", lost=True, status=504)
    service.fail("GET", "a.bin", status=403, times=9)
    with (
        opened(plugin, service.url, folder=tmp_path, access_token="t") as session,
        pytest.raises(ConnectorProblem, match="504") as met,
    ):
        called(session, plugin, "upload_file", {"file": file, "conflict": conflict})
    assert (met.value.sent, service.asked("PUT", "/content")) == (True, 1)


def test_a_file_that_must_not_be_there_is_sent_once_where_a_connection_ends(service: Uploads, tmp_path: Path
                                                                            ) -> None:  # fmt: skip
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    service.fail("PUT", "/content", lost=True)
    with opened(plugin, service.url, folder=tmp_path, access_token="t") as session:
        assert called(session, plugin, "upload_file", {"file": file, "conflict": "fail"}).output["id"] == "01C"
    assert service.asked("PUT", "/content") == 1


def test_a_file_that_is_not_there_is_sent_again_also_where_it_must_not_be_there(service: Uploads, tmp_path: Path
                                                                                ) -> None:  # fmt: skip
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    service.fail("PUT", "/content", status=500)
    with opened(plugin, service.url, folder=tmp_path, access_token="t") as session:
        assert called(session, plugin, "upload_file", {"file": file, "conflict": "fail"}).output["id"] == "01C"
    assert (list(service.files.values()), service.asked("PUT", "/content")) == ([CONTENT], 2)


def test_a_refusal_after_a_lost_answer_says_that_it_may_have_taken_effect(service: Uploads, tmp_path: Path
                                                                          ) -> None:  # fmt: skip
    plugin = find_plugin("onedrive")
    file = FileStore(tmp_path).put("a.bin", CONTENT)
    service.fail("PUT", "/content", lost=True, status=504)
    service.fail("PUT", "/content", status=403)
    service.fail("GET", "a.bin", status=403, times=9)
    with (
        opened(plugin, service.url, folder=tmp_path, access_token="t") as session,
        pytest.raises(ConnectorProblem, match="403") as met,
    ):
        called(session, plugin, "upload_file", {"file": file})
    assert met.value.sent


def test_a_file_that_nobody_can_look_for_may_stand_there(service: Uploads, tmp_path: Path) -> None:
    service.fail("PUT", "/up/graph", skip=2, lost=True)
    service.fail("GET", "/attachments", skip=1, status=403)
    with pytest.raises(ConnectorProblem, match="404: no session") as met:
        upload("outlook", service, tmp_path)
    assert met.value.sent


def test_a_file_of_which_nobody_can_ask_may_stand_there(service: Uploads, tmp_path: Path) -> None:
    service.fail("PUT", "/up/graph", skip=2, lost=True, times=2)  # the HTTP client sends it twice
    service.fail("GET", "/up/graph", status=429, times=9)
    with pytest.raises(ConnectorProblem, match="429") as met:
        upload("outlook", service, tmp_path)
    assert met.value.sent


def test_a_file_stands_there_whatever_fails_behind_its_upload(service: Uploads, tmp_path: Path) -> None:
    with pytest.raises(ConnectorProblem, match="404") as met:
        upload("google-drive", service, tmp_path, public=True)  # of permissions this service knows nothing
    assert list(service.files.values()) == [CONTENT]
    assert met.value.sent


def test_the_hash_of_onedrive_is_that_of_its_description() -> None:
    assert quick_xor(io.BytesIO(b"J")) == quick_xor_hash(b"J") == "SgAAAAAAAAAAAAAAAQAAAAAAAAA="
    assert quick_xor(io.BytesIO(CONTENT)) == quick_xor_hash(CONTENT)
    # a byte that stands whole periods behind the first one is added to it
    long = b"J" + bytes(160 * 6_401 - 1) + b"\x01"
    assert (
        quick_xor(io.BytesIO(long)) == base64.b64encode(b"\x4b" + bytes(11) + len(long).to_bytes(8, "little")).decode()
    )


def test_an_upload_that_the_service_has_forgotten_is_begun_anew_once(service: Uploads, tmp_path: Path) -> None:
    def forget() -> None:
        service.arrived = None

    service.fail("PUT", "/up/graph", skip=1, action=forget)
    upload("onedrive", service, tmp_path)
    assert service.parts == [1000, 1000, 1000, 560]
    assert service.asked("POST", "createUploadSession") == 2
    service.fail("PUT", "/up/graph", times=9, action=forget)
    with pytest.raises(ConnectorProblem, match="no session"):
        upload("onedrive", service, tmp_path)
    assert service.asked("POST", "createUploadSession") == 4


def test_a_service_that_never_gets_further_is_given_up(service: Uploads, tmp_path: Path) -> None:
    service.fail("PUT", "/up/graph", times=99, status=202, body='{"nextExpectedRanges": ["0-"]}',
                 headers={"Content-Type": "application/json"})  # fmt: skip
    with pytest.raises(ConnectorProblem, match="stays at 0 of 2,560 bytes"):
        upload("onedrive", service, tmp_path)
    service.faults.clear()
    service.fail("PUT", "/up/graph", times=99, status=503)
    with pytest.raises(ConnectorProblem, match="503"):
        upload("onedrive", service, tmp_path, attempts=3)
    assert service.asked("PUT", "/up/graph") == 5 + 3


def test_an_empty_file_needs_no_part(service: Uploads, tmp_path: Path) -> None:
    upload("google-drive", service, tmp_path, content=b"")
    assert service.files == {"a.bin": b""}


def test_a_mail_with_large_files_is_a_draft_first(service: Uploads, tmp_path: Path) -> None:
    plugin = small("outlook", tmp_path / "plugins")
    files = FileStore(tmp_path / "files")
    mail = {"to": "ada@example.com", "subject": "Report", "attachments": [files.put("a.bin", CONTENT)]}
    with opened(plugin, service.url, folder=tmp_path / "files", access_token="t") as session:
        assert called(session, plugin, "send_email", mail).output == {"to": "ada@example.com", "subject": "Report"}
        with pytest.raises(ConnectorProblem, match="save_to_sent cannot be false"):
            called(session, plugin, "send_email", {**mail, "save_to_sent": False})
    assert (service.files, service.sent) == ({"a.bin": CONTENT}, ["AAMk1"])


def test_a_dry_run_shows_the_first_part(service: Uploads, tmp_path: Path) -> None:
    plugin = small("onedrive", tmp_path / "plugins")
    file = FileStore(tmp_path / "files").put("a.bin", CONTENT)
    with opened(plugin, service.url, folder=tmp_path / "files", access_token="t") as session:
        begun, part = session.rendered(plugin.action("upload_file"), {"file": file})
    assert begun.url.endswith("/root:/a.bin:/createUploadSession")
    assert (part.method, part.headers["Content-Range"], part.body) == (
        "PUT",
        "bytes 0-999/2560",
        "<a.bin, 2,560 bytes>",
    )
    assert service.requests == []


@pytest.mark.parametrize("key", ["dropbox", "outlook"])
def test_the_requests_of_an_upload_are_what_the_specification_allows(
    key: str, service: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sent] = []
    ask = HttpClient.ask

    async def noted(self: HttpClient, request: Request) -> Answer:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked.append(Sent(method=request.method, url=request.url, headers=headers, body=request.body or b""))
        return await ask(self, request)

    monkeypatch.setattr(HttpClient, "ask", noted)
    upload(key, service, tmp_path)
    found = specification(find_plugin(key).manifest)
    told = [each for each in asked if "/up/" not in each.url]
    problems = [problem for each in told for problem in found.problems(each)]
    # a session of Dropbox begins and ends with an empty body
    assert problems == (["the body is missing"] * 2 if key == "dropbox" else [])
    assert len(told) == {"dropbox": 5, "outlook": 2}[key]
