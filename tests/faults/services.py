"""python -m tests.faults.services: workers of a service are killed and frozen at seeded moments, amid many runs."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.service.serving import Served, serving
from tests.servers.fixtures import database_of
from tests.servers.postgres import Postgres
from tests.servers.session import close_session, open_session, shared

ROWS = 50
LEASE_S = 3
WORKERS = 3
RUNS_A_KILL = 4
WORKFLOW = """\
ir_version: "3.1"
name: sold
goal: What was sold, in a table without a key and as a workbook of the run's own.
data_sources:
  - {type: file, alias: sold, location: sold.csv}
delivery_rules:
  database_delivery: {id: rows, plugin_key: sqlite, path: shop.db, table: sold, operation: insert}
  file_delivery: {id: book, format: xlsx, filename_template: "{{run.id}}.xlsx", depends_on: [rows]}
"""


@dataclass(slots=True)
class Workers:
    """The workers of a service; those that are ended are replaced."""

    served: Served
    stack: ExitStack
    environment: dict[str, str]
    alive: list[Served] = field(default_factory=list)

    def fill(self) -> None:
        self.alive = [each for each in self.alive if each.process.poll() is None]
        while len(self.alive) < WORKERS:
            home = self.served.home
            made = serving(self.served.folder, "--lease", str(LEASE_S), command="worker", home=home,
                           variables=self.environment)  # fmt: skip
            self.alive.append(self.stack.enter_context(made))


@contextmanager
def database(kind: str) -> Iterator[dict[str, str]]:
    """The variables by which processes find the journal."""
    if kind == "sqlite":
        yield {}
        return
    with database_of("postgresql", Postgres(), shared("postgres")) as found:
        yield {"WEIRFLOW_JOURNAL": found.url_as(found.user, found.password)}


def loop(kind: str, *, kills: int, rng: random.Random, folder: Path) -> list[str]:
    """So many kills; what was found broken in the end."""
    folder.mkdir()
    (folder / "sold.yaml").write_text(WORKFLOW)
    (folder / "sold.csv").write_text("id,name\n" + "".join(f"{each},name {each}\n" for each in range(ROWS)))
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute("create table sold (id bigint, name varchar(40))")
    runs: list[str] = []
    done: Counter[str] = Counter()
    with database(kind) as environment, ExitStack() as stack:
        served = stack.enter_context(serving(folder, "--slots", "0", "--lease", str(LEASE_S), variables=environment))
        workers = Workers(served, stack, environment)
        for _ in range(kills):
            workers.fill()
            runs += [served.ask("POST", "/api/runs", {"workflow": "sold"}).json["run_id"] for _ in range(RUNS_A_KILL)]
            time.sleep(rng.uniform(0.0, 3.0))
            victim, number = rng.choice(workers.alive), rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
            os.kill(victim.process.pid, number)
            done[number.name] += 1
            if number == signal.SIGSTOP:
                time.sleep(LEASE_S + rng.uniform(0.5, 2.0))
                with suppress(ProcessLookupError):
                    os.kill(victim.process.pid, signal.SIGCONT)
            else:
                victim.process.wait()
        workers.fill()
        ended = {each: served.ended(each, within_s=180)["status"] for each in runs}
    print(f"{kind}: {len(runs)} runs, {dict(done)}, {Counter(ended.values())}")
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        counts = connection.execute("select id, count(*) from sold group by id").fetchall()
    wrong = {count for _, count in counts if count != len(runs)}
    return [
        *(f"{kind}: the run {each} is {status}" for each, status in ended.items() if status != "succeeded"),
        *(f"{kind}: the run {each} has no workbook" for each in runs if not (folder / f"{each}.xlsx").exists()),
        *(f"{kind}: rows stand {count} times for {len(runs)} runs" for count in wrong),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.services", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="all that is drawn comes from it")
    parser.add_argument("--kills", type=int, default=20, help="so many on each database")
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgres"])
    options = parser.parse_args()
    alive = open_session()
    broken = []
    try:
        with tempfile.TemporaryDirectory(prefix="weirflow-faults-") as scratch:
            for kind in options.database:
                rng = random.Random(options.seed)
                broken += loop(kind, kills=options.kills, rng=rng, folder=Path(scratch) / kind)
    finally:
        if alive is not None:
            close_session(alive)
    for each in broken:
        print(f"BROKEN  {each}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
