"""Deliveries to a bucket whose server or connection fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from connectors.problem import ConnectorProblem
from tests.connectors.storage.conftest import BOTH, delivering, failure, target
from tests.servers.s3_faults import Faults

LARGE = 40 * 1024**2
"""Three parts."""


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """S3 takes no smaller ones."""
    monkeypatch.setattr("connectors.storage.s3.uploading.PART_BYTES", 5 * 1024**2)
    return 5 * 1024**2


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own attempts wait in real time; ours, which come after them, are what is tried here."""
    monkeypatch.setattr("connectors.storage.s3.store._RETRIES", {"mode": "standard", "max_attempts": 1})


def unfinished(faults: Faults) -> int:
    """How many uploads were begun and neither completed nor aborted."""
    return faults.bucket._ask("GET", "?uploads").count(b"<UploadId>")


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"lost": True}, {"cut": 1000}], ids=["500", "503", "lost", "cut"]
)
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("times", [1, 4])
def test_a_small_file_arrives_once(
    faults: Faults, tmp_path: Path, fault: dict[str, Any], overwrite: bool, times: int
) -> None:
    faults.fail("PUT", "report.csv", times=times, **fault)
    wf.run(delivering("s3://shop", options={"overwrite": overwrite}), base=tmp_path)
    assert faults.bucket.get("report.csv") == BOTH


@pytest.mark.parametrize("fault", [{"status": 500}, {"lost": True}, {"cut": 100_000}], ids=["500", "lost", "cut"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", r"large.bin\?uploads"), ("PUT", "partNumber=2"), ("POST", r"large.bin\?uploadId")],
    ids=["begun", "a part", "completed"],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_parts_arrives_once(
    faults: Faults, tmp_path: Path, parts: int, fault: dict[str, Any], method: str, path: str, overwrite: bool
) -> None:
    content = os.urandom(parts * 2 + 7)
    struck = faults.fail(method, path, times=1 if "lost" in fault else 4, **fault)
    with target("s3://shop/large.bin", tmp_path, overwrite=overwrite).stage() as staged:
        staged.path.write_bytes(content)
        staged.commit()
    assert struck.times == 0
    assert faults.bucket.get("large.bin") == content


@pytest.mark.parametrize("path", ["partNumber=2", "uploadId"])
def test_an_upload_that_fails_for_good_is_aborted(faults: Faults, tmp_path: Path, parts: int, path: str) -> None:
    for method in ("PUT", "POST"):
        faults.fail(method, path, status=403, body=faults.error("AccessDenied"), times=100)
    with target("s3://shop/large.bin", tmp_path).stage() as staged:
        staged.path.write_bytes(bytes(parts * 2))
        with pytest.raises(ConnectorProblem, match=r"IR586: .* access was denied"):
            staged.commit()
    assert faults.bucket.keys() == []
    assert unfinished(faults) == 0
    assert list(tmp_path.iterdir()) == []


def test_somebody_elses_object_is_not_taken_for_ours_after_a_lost_answer(faults: Faults, tmp_path: Path) -> None:
    with target("s3://shop/report.csv", tmp_path).stage() as staged:
        staged.path.write_bytes(b"ours")
        faults.fail("PUT", "report.csv", status=500)
        faults.fail("PUT", "report.csv", action=lambda: faults.bucket.put("report.csv", b"ours"))
        with pytest.raises(ConnectorProblem, match="IR605"):
            staged.commit()


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (403, "AccessDenied", "IR586"),
        (400, "ExpiredToken", "IR586"),
        (400, "AccessControlListNotSupported", "IR620"),
        (503, "SlowDown", "IR589"),
        (400, "EntityTooLarge", "IR608"),
        (307, "TemporaryRedirect", "IR589"),
    ],
)
def test_what_the_store_says_of_an_upload_is_told(
    faults: Faults, tmp_path: Path, status: int, error: str, code: str
) -> None:
    faults.fail("PUT", "report.csv", status=status, body=faults.error(error), times=100)
    document = delivering("s3://shop", options={"public": error.startswith("AccessControl")})
    [failed] = wf.run(document, base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == code
    assert failed.status == "failed"


def test_who_may_only_write_delivers_without_looking_first(faults: Faults, tmp_path: Path) -> None:
    faults.fail("GET", "/shop", status=403, body=faults.error("AccessDenied"), times=100)
    faults.fail("HEAD", "/shop", status=403, times=100)
    wf.run(delivering("s3://shop"), base=tmp_path)
    assert faults.bucket.get("report.csv") == BOTH
    [failed] = wf.run(delivering("s3://shop"), base=tmp_path).deliveries
    assert failed.finding is not None
    assert failed.finding.code == "IR605"


def test_a_store_without_conditional_writes_is_used_where_the_credentials_say_so(
    faults: Faults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", os.environ["SHOP"].replace("{", '{"conditional_writes": false, ', 1))
    wf.run(delivering("s3://shop"), base=tmp_path)
    assert faults.bucket.get("report.csv") == BOTH
    assert failure(delivering("s3://shop"), tmp_path).code == "IR605"


def test_a_run_that_is_stopped_leaves_no_upload_behind(faults: Faults, tmp_path: Path) -> None:
    script = tmp_path / "deliver.py"
    script.write_text(
        "import sys\nsys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tests.connectors.storage.conftest import target\n"
        "with target('s3://shop/large.bin', Path(sys.argv[2])).stage() as staged:\n"
        "    staged.path.open('wb').truncate(64 * 1024**2)\n    print('go', flush=True)\n    staged.commit()\n"
    )
    held = threading.Event()
    faults.fail("PUT", "partNumber=2", action=held.set)
    faults.delay = ("partNumber=3", 30.0)
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, str(script), str(root), str(tmp_path)], stdout=subprocess.PIPE)
    assert held.wait(60)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    assert faults.bucket.keys() == []
    assert unfinished(faults) == 0


def test_the_workflows_own_retry_stands_in_place_of_the_stores(
    faults: Faults, tmp_path: Path, waits: list[float]
) -> None:
    """An attempt asks twice, and S3's library makes two requests of each: the fifth is of the next attempt."""
    faults.fail("PUT", "report.csv", times=5, status=503)
    again = {"retry": {"max_attempts": 3, "backoff_strategy": "fixed", "initial_delay_ms": 1}}
    result = wf.run({**delivering("s3://shop"), "execution_constraints": again}, base=tmp_path)
    assert [(each.status, each.attempts) for each in result.deliveries] == [("delivered", 2)]
    assert faults.bucket.get("report.csv") == BOTH
    assert len(waits) == 1
