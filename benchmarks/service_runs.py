"""`python -m benchmarks.service_runs`: many runs asked for at once, carried out by 1, 2 and 4 workers of a service.

Small runs read ten rows, keep some, and deliver a CSV file; reports read 10,000 rows and deliver a workbook. All are
asked for before the first worker starts. Beside them stands DBOS by itself, with workflows that do nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.child import machine
from benchmarks.measure import ROOT
from tests.servers.fixtures import database_of
from tests.servers.postgres import Postgres
from tests.servers.session import close_session, open_session, shared

WORKFLOWS = {
    "small": """\
ir_version: "3.1"
name: small
goal: Ten rows, of which some are kept.
data_sources: [{type: file, alias: rows, location: small.csv}]
filters: {conditions: [{field: amount, operator: greater_than, value: 5}]}
delivery_rules: {file_delivery: {format: csv, filename_template: "out/small_{{run.id}}.csv"}}
""",
    "report": """\
ir_version: "3.1"
name: report
goal: Ten thousand rows as a workbook.
data_sources: [{type: file, alias: rows, location: report.csv}]
delivery_rules: {file_delivery: {format: xlsx, filename_template: "out/report_{{run.id}}.xlsx"}}
""",
}
ROWS = {"small": 10, "report": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What so many runs took."""

    what: str
    database: str
    workers: int
    runs: int
    seconds: float
    cpu_ms: float
    """Of all processes of the service together, for one run; a server's is not counted."""
    waited: list[float]
    """From asking to the end, sorted: most of it is waiting for the other runs."""
    took: list[float]
    """From when a worker took it to the end, sorted."""
    memory: int
    """Of all processes of the service at their peak, what they share counted once."""


def folder_of(place: Path) -> Path:
    """The folder with the workflows and their rows."""
    place.mkdir()
    (place / "out").mkdir()
    for name, text in WORKFLOWS.items():
        (place / f"{name}.yaml").write_text(text)
        rows = "".join(f"{each},name {each},{each % 13}.25,2026-01-{each % 28 + 1:02}\n" for each in range(ROWS[name]))
        (place / f"{name}.csv").write_text("id,name,amount,day\n" + rows)
    return place


def asked(what: str, runs: int, folder: Path) -> None:
    """Ask for the runs, in this process."""
    from engine.journal.journal import Journal
    from engine.journal.place import journal_url
    from engine.service.asking import ask
    from engine.service.context import Context
    from engine.service.dispatch.by_dbos import DbosDispatcher
    from engine.service.dispatch.port import dispatch_url
    from engine.service.settings import ServiceSettings
    from engine.service.store.workflows import find_workflow, put_workflow
    from ir.diagnostics import Problems
    from ir.loading import load
    from ir.workflow import read_document

    with Journal() as journal:
        with journal.writing():
            pass
        dispatcher = DbosDispatcher(dispatch_url(journal_url()), worker="asking")
        context = Context(settings=ServiceSettings(folder=folder), journal=journal, worker="asking",
                          dispatcher=dispatcher)  # fmt: skip
        document = load(folder / f"{what}.yaml")
        document, model = read_document(document, Problems(document))
        assert model is not None
        put_workflow(journal, what, text=document.text or "", model=model, base=folder, syntax="yaml",
                     file=str(folder / f"{what}.yaml"), changed_by="benchmark")  # fmt: skip
        workflow = find_workflow(journal, what)
        assert workflow is not None
        for _ in range(runs):
            ask(context, workflow, cause="manual", asked_by="benchmark")
        dispatcher.close()


@contextmanager
def worker(folder: Path, slots: int, log: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "engine.cli", "worker", str(folder), "--slots", str(slots)]
    with log.open("a") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


class Watch(threading.Thread):
    """The memory and the CPU time of processes and their children, seen every half second."""

    def __init__(self, processes: list[psutil.Process]) -> None:
        super().__init__(daemon=True)
        self._processes, self._over = processes, threading.Event()
        self.peak, self._cpu = 0, dict[int, float]()

    @property
    def cpu(self) -> float:
        return sum(self._cpu.values())

    def run(self) -> None:
        while not self._over.is_set():
            self.look()
            self._over.wait(0.5)

    def look(self) -> None:
        total = 0
        for each in self._processes:
            for one in (each, *each.children(recursive=True)):
                try:
                    total += one.memory_full_info().pss
                    times = one.cpu_times()
                    self._cpu[one.pid] = times.user + times.system
                except psutil.Error:
                    continue
        self.peak = max(self.peak, total)

    def end(self) -> None:
        self._over.set()
        self.join()
        self.look()


