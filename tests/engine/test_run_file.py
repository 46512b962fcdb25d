"""What `run.json` in the folder of a run says when the run did not come to its end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import weirflow as wf
from engine.cli.closing import print_closing
from engine.events import Event
from tests.workflows import inline, workflow

FILES = [{"id": name, "format": "csv", "filename_template": f"{name}.csv"} for name in ("a", "b")]
DOCUMENT = workflow([inline("main", [{"k": 1}])], delivery_rules={"file_delivery": FILES})


def told() -> dict[str, Any]:
    """What the file of the only run says."""
    [run] = wf.runs()
    return json.loads((Path(run.folder) / "run.json").read_text())


def test_a_run_that_was_refused_says_why_and_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("of somebody else\n")
    with pytest.raises(wf.WorkflowError) as refused:
        wf.run(DOCUMENT, out=tmp_path)
    found = told()
    assert (found["status"], found["deliveries"]) == ("failed", [])
    assert found["error"] == refused.value.diagnostics[0].message
    assert [each["code"] for each in found["diagnostics"]] == ["IR605"]
    assert found["resume"] == f"weirflow resume {refused.value.run_id}"
    (tmp_path / "b.csv").unlink()
    assert wf.resume(found["run_id"]).status == "succeeded"
    after = told()
    assert (after["status"], after["attempts"], [each["id"] for each in after["deliveries"]]) == (
        "succeeded", 2, ["a", "b"],
    )  # fmt: skip
    assert not {"resume", "diagnostics", "error"} & set(after)


def test_a_run_that_was_cancelled_says_what_it_had_delivered(tmp_path: Path) -> None:
    cancellation = wf.Cancellation()

    def listen(event: Event) -> None:
        if event.kind == "delivery_finished" and event.step == "a":
            cancellation.cancel("enough for today")

    wf.compile(DOCUMENT).run(out=tmp_path, progress=listen, cancellation=cancellation)
    found = told()
    assert (found["status"], found["error"]) == ("cancelled", "enough for today")
    assert [each["id"] for each in found["deliveries"]] == ["a"]
    assert [(each["delivery"], len(each["sha256"])) for each in found["receipt"]["made"]] == [("a", 64)]
    assert found["resume"] == f"weirflow resume {found['run_id']}"


def test_of_a_run_that_was_stopped_before_the_journal_knew_of_it_nothing_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.journal.recording.needs_loading", lambda: False)  # no thread hears of an interrupt
    monkeypatch.setattr("engine.journal.runs.begin_run", interrupted)
    result = wf.compile(DOCUMENT).run(out=tmp_path, cancellation=wf.Cancellation())
    assert (result.status, result.attempts, wf.runs()) == ("cancelled", 0, [])
    assert not (Path(os.environ["WEIRFLOW_HOME"]) / "runs").exists()
    print_closing(result)
    assert capsys.readouterr().out.splitlines()[1:] == ["it was interrupted", "nothing was delivered"]
