"""What a run asks of an engine, and the two that answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from connectors.databases.cancelling import cancelled_by_interrupts
from engine.polars_frames import PolarsFrames

if TYPE_CHECKING:
    from engine.duckdb_session import DuckDBSession
    from engine.plan import Plan

Sink = Callable[[pl.DataFrame], bool]
"""Takes a batch of rows; true ends the stream."""


_BATCH_ROWS = 50_000
"""Of a stream on Polars where the workflow does not say: each batch of a CSV file is a small query of its own, and with
10,000 rows a sort or filter of a million takes 1.15 times the CPU."""


class Backend(Protocol):
    """Computes relations. `counts` {relation: rows} and `seconds` hold what became known on the way."""

    counts: dict[str, int]
    seconds: dict[str, float]

    def collect(self, name: str, rows: int | None) -> pl.DataFrame:
        """The relation's rows, or the first `rows` of them."""
        ...

    def collect_each(self, names: list[str]) -> list[pl.DataFrame]:
        """The rows of several relations, what they share computed once."""
        ...

    def stream(self, sinks: Sequence[tuple[str, Sink]]) -> None:
        """Give each sink the batches of its relation, in order; what several share is computed once."""
        ...


class PolarsBackend:
    """Polars' streaming engine: all sinks of one call run as one query."""

    def __init__(self, plan: Plan, scratch: Path, outputs: list[str]) -> None:
        self.counts: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        settings = plan.compiled.workflow.settings
        self._batch_rows = settings.batch_rows if "batch_rows" in settings.model_fields_set else _BATCH_ROWS
        self._plan = plan
        self._scratch = scratch

    def _frames(self, names: list[str], counts: dict[str, int] | None = None) -> PolarsFrames:
        return PolarsFrames(self._plan.pushed(names), clock=self._plan.clock(), scratch=self._scratch, outputs=names,
                            counts=counts, whole=True)  # fmt: skip

    def collect(self, name: str, rows: int | None) -> pl.DataFrame:
        frame = self._frames([name]).frame(name)
        with _interrupted_once():
            return (frame if rows is None else frame.head(rows)).collect(engine="streaming")

    def collect_each(self, names: list[str]) -> list[pl.DataFrame]:
        frames = self._frames(names)
        unique = list(dict.fromkeys(names))
        queries = [frames.frame(name) for name in unique]
        with _interrupted_once():
            found = dict(zip(unique, pl.collect_all(queries, engine="streaming"), strict=True))
        return [found[name] for name in names]

    def stream(self, sinks: Sequence[tuple[str, Sink]]) -> None:
        frames = self._frames([name for name, _ in sinks], self.counts)
        queries = [
            frames.frame(name).sink_batches(sink, chunk_size=self._batch_rows, maintain_order=True, lazy=True)
            for name, sink in sinks
        ]
        with _interrupted_once():
            pl.collect_all(queries, engine="streaming")


class DuckDBBackend:
    """DuckDB: what several relations share is stored once, then each streams by itself."""

    def __init__(self, session: DuckDBSession) -> None:
        self.counts: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self._session = session

    def collect(self, name: str, rows: int | None) -> pl.DataFrame:
        with _interrupts():
            self._session.prepare([name])
            return self._session.collect(name, rows)

    def collect_each(self, names: list[str]) -> list[pl.DataFrame]:
        with _interrupts():
            self._session.prepare(names)
            return [self._session.collect(name) for name in names]

    def stream(self, sinks: Sequence[tuple[str, Sink]]) -> None:
        with _interrupts():
            self._session.prepare([name for name, _ in sinks])
            for name, sink in sinks:
                self.counts[name] = 0
                for batch in self._session.batches(name):
                    self.counts[name] += batch.height
                    if sink(batch):
                        break
            self.counts.update(self._session.counts)


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """Polars raises KeyboardInterrupt by itself, and Python's own handler has the same signal still to tell.

    Were it told later, it would break off the cleaning up that the first one began.
    """
    try:
        with cancelled_by_interrupts():
            yield
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt):
            time.sleep(0)
        raise


@contextmanager
def _interrupts() -> Iterator[None]:
    """DuckDB tells a Ctrl-C as a RuntimeError, which would look like a query that failed."""
    try:
        with cancelled_by_interrupts():
            yield
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


@contextmanager
def open_backend(plan: Plan, scratch: Path, outputs: list[str]) -> Iterator[Backend]:
    """The plan's engine, ready to compute `outputs` and what the checks ask for."""
    if plan.engine == "polars":
        yield PolarsBackend(plan, scratch, outputs)
        return
    from engine.duckdb_locking import memory_limit
    from engine.duckdb_session import DuckDBSession

    settings = plan.compiled.workflow.settings
    with DuckDBSession(plan.compiled.graph, clock=plan.clock(), scratch=scratch, outputs=outputs,
                       batch_rows=settings.batch_rows, memory_limit=memory_limit(settings.memory_limit, plan.policy),
                       pushed=plan.pushed, folders=plan.policy.read_folders) as session:  # fmt: skip
        yield DuckDBBackend(session)
