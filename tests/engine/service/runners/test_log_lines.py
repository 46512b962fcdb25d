"""What of a run's events stands in its log."""

from __future__ import annotations

from engine.events import Event
from engine.service.runners import log_lines
from engine.service.runners.log_lines import LogLines
from engine.service.runners.protocol import Told


def test_a_step_tells_its_rows_twice_a_second() -> None:
    now, told = [0.0], list[Told]()
    log = LogLines(told.append, clock=lambda: now[0])
    for number in range(10):
        now[0] = number / 10
        log(Event(kind="rows", step="a", rows=number))
        log(Event(kind="rows", step="b", rows=number))
    assert [(each.step, each.rows) for each in told] == [("a", 0), ("b", 0), ("a", 5), ("b", 5)]
    assert [each.number for each in told] == [1, 2, 3, 4]


def test_a_log_that_grows_too_long_says_how_much_it_left_out_and_how_the_run_ended() -> None:
    told = list[Told]()
    log = LogLines(told.append)
    for _ in range(log_lines.MOST + 3):
        log(Event(kind="retry", step="a"))
    log(Event(kind="failure", text="no such table", code="IR560", place="w.yaml:3:5"))
    log(Event(kind="run_finished", status="failed"))
    assert [(each.kind, each.text) for each in told[log_lines.MOST :]] == [
        ("failure", "no such table [IR560] (w.yaml:3:5)"), ("warning", "3 more lines are not in this log"),
        ("run_finished", "")]  # fmt: skip
