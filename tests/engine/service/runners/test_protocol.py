"""The lines between a worker and the processes of its runs."""

from __future__ import annotations

from engine.service.runners.protocol import MOST_LETTERS, Job, Outcome, Told, heard, read


def test_texts_that_no_journal_takes_arrive_as_such_that_it_does() -> None:
    told = Told(number=1, at="", kind="failure", text="a\0b \ud800 c")
    assert heard(told.line())["told"]["text"] == "a\ufffdb ? c"
    long = Outcome(status="failed", error="x" * (MOST_LETTERS + 5))
    assert len(heard(long.line())["outcome"]["error"]) == MOST_LETTERS + 1


def test_the_secrets_of_a_run_arrive_as_they_are() -> None:
    job = Job(tenant="t", run_id="r", attempt=1, variables={"WEIRFLOW_W": "\udcff" + "x" * MOST_LETTERS})
    assert Job(**read(job.line())["job"]).variables == job.variables
