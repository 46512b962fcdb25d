"""Workflows that start when a file arrives: each version once, none half-written, none lost."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.policy import Policy
from engine.journal.deliveries import note_delivery
from engine.journal.records import LedgerEntry
from engine.service.schedules.ticker import Ticker
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start
from tests.engine.service.stored import find_schedule
from tests.engine.service.ticking import Ticking
from tests.servers.azure import Container
from tests.servers.drive import FOLDER, Drive
from tests.servers.dropbox import Dropbox
from tests.servers.gcs import GcsBucket
from tests.servers.s3 import Bucket

FILE = [{"name": "file", "type": "text", "label": "File", "required": True}]


def arrived(location: str = "inbox/*.csv", **more: Any) -> dict[str, Any]:
    return {"type": "event", "event": {"file_arrived": location}, **more}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticking:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    (tmp_path / "inbox").mkdir()
    return Ticking(tmp_path, now="2026-01-31T06:30:00+00:00")


def files(starts: list[Start]) -> list[list[str]]:
    """The files of each run."""
    return [json.loads(each.about)["files"] for each in starts]


def write(service: Ticking, name: str, text: str, *, at: int = 0) -> None:
    path = service.folder / "inbox" / name
    path.write_text(text)
    os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))


def test_a_file_has_arrived_when_it_has_not_changed_from_one_look_to_the_next(service: Ticking) -> None:
    service.put("w", arrived())
    assert service.looked(seconds=1) == []
    write(service, "a.csv", "id\n1")
    assert service.looked(seconds=5) == []  # seen
    write(service, "a.csv", "id\n1\n2", at=3)
    assert service.looked(seconds=5) == []  # it grows
    begun = service.looked(seconds=5)
    assert (files(begun), begun[0].cause) == ([["inbox/a.csv"]], "event")


def test_each_version_of_a_file_starts_one_run(service: Ticking) -> None:
    service.put("w", arrived())
    service.looked(seconds=1)
    write(service, "a.csv", "1")
    service.looked(seconds=5)
    [first] = service.looked(seconds=5)
    service.end(first)
    assert service.looked(seconds=5) == []
    write(service, "a.csv", "2", at=60)
    service.looked(seconds=5)
    [second] = service.looked(seconds=5)
    assert files([second]) == [["inbox/a.csv"]]
    service.end(second)
    assert [service.looked(seconds=5), service.looked(seconds=5)] == [[], []]


def test_what_lies_there_already_has_not_arrived_but_what_comes_while_nothing_runs_has(
    service: Ticking, tmp_path: Path
) -> None:
    write(service, "old.csv", "1")
    service.put("w", arrived())
    assert [service.looked(seconds=5), service.looked(seconds=5)] == [[], []]
    write(service, "new.csv", "1")
    service.journal.close()
    again = Ticking(tmp_path, now="2026-02-01T06:30:00+00:00")
    again.looked(seconds=5)
    assert files(again.looked(seconds=5)) == [["inbox/new.csv"]]


def test_a_workflow_with_an_input_for_the_file_has_a_run_for_each(service: Ticking) -> None:
    service.put("w", arrived(overlap="allow"), runtime_inputs=FILE)
    service.looked(seconds=1)
    write(service, "a.csv", "1")
    write(service, "b.csv", "1")
    service.looked(seconds=5)
    assert [each.inputs for each in service.looked(seconds=5)] == [
        '{"file": "inbox/a.csv"}', '{"file": "inbox/b.csv"}',
    ]  # fmt: skip


def test_a_run_reads_the_file_that_started_it_wherever_the_service_was_started(
    service: Ticking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    source = {"type": "file", "alias": "rows", "location": "{{inputs.file}}"}
    delivery = {"file_delivery": {"format": "csv", "filename_template": "got.csv"}}
    service.put("w", arrived(), runtime_inputs=FILE, data_sources=[source], delivery_rules=delivery)
    service.looked(seconds=1)
    write(service, "a.csv", "id\n7\n")
    service.looked(seconds=5)
    [begun] = service.looked(seconds=5)
    service.carry_out(begun)
    assert [each.error for each in service.runs("w")] == [None]
    assert (tmp_path / "got.csv").read_text() == "id\n7\n"


def test_files_wait_while_a_run_goes_on_and_none_is_lost(service: Ticking) -> None:
    service.put("w", arrived(), runtime_inputs=FILE)
    service.looked(seconds=1)
    write(service, "a.csv", "1")
    write(service, "b.csv", "1")
    service.looked(seconds=5)
    [first] = service.looked(seconds=5)
    assert service.looked(seconds=5) == []
    service.end(first)
    assert files([first, *service.looked(seconds=5)]) == [["inbox/a.csv"], ["inbox/b.csv"]]


@pytest.mark.parametrize("name", ["a.csv.part", ".a.csv", "~$a.csv", "a.csv.tmp"])
def test_files_that_are_unfinished_by_their_names_are_left_out(service: Ticking, name: str) -> None:
    service.put("w", arrived("inbox"))
    service.looked(seconds=1)
    write(service, name, "1")
    assert [service.looked(seconds=5) for _ in range(3)] == [[], [], []]


def test_a_path_that_is_not_there_yet_is_waited_for(service: Ticking) -> None:
    service.put("w", arrived("inbox/done.flag"))
    assert service.looked(seconds=1) == []
    write(service, "done.flag", "")
    service.looked(seconds=5)
    assert files(service.looked(seconds=5)) == [["inbox/done.flag"]]


def test_a_file_outside_of_the_workflows_folder_is_refused_and_that_is_told(service: Ticking) -> None:
    service.put("w", arrived("../other/*.csv"))
    assert service.looked(seconds=1) == []
    found = find_schedule(service.journal, "w")
    assert found is not None
    assert found.progress.told == (
        "../other/*.csv cannot be looked at: this run may not read ../other/*.csv: it lies outside the allowed folders"
    )


def deliver(service: Ticking, start: Start, name: str) -> None:
    """As if the run had made the file."""
    write(service, name, "1")
    target = str(service.folder / "inbox" / name)
    note_delivery(service.journal, LedgerEntry(run_id=start.run_id, delivery="d", workflow=start.workflow,
                                               idempotency_key=name, kind="file", target=target))  # fmt: skip


def test_what_a_workflow_delivers_itself_does_not_start_it_again(service: Ticking) -> None:
    service.put("w", arrived())
    service.looked(seconds=1)
    deliver(service, service.ask("w"), "out.csv")
    assert [service.looked(seconds=5) for _ in range(3)] == [[], [], []]


def test_workflows_that_start_each_other_by_files_come_to_an_end(
    service: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.service.schedules.arriving.MOST_IN_A_CHAIN", 3)
    service.put("a", arrived("inbox/to_a*"))
    service.put("b", arrived("inbox/to_b*"))
    service.looked(seconds=1)
    start, count = service.ask("b"), 1
    for number in range(8):
        deliver(service, start, f"to_{'a' if start.workflow == 'b' else 'b'}{number}")
        service.end(start)
        found = service.looked(seconds=5) + service.looked(seconds=5)
        if not found:
            break
        [start] = found
        count += 1
    assert count == 3
    last = find_schedule(service.journal, "a")
    assert last is not None
    assert last.progress.told == ("not started by inbox/to_a2: 3 runs have started each other already: b -> a -> b")


def test_looks_are_made_beside_the_loop_which_does_not_wait_for_them(service: Ticking) -> None:
    service.put("w", arrived(overlap="allow"))
    service.looked(seconds=1)
    write(service, "a.csv", "1")
    service.ticker = Ticker(service.context, clock=lambda: service.now)
    until = time.monotonic() + 90
    while not service.runs("w") and time.monotonic() < until:
        service.later(seconds=6)
        time.sleep(0.05)
    service.ticker.stop(1)
    assert files(service.runs("w")) == [["inbox/a.csv"]]


class Open(ServiceSettings):
    """Lets runs reach a server of this machine."""

    def policy(self, base: Path, **more: Any) -> Policy:
        return Policy.open()


def test_each_object_of_a_bucket_starts_one_run(tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WEIRFLOW_S3", json.dumps({
        "access_key_id": s3.access_key, "secret_access_key": s3.secret_key, "endpoint_url": s3.endpoint,
        "region": s3.region,
    }))  # fmt: skip
    service = Ticking(tmp_path, now="2026-01-31T06:30:00+00:00", settings=Open(folder=tmp_path))
    s3.put("in/old.csv", b"1")
    service.put("w", arrived(f"s3://{s3.name}/in/", overlap="allow"))
    assert service.looked(seconds=1) == []
    s3.put("in/new.csv", b"1")
    assert files(service.looked(hours=1)) == [[f"s3://{s3.name}/in/new.csv"]]
    assert service.looked(hours=1) == []
    s3.put("in/new.csv", b"22")
    assert files(service.looked(hours=1)) == [[f"s3://{s3.name}/in/new.csv"]]


def watching(service: Ticking, url: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow that is run for each file of a store, whose credentials are those of its source."""
    monkeypatch.setenv("WEIRFLOW_W_SHOP", secret)
    source = {"type": "file", "alias": "rows", "location": "{{inputs.file}}", "credentials_ref": "w_shop"}
    service.put("w", arrived(url, overlap="allow"), data_sources=[source], runtime_inputs=FILE)


