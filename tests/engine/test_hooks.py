"""What a program is told of a run, and that it cannot harm it."""

from __future__ import annotations

from pathlib import Path

import pytest

import weirflow as wf
from tests.workflows import ENGINES, inline, workflow

ROWS = [{"region": "north", "amount": 10}, {"region": "south", "amount": 7}, {"region": "north", "amount": 5}]


def regions(*deliveries: dict[str, object], **sections: object) -> dict[str, object]:
    sums = {"id": "by_region", "type": "aggregate",
            "config": {"group_by": ["region"], "aggregates": {"total": "sum(amount)"}}}  # fmt: skip
    files = [{"id": "sums", "format": "csv", "filename_template": "sums.csv"}, *deliveries]
    return workflow([inline("orders", ROWS)], transforms=[sums], delivery_rules={"file_delivery": files}, **sections)


class Heard(wf.Hooks):
    def __init__(self) -> None:
        self.calls: list[tuple[str, wf.Event]] = []

    def run_started(self, event: wf.Event) -> None:
        self.calls.append(("run_started", event))

    def step_started(self, event: wf.Event) -> None:
        self.calls.append(("step_started", event))

    def step_finished(self, event: wf.Event) -> None:
        self.calls.append(("step_finished", event))

    def delivery(self, event: wf.Event) -> None:
        self.calls.append(("delivery", event))

    def failure(self, event: wf.Event) -> None:
        self.calls.append(("failure", event))

    def run_finished(self, event: wf.Event) -> None:
        self.calls.append(("run_finished", event))

    @property
    def told(self) -> list[tuple[str, str, int]]:
        return [(method, event.step, event.rows) for method, event in self.calls]


class Broken(wf.Hooks):
    def step_started(self, event: wf.Event) -> None:
        raise RuntimeError("the pager is down")


@pytest.mark.parametrize("engine", ENGINES)
def test_hooks_hear_of_the_run_its_steps_and_its_deliveries_in_order(tmp_path: Path, engine: str) -> None:
    heard = Heard()
    result = wf.run(regions(), engine=engine, out=tmp_path, hooks=[heard])
    assert heard.told == [
        ("run_started", "", 0),
        ("step_started", "sums", 0),
        ("delivery", "sums", 2),
        ("step_finished", "orders", 3),
        ("step_finished", "by_region", 2),
        ("run_finished", "", 0),
    ]
    assert {event.run_id for _, event in heard.calls} == {result.run_id}
    assert {event.workflow for _, event in heard.calls} == {result.workflow}
    assert [event.status for _, event in heard.calls if event.status] == ["delivered", "succeeded"]


def test_a_hook_that_raises_is_one_warning_and_nothing_else_changes(tmp_path: Path) -> None:
    heard = Heard()
    result = wf.run(
        regions({"id": "other", "format": "json", "filename_template": "sums.json"}), out=tmp_path,
        hooks=[Broken(), heard],
    )  # fmt: skip
    assert result.status == "succeeded"
    assert [str(each) for each in result.warnings] == ["a hook failed in Broken.step_started: the pager is down"]
    assert [step for method, step, _ in heard.told if method == "step_started"] == ["sums", "other"]


def test_a_failed_delivery_is_told_as_a_failure_too(tmp_path: Path) -> None:
    heard = Heard()
    lost = {"id": "lost", "format": "csv", "destination": {"path": "sub"}, "filename_template": "x.csv"}
    (tmp_path / "sub").write_text("a file where a folder should be")
    result = wf.run(regions(lost), out=tmp_path, hooks=[heard])
    assert result.status == "failed"
    assert [(method, event.step) for method, event in heard.calls if event.status == "failed"] == [
        ("delivery", "lost"),
        ("failure", "lost"),
        ("run_finished", ""),
    ]


def test_what_stops_a_run_is_told_with_its_code_and_place(tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text("precious")
    heard = Heard()
    with pytest.raises(wf.WorkflowError):
        wf.run(regions(), out=tmp_path, hooks=[heard])
    (_, failure), (_, finished) = heard.calls[-2:]
    assert (failure.kind, failure.code) == ("failure", "IR605")
    assert (finished.kind, finished.status) == ("run_finished", "failed")


def test_a_run_that_is_interrupted_is_told_as_cancelled(tmp_path: Path) -> None:
    heard = Heard()

    def stop(event: wf.Event) -> None:
        if event.kind == "rows":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wf.run(regions(), out=tmp_path, hooks=[heard], progress=stop)
    assert (heard.calls[-1][0], heard.calls[-1][1].status) == ("run_finished", "cancelled")
