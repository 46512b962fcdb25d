"""The lines between a worker and the processes of its runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.service.runners.protocol import MOST_LETTERS, Job, Outcome, Told, heard, read


def test_texts_that_no_journal_takes_arrive_as_such_that_it_does() -> None:
    told = Told(number=1, at="", kind="failure", text="a\0b \ud800 c")
    assert heard(told.line())["told"]["text"] == "a\ufffdb ? c"
    long = Outcome(status="failed", error="x" * (MOST_LETTERS + 5))
    assert len(heard(long.line())["outcome"]["error"]) == MOST_LETTERS + 1


@pytest.mark.parametrize("wrong", [
    {"told": {"rows": 2**63}}, {"told": {"rows": "7"}}, {"told": {"number": 2**31}}, {"told": {"at": None}},
    {"told": {"more": 1}}, {"outcome": {"status": "queued"}}, {"outcome": {"error": 7}},
])  # fmt: skip
def test_what_no_journal_takes_is_nothing_that_a_process_of_runs_says(wrong: dict[str, dict[str, Any]]) -> None:
    right = json.loads(Told(number=1, at="", kind="rows").line()) | json.loads(Outcome(status="done").line())
    [(what, fields)] = wrong.items()
    said = {what: right[what]}
    assert heard(json.dumps(said)) == said
    with pytest.raises(ValueError, match="no line of a process"):
        heard(json.dumps({what: {**right[what], **fields}}))
    with pytest.raises(ValueError, match="no line of a process"):
        heard(json.dumps({what: None}))


def test_the_secrets_of_a_run_arrive_as_they_are() -> None:
    job = Job(tenant="t", run_id="r", attempt=1, variables={"WEIRFLOW_W": "\udcff" + "x" * MOST_LETTERS})
    assert Job(**read(job.line())["job"]).variables == job.variables