@pytest.mark.parametrize("kind", ["azure", "gcs"])
def test_each_version_of_an_object_starts_one_run_and_a_half_written_one_none(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Ticking(tmp_path, now="2026-01-31T06:30:00+00:00", settings=Open(folder=tmp_path))
    server: Container | GcsBucket = request.getfixturevalue(kind)
    if isinstance(server, Container):
        url, secret = f"az://{server.name}/in/", server.connection_string
    else:
        url, secret = f"gs://{server.name}/in/", json.dumps({"anonymous": True, "api_base": server.endpoint})
    server.put("in/old.csv", b"1")
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    watching(service, url, secret, monkeypatch)
    assert service.looked(hours=1) == []  # what lies there has not arrived
    server.put("in/new.csv", b"1")
    if isinstance(server, Container):
        server.put_block("in/half.csv", b"1")
    else:
        server.begin("in/half.csv")
    assert files(service.looked(hours=1)) == [[f"{url}new.csv"]]
    assert service.looked(hours=1) == []
    server.put("in/new.csv", b"2")  # of the same size
    assert files(service.looked(hours=1)) == [[f"{url}new.csv"]]


@pytest.mark.parametrize("kind", ["drive", "dropbox"])
def test_each_version_of_a_file_of_a_drive_starts_one_run(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIRFLOW_HOME", str(tmp_path / "home"))
    service = Ticking(tmp_path, now="2026-01-31T06:30:00+00:00", settings=Open(folder=tmp_path))
    server: Drive | Dropbox = Drive() if kind == "drive" else Dropbox()
    with server.running():
        if isinstance(server, Drive):
            folder = server.add("in", mimeType=FOLDER)
            url, place = "gdrive://in/", folder
        else:
            url, place = "dropbox://in/", "/in"

        def add(name: str, text: bytes) -> None:
            if isinstance(server, Drive):
                server.add(name, text, parent=place)
            else:
                server.add(f"{place}/{name}", text)

        add("old.csv", b"1")
        watching(service, url, server.credentials(), monkeypatch)
        assert service.looked(hours=1) == []
        add("new.csv", b"1")
        assert files(service.looked(hours=1)) == [[f"{url}new.csv"]]
        assert service.looked(hours=1) == []


def test_a_place_that_nothing_here_opens_is_told(service: Ticking) -> None:
    service.put("w", arrived("sftp://files.example.com/in/"))
    assert service.looked(seconds=1) == []
    told = find_schedule(service.journal, "w")
    assert told is not None
    assert "sftp:// locations cannot be opened here" in str(told)


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("foo://x/", "IR506", "foo:// locations cannot be opened here"),
        ("gs://orders/in/", "IR586", "to look for files in Google Cloud Storage"),
        ("abfss://in@shop.dfs.core.windows.net/", "IR586", "to look for files in Azure Blob Storage"),
    ],
)
def test_a_place_that_cannot_be_watched_is_refused_when_the_workflow_is_compiled(
    place: str, code: str, said: str
) -> None:
    source = {"type": "tabular", "source": "inline", "alias": "rows", "config": {"rows": [{"a": 1}]}}
    workflow = {"ir_version": "3.1", "goal": "g", "data_sources": [source], "schedule": arrived(place)}
    found = [each for each in wf.validate(workflow) if each.severity == "error"]
    assert [(each.code, said in each.message, each.pointer) for each in found] == [
        (code, True, ("schedule", "event", "file_arrived"))
    ]
