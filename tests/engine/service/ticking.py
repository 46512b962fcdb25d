"""A service of the tests without processes: its journal, a clock that stands, and a queue that only writes down."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from engine.journal.journal import Journal
from engine.running.cancellation import Cancellation
from engine.service.asking import ask
from engine.service.context import Context
from engine.service.runners.carrying_out import carry_out
from engine.service.runners.protocol import Job
from engine.service.schedules.ticker import Ticker
from engine.service.settings import ServiceSettings
from engine.service.store.starts import Start, StartStatus, end_start
from engine.service.store.workflows import find_workflow, put_workflow
from ir.diagnostics import Problems
from ir.loading import loads
from ir.workflow import read_workflow
from tests.engine.service.stored import list_starts
from tests.engine.service.taking import take_start


@dataclass(slots=True)
class Queue:
    """Takes runs, and lets nobody carry them out."""

    given: list[str] = field(default_factory=list)

    def dispatch(self, start: Start) -> None:
        self.given.append(start.run_id)


class Ticking:
    """Workflows with schedules, and a clock that is set by hand."""

    def __init__(self, folder: Path, *, now: str, settings: ServiceSettings | None = None) -> None:
        self.folder = folder
        self.now = datetime.fromisoformat(now)
        self.queue = Queue()
        self.journal = Journal()
        self.context = Context(settings=settings or ServiceSettings(folder=folder), journal=self.journal,
                               dispatcher=self.queue, worker="w")  # fmt: skip
        self.ticker = Ticker(self.context, clock=lambda: self.now, apart=lambda look: look())

    def put(self, name: str, schedule: dict[str, Any] | None, **more: Any) -> None:
        """Store a workflow with this schedule, at the clock's time."""
        document = {
            "ir_version": "3.1", "name": name, "goal": "To be run.",
            "data_sources": [{"type": "tabular", "source": "inline", "alias": "rows", "config": {"rows": [{"a": 1}]}}],
            **({"schedule": schedule} if schedule is not None else {}), **more,
        }  # fmt: skip
        self._put(name, yaml.safe_dump(document), None)

    def put_file(self, path: Path) -> None:
        """Store the workflow of a file, as a service over its folder does."""
        self._put(path.stem, path.read_text(), path)

    def _put(self, name: str, text: str, file: Path | None) -> None:
        loaded = loads(text, file=f"{name}.yaml", syntax="yaml")
        problems = Problems(loaded)
        model = read_workflow(loaded, problems)
        assert model is not None, problems.found
        put_workflow(self.journal, name, text=text, syntax="yaml", model=model, base=self.folder,
                     file=None if file is None else str(file), changed_by="test",
                     now=self.now.astimezone(UTC).isoformat(timespec="microseconds"))  # fmt: skip

    def looked(self, **by: float) -> list[Start]:
        """What was begun when the clock has gone on so far, those that files have started among them."""
        before = {each.run_id for each in list_starts(self.journal)}
        self.later(**by)
        return [each for each in list_starts(self.journal)[::-1] if each.run_id not in before]

    def at(self, now: str) -> list[Start]:
        """What is begun when the clock shows this."""
        self.now = datetime.fromisoformat(now)
        return self.ticker.tick()

    def later(self, **by: float) -> list[Start]:
        self.now += timedelta(**by)
        return self.ticker.tick()

    def ask(self, name: str) -> Start:
        """A run that somebody starts by hand."""
        stored = find_workflow(self.journal, name)
        assert stored is not None
        return ask(self.context, stored, cause="manual", asked_by="me")

    def end(self, start: Start, status: StartStatus = "done") -> None:
        """Let a run be carried out, and end so."""
        taken = take_start(self.journal, start.run_id, attempt=start.attempt, worker="w", lease_s=9999)
        assert taken is not None
        assert end_start(self.journal, taken, status)

    def carry_out(self, start: Start) -> None:
        """Carry a run out in this process, as the process of a worker does."""
        taken = take_start(self.journal, start.run_id, attempt=start.attempt, worker="w", lease_s=9999)
        assert taken is not None
        job = Job(tenant=self.journal.tenant, run_id=taken.run_id, attempt=taken.attempt)
        outcome = carry_out(self.journal, job, self.context.settings, progress=lambda event: None,
                            cancellation=Cancellation())  # fmt: skip
        assert end_start(self.journal, taken, outcome.status, error=outcome.error)

    def runs(self, workflow: str) -> list[Start]:
        return list_starts(self.journal, workflow=workflow)[::-1]