def measured(what: str, database: str, workers: int, runs: int, *, slots: int, scratch: Path) -> Figures:
    """The runs, with so many workers; every one of them has to be done, once."""
    from sqlalchemy import select

    from engine.journal.journal import Journal
    from engine.journal.tables import starts

    folder = folder_of(scratch / f"{what}-{database}-{workers}")
    os.environ["WEIRFLOW_HOME"] = str(folder / ".weirflow")
    asked(what, runs, folder)
    with ExitStack() as stack, Journal() as journal:
        log = folder / "log"
        watch = Watch([stack.enter_context(worker(folder, slots, log)) for _ in range(workers)])
        watch.start()
        while True:
            with journal.looking() as connection:
                query = select(starts.c.status, starts.c.asked_at, starts.c.started_at, starts.c.finished_at)
                found = connection.execute(query).all()
            if all(each.status not in {"queued", "running"} for each in found):
                break
            time.sleep(0.5)
        watch.end()
    delivered = len(list((folder / "out").iterdir()))
    assert {each.status for each in found} == {"done"}, log.read_text()
    assert len(found) == delivered == runs, f"{delivered} files of {runs} runs"
    at = datetime.fromisoformat
    waited = sorted((at(each.finished_at) - at(each.asked_at)).total_seconds() for each in found)
    took = sorted((at(each.finished_at) - at(each.started_at)).total_seconds() for each in found)
    ends = [at(each.finished_at) for each in found]
    # From the first that was taken: until then the workers start.
    seconds = (max(ends) - min(at(each.started_at) for each in found)).total_seconds()
    return Figures(what=what, database=database, workers=workers, runs=runs, seconds=seconds, waited=waited, took=took,
                   cpu_ms=watch.cpu / runs * 1000, memory=watch.peak)  # fmt: skip


def bare(database: str, url: str, runs: int) -> Figures:
    """DBOS by itself."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.bare_dbos", url, str(runs)], cwd=ROOT, check=True,
                          capture_output=True, text=True)  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    return Figures(what="DBOS alone, nothing to do", database=database, workers=1, runs=runs, seconds=found["seconds"],
                   cpu_ms=found["cpu"] / runs * 1000, waited=found["waited"], took=[0.0], memory=0)  # fmt: skip


@contextmanager
def journal_in(kind: str, scratch: Path) -> Iterator[str]:
    """The URL of an empty database; for SQLite each measurement has files of its own."""
    if kind == "sqlite":
        os.environ.pop("WEIRFLOW_JOURNAL", None)
        yield f"sqlite:///{scratch}/bare-{time.monotonic_ns()}.db"
        return
    with database_of("postgresql", Postgres(), shared("postgres")) as found:
        os.environ["WEIRFLOW_JOURNAL"] = found.url_as(found.user, found.password)
        yield os.environ["WEIRFLOW_JOURNAL"]


def table_of(figures: list[Figures]) -> Table:
    table = Table()
    for name in ("what", "database", "workers", "runs", "runs/s", "CPU ms a run", "p50 s", "p99 s", "p50 s of a run",
                 "p99 s of a run", "MB"):  # fmt: skip
        table.add_column(name, justify="left" if name in {"what", "database"} else "right")
    for each in figures:
        table.add_row(each.what, each.database, str(each.workers), str(each.runs), f"{each.runs / each.seconds:.1f}",
                      f"{each.cpu_ms:.0f}", *(f"{part[int(len(part) * share)]:.2f}" for part in (each.waited, each.took)
                      for share in (0.5, 0.99)), f"{each.memory / 1e6:.0f}")  # fmt: skip
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service_runs", description=__doc__)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgres"])
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2, 4])
    parser.add_argument("--small", type=int, default=1000, help="so many runs of ten rows")
    parser.add_argument("--reports", type=int, default=100, help="so many runs of 10,000 rows")
    parser.add_argument("--slots", type=int, default=2, help="runs at once in one worker")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    figures: list[Figures] = []
    alive = open_session()
    before = os.getloadavg()[0]
    try:
        with tempfile.TemporaryDirectory(prefix="weirflow-bench-") as name:
            for kind in options.database:
                with journal_in(kind, Path(name)) as url:
                    figures.append(bare(kind, url, options.small))
                for what, runs in (("small", options.small), ("report", options.reports)):
                    for workers in options.workers if runs else ():
                        with journal_in(kind, Path(name)):
                            figures.append(measured(what, kind, workers, runs, slots=options.slots,
                                                    scratch=Path(name)))  # fmt: skip
                        Console(stderr=True, width=160).print(table_of(figures[-1:]))  # whoever stops it has these
    finally:
        if alive is not None:
            close_session(alive)
    console = Console(width=None if os.isatty(1) else 160)
    console.print(table_of(figures))
    console.print(f"{options.slots} runs at once in a worker; {machine()}; load {before:.1f} before, "
                  f"{os.getloadavg()[0]:.1f} after")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
