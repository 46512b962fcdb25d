"""What a long run says while it runs: a moving line for each step on a terminal, plain log lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from engine.cli.console import printable, say, words
from engine.cli.json_lines import JsonLines, Pace
from engine.cli.quantities import count, seconds

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from engine.events import Event

Report = Callable[["Event"], None]


@contextmanager
def progress(*, quiet: bool, is_terminal: bool, log_format: str = "text") -> Iterator[Report]:
    """The function that a run tells its events; a quiet run says its warnings alone."""
    if log_format == "json":
        yield JsonLines(quiet=quiet)
    elif quiet:
        yield say_warning
    elif is_terminal:
        with _bars() as bars:
            yield LiveSteps(bars)
    else:
        yield LogLines()


def say_warning(event: Event) -> None:
    if event.kind == "warning":
        say(printable(f"warning: {event.text}"))


def _bars() -> Progress:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[rows]}", justify="right"),
        TextColumn("{task.fields[rate]}", justify="right", style="dim"),
        TimeElapsedColumn(),
        console=words(),
        transient=True,
    )


class LiveSteps:
    """One moving line a step: its rows, their rate and its time; gone when the closing table comes."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event.kind:
                case "step_finished" if event.step not in self._tasks:
                    """Computed on the way to others: the closing table tells its rows."""
                case "step_started" | "rows" | "step_finished" | "delivery_finished":
                    self._move(event)
                case "warning" | "retry":
                    self._bars.console.print(printable(event.text), style="yellow")

    def _move(self, event: Event) -> None:
        if event.step not in self._tasks:
            name = printable(event.step)
            self._tasks[event.step] = self._bars.add_task(name, total=None, rows="", rate="")
        task = self._tasks[event.step]
        if event.rows:
            rate = f"{count(round(event.rows / event.seconds))} rows/s" if event.seconds > 0 else ""
            self._bars.update(task, rows=f"{count(event.rows)} rows", rate=rate)
        if event.kind in ("step_finished", "delivery_finished"):
            self._bars.update(task, total=1, completed=1)


class LogLines:
    """One line an event, with the time of day: what a cron mail or a container's log keeps."""

    def __init__(
        self,
        *,
        write: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
        clock: Callable[[], datetime] = datetime.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._clock = clock
        self._pace = Pace(monotonic)
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            line = self._line(event)
            if line:
                self._write(f"{self._clock():%Y-%m-%d %H:%M:%S} {printable(line)}")

    def _line(self, event: Event) -> str | None:
        if not self._pace.is_due(event):
            return None
        match event.kind:
            case "run_started" | "run_finished":
                return event.text or event.kind.replace("_", " ")
            case "failure":
                return None  # told in full after the run, with its place
            case "warning":
                return f"warning: {event.text}"
            case "retry":
                return f"{event.step}: attempt {event.attempt} comes: {event.text}"
            case "step_started":
                return f"{event.step}: started"
            case "rows":
                return f"{event.step}: {count(event.rows)} rows so far"
            case "step_finished" if not self._pace.has_begun(event.step):
                return None  # computed on the way to others: the closing table tells its rows
            case "step_finished":
                return f"{event.step}: {count(event.rows)} rows in {seconds(event.seconds)}"
            case "delivery_finished":
                return f"{event.step}: {event.text or 'delivered'}"
