import io
from collections.abc import Iterator
from datetime import datetime

import pytest
from rich.console import Console
from rich.progress import Progress

from engine.cli import progress as module
from engine.cli.progress import LiveSteps, LogLines, progress
from engine.events import Event

NOON = datetime(2026, 1, 31, 12, 0, 5)


def event(kind: str, step: str = "", *, rows: int = 0, seconds: float = 0.0, text: str = "") -> Event:
    return Event(kind=kind, step=step, rows=rows, seconds=seconds, text=text)  # type: ignore[arg-type]


def lines_of(*events: Event, monotonic: Iterator[float] | None = None) -> list[str]:
    written: list[str] = []
    times = monotonic or iter(range(100))
    report = LogLines(write=written.append, clock=lambda: NOON, monotonic=lambda: float(next(times)))
    for each in events:
        report(each)
    return written


def test_each_step_is_logged_with_the_time_its_rows_and_its_seconds() -> None:
    assert lines_of(event("step_started", "orders"), event("step_finished", "orders", rows=1200, seconds=1.5)) == [
        "2026-01-31 12:00:05 orders: started",
        "2026-01-31 12:00:05 orders: 1,200 rows in 1.50 s",
    ]


def test_a_running_step_is_logged_at_most_every_five_seconds() -> None:
    rows = [event("rows", "orders", rows=number * 100) for number in range(1, 4)]
    # Read once an event: at 1 s nothing is said, at 6 s and 12 s it is.
    written = lines_of(event("step_started", "orders"), *rows, monotonic=iter([0.0, 1.0, 6.0, 12.0]))
    assert written == [
        "2026-01-31 12:00:05 orders: started",
        "2026-01-31 12:00:05 orders: 200 rows so far",
        "2026-01-31 12:00:05 orders: 300 rows so far",
    ]


def test_warnings_and_deliveries_are_logged_in_their_own_words() -> None:
    written = lines_of(event("warning", text="12 values are no number"), event("delivery_finished", "report_csv"))
    assert written == [
        "2026-01-31 12:00:05 warning: 12 values are no number",
        "2026-01-31 12:00:05 report_csv: delivered",
    ]


def test_an_escape_in_a_name_cannot_steer_the_terminal() -> None:
    assert lines_of(event("step_started", "\x1b]0;title\x07"))[0].endswith("\\x1b]0;title\\x07: started")


def test_a_terminal_shows_rows_and_rate_of_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    monkeypatch.setattr(module, "words", lambda: console)
    with module._bars() as bars:
        assert isinstance(bars, Progress)
        report = LiveSteps(bars)
        report(event("step_started", "orders"))
        report(event("rows", "orders", rows=5000, seconds=2.0))
        bars.refresh()
        shown = screen.getvalue()
        report(event("warning", text="careful"))
        report(event("step_finished", "orders", rows=6000, seconds=2.0))
        assert bars.finished
    assert "orders" in shown
    assert "5,000 rows" in shown
    assert "2,500 rows/s" in shown
    assert "careful" in screen.getvalue()


def test_quiet_says_warnings_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=True, is_terminal=True) as report:
        report(event("step_started", "orders"))
        report(event("warning", text="12 values are no number"))
        report(event("delivery_finished", "report_csv"))
    assert capsys.readouterr().err == "warning: 12 values are no number\n"


def test_without_a_terminal_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(quiet=False, is_terminal=False) as report:
        report(event("step_started", "orders"))
    captured = capsys.readouterr()
    assert captured.err.endswith(" orders: started\n")
    assert captured.out == ""
