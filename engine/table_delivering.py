"""One delivery to a table on its way: rows are staged as they come, and applied when nothing speaks against them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING

import polars as pl

from connectors.attempt import Attempt
from connectors.databases.address import Address
from connectors.databases.refusals import null_key
from connectors.databases.target_checks import check_target
from connectors.databases.writing import LedgerEntry, Outcome, TableWrite, TableWriter, TargetTable
from connectors.problem import ConnectorProblem
from engine.database_deliveries import TableOutput, report_delivery
from engine.names import RunWords
from engine.output import Output
from engine.policies.connections import of_database
from engine.policies.policies import StepPolicy
from engine.result import DeliveryResult
from ir.diagnostics import Problems
from ir.records import dataclass
from transforms.expressions.polars_columns import all_exact, exact
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.plan import Plan

_COUNTS = ("inserted", "updated", "deleted", "skipped", "ignored", "duplicates")


@dataclass(slots=True, kw_only=True, eq=False)
class TableDelivering(Output):
    """A delivery to a table. Its transaction is open from the first row to the last, and ends in `finish`."""

    table: TableOutput
    entry: LedgerEntry
    policy: StepPolicy
    writer: TableWriter | None = None
    nulls: dict[str, int] = field(default_factory=dict)
    """How many rows have no value in a key."""
    first: Attempt = field(default_factory=Attempt)
    """Begins with the rows."""
    met: ConnectorProblem | None = None
    """What ended the first attempt while the rows came, where there is another."""
    is_ending: bool = False
    """Whether the transaction was told to end: a connection that breaks then does not say how it ended."""

    @classmethod
    def of(cls, table: TableOutput, plan: Plan, words: RunWords, policy: StepPolicy) -> TableDelivering:
        entry = LedgerEntry(run_id=words.run_id, delivery=table.id, workflow=plan.name, table=table.shown_target,
                            at=words.now.isoformat(timespec="seconds"))  # fmt: skip
        return cls(table=table, document=plan.compiled.document, entry=entry, policy=policy)

    @property
    def compiled(self) -> TableOutput:
        return self.table

    @property
    def spooled(self) -> Sequence[tuple[Frame, str | None]]:
        """Rows that are staged are gone with the connection, so another attempt takes them from the run's folder."""
        return [(each, None) for each in self.table.frames] if self.policy.may_try_again else []

    @property
    def attempts(self) -> int:
        return self.policy.attempts

    @property
    def facts(self) -> TableWrite:
        assert self.table.write is not None
        return self.table.write

    def open(self) -> None:
        self.begin_anew()
        self.nulls, self.met, self.is_ending = {}, None, False
        self.first = self.policy.new_attempt()
        try:
            with self.policy.clock.cancellation.ending(self.first.stop), self.first.running():
                self._begin()
        except Exception as error:  # whatever a database says fails its own delivery only
            self._stop(error)

    def _begin(self) -> TableWriter:
        address = self.table.address
        assert address is not None
        self.writer = self.table.database.open_table(address, self.facts, self._target(address))
        self.writer.begin()
        return self.writer

    def _stop(self, error: Exception) -> None:
        """End the attempt in the middle of the rows: the delivery has failed, or waits for all of them."""
        if isinstance(error, ConnectorProblem) and self.policy.tries_again_after(error, 1):
            self.fail(error)
            self.error, self.met = None, error
        else:
            self.fail(error)

    def _target(self, address: Address) -> TargetTable | None:
        """The table; one that was to be made may have been made since the plan, by this very plan perhaps."""
        if self.table.target is not None or not self.facts.create:
            return self.table.target
        target = self.table.database.describe_target(address, self.facts.table)
        if target is not None:
            for problem in check_target(self.facts, target, self.table.database):
                raise problem
        return target

    def write(self, batch: pl.DataFrame) -> bool:
        if self.error is not None:
            return True
        before = time.perf_counter()
        try:
            with self.first.running():
                self._stage(batch)
        except Exception as error:  # see open
            self._stop(error)
            if self.error is not None:
                return True
        self.seconds += time.perf_counter() - before
        self.rows += batch.height
        return False

    def _stage(self, batch: pl.DataFrame) -> None:
        """Rows are counted to the end once a key is null, so that the error says how many are."""
        rows = batch.select(all_exact(self.facts.columns.names))
        if self.facts.keys:
            counts = rows.select(exact(name).null_count() for name in self.facts.keys).row(0, named=True)
            for name, count in counts.items():
                if count:
                    self.nulls[name] = self.nulls.get(name, 0) + count
        if not self.nulls and self.writer is not None:
            self.writer.stage(rows)

    def fail(self, error: Exception) -> None:
        self.error = error
        if self.writer is not None:
            with suppress(Exception):  # the first error is the one to tell
                self.writer.abort()
        self.writer = None

    def finish(self) -> DeliveryResult:
        """Apply the staged rows and make that last, or say why nothing is written."""
        if self.error is None and self.nulls:
            name, count = next(iter(self.nulls.items()))
            self.fail(null_key(self.facts, name, count))
        if self.error is None:
            before = time.perf_counter()
            try:
                # where a second attempt would be told from a second delivery the problem does not say `sent`
                address = self.table.address
                connection = of_database(address) if address is not None else None
                outcome = self.policy.carry_out(self._attempt, connection=connection, is_repeatable=False,
                                                begun=self.first)  # fmt: skip
                self.seconds += time.perf_counter() - before
                return self._done(outcome)
            except Exception as error:  # see open
                self.fail(error)
        return self.failed("uncertain" if self.is_ending else "failed")

    def tell(self, problem: ConnectorProblem, problems: Problems) -> None:
        report_delivery(problem, problems, at=self.at)

    def _attempt(self) -> Outcome:
        """The staged rows in the table; staged anew where an attempt before has failed."""
        if self.met is not None:
            met, self.met = self.met, None
            raise met
        try:
            return self._applied(self.writer or self._staged_anew())
        except BaseException:
            if self.writer is not None:
                with suppress(Exception):  # see fail
                    self.writer.abort()
            self.writer = None
            raise

    def _staged_anew(self) -> TableWriter:
        writer = self._begin()
        for frame in self.table.frames:
            for batch in self.spools[frame.name, None].batches():
                writer.stage(batch.select(all_exact(self.facts.columns.names)))
        return writer

    def _applied(self, writer: TableWriter) -> Outcome:
        """The staged rows in the table, for good."""
        self.announce(())
        self.is_ending = False
        outcome = writer.apply(self.entry)
        self.is_ending = True
        try:
            writer.commit()
        except ConnectorProblem as problem:
            problem.sent = not (outcome.in_ledger or outcome.already)
            raise
        self.writer, self.is_ending = None, False
        return outcome

    def _done(self, outcome: Outcome) -> DeliveryResult:
        self.problems += [f"{self.id}: {each}" for each in outcome.notes]
        if outcome.already and self.policy.attempts > 1:
            self.problems.append(f"{self.id}: an attempt before has delivered it, though its answer was lost")
        elif outcome.already:
            self.problems.append(f"{self.id}: this run has delivered it before, so nothing is written again")
            return self.result("delivered")
        if outcome.duplicates:
            what = "1 row was" if outcome.duplicates == 1 else f"{outcome.duplicates:,} rows were"
            self.problems.append(f"{self.id}: {what} left out, since a later row has the same key")
        return self.result("delivered", outcome={name: getattr(outcome, name) for name in _COUNTS})
