"""One operation carried out in a run: its calls made, their results written down as rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from connectors.http.blocking import waited_for
from connectors.plugins.files import FileStore
from connectors.plugins.session import Session, open_session
from connectors.problem import ConnectorProblem
from engine.effects.effect import EffectResult
from engine.events import Event
from engine.places import report
from engine.plugin_operations.calling import Calling
from engine.plugin_operations.headers import Headers
from engine.plugin_operations.meanings import Known
from engine.plugin_operations.pacing import StepPace
from engine.plugin_operations.packs import Packer
from engine.plugin_operations.row_values import row_values
from engine.plugin_operations.splitting import leaves
from engine.plugin_operations.tally import Called, Tally
from engine.plugin_operations.units import Call, units_of
from engine.plugin_operations.writing import ResultWriter
from engine.policies.policies import StepPolicy
from engine.run_folder import ITEMS
from ir.diagnostics import Problems, WorkflowError
from ir.model.constraints import Retry
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.effects.effect import Doing
    from engine.plugin_operations.effect import PluginEffect

READS_AT_ONCE = 8
"""Calls under way at the same time of what only reads or may be made twice; others follow the order of their rows."""
_AHEAD = 4
"""So many calls for each under way may be claimed ahead; none where one follows the other."""


def carry_out(effect: PluginEffect, doing: Doing) -> EffectResult:
    """Make the calls of the operation, and write the rows that it gives.

    Raises:
        WorkflowError: a call failed and the operation does not go on without it; those before it stand.
        Cancelled: the run was told to stop.
    """
    carrying = _Carrying(effect=effect, doing=doing)
    try:
        return carrying.done()
    except ConnectorProblem as problem:
        raise carrying.failure(problem) from problem


@dataclass(slots=True, kw_only=True)
class _Carrying:
    effect: PluginEffect
    doing: Doing
    tally: Tally = field(default_factory=Tally)

    def done(self) -> EffectResult:
        effect, doing = self.effect, self.doing
        timezone = doing.plan.compiled.workflow.settings.timezone
        writer = ResultWriter(effect=effect, doing=doing)
        units = units_of(effect, doing.rows, self._known(timezone), timezone=timezone)
        if self._is_pretended:
            for unit in units:
                writer.take(unit, [Called(call=call) for calls in unit.calls for call in calls])
            verb = "writes" if effect.is_writing else "reads"
            return EffectResult(remarks=(f"nothing was called: this run {verb} nothing outside",))
        policy = self._policy()
        batch = effect.action.manifest.batch if effect.scope == "batch" else None
        packer = Packer(effect=effect, batch=batch) if batch is not None else None
        with self._calling(policy) as calling:
            for unit in units:
                packs = packer.packed(unit) if packer is not None else []
                calls = [each.call for each in packs] or [call for each in unit.calls for call in each]
                with doing.running.cancellation.held():
                    found = waited_for(calling.made(calls))
                for each in found:
                    if each is not None:
                        self.tally.take(each)
                doing.running.cancellation.check()
                self._stop_at_failure(found)
                done = [each for each in found if each is not None]
                if packs:
                    done = [row for each in done for leaf in leaves(each) if leaf.call.pack is not None
                            for row in leaf.call.pack.apart(leaf, is_list=effect.gives_lists)]  # fmt: skip
                elif any(each.parts for each in done):
                    done = [leaf for each in done for leaf in leaves(each)]
                    unit = replace(unit, calls=[[each.call] for each in done])
                writer.take(unit, done)
                doing.running.progress(Event(kind="rows", step=effect.id, rows=self.tally.counts["calls"]))
            told = (f"{each.message}; {each.hint}" for each in getattr(calling.session, "remarks", ()))
            self.tally.counts.update(requests=calling.requests, stood=calling.stood)
        return EffectResult(
            outcome=self.tally.outcome, attempts=policy.attempts, dead_letters=writer.letters,
            is_whole=not self.tally.bad, remarks=(*self.tally.remarks, *writer.fitting.remarks, *told),
        )  # fmt: skip

    def failure(self, problem: ConnectorProblem, call: Call | None = None, *, is_uncertain: bool = False
                ) -> WorkflowError:  # fmt: skip
        """What stops the run, at its place in the document."""
        said = f"{call.shown}: {problem.message}" if call is not None and call.shown != "the call" else problem.message
        made = self.tally.counts["calls"]
        notes = [*problem.notes]
        if made and self.effect.is_writing:
            resumed = (
                "weirflow resume does not go past this one" if is_uncertain else "weirflow resume goes on behind them"
            )
            notes.append(f"{made:,} call{'s' if made != 1 else ''} before it stand; {resumed}")
        found = ConnectorProblem(problem.code, f"{self.effect.id}: {said}", hint=problem.hint, key=problem.key,
                                 notes=notes, reason=problem.reason)  # fmt: skip
        problems = Problems(self.doing.plan.compiled.document)
        report(found, problems, at=self.effect.at)
        return WorkflowError(problems.found)

    @property
    def _is_pretended(self) -> bool:
        """Whether nothing may be called: a preview changes nothing outside, and a test does not even ask."""
        return self.doing.running.is_preview and (self.effect.is_writing or self.doing.plan.compiled.is_isolated)

    @property
    def _goes_on(self) -> bool:
        return self.effect.operation.on_error == "continue"

    def _stop_at_failure(self, found: list[Called | None]) -> None:
        if self._goes_on:
            return
        for each in (leaf for whole in found if whole is not None for leaf in leaves(whole)):
            if each.problem is not None and not each.is_borne:
                raise self.failure(each.problem, each.call, is_uncertain=each.is_uncertain) from each.problem

    def _known(self, timezone: str) -> Known:
        """The values that every call may read."""
        doing = self.doing
        words = replace(doing.plan.compiled.words, run_id=doing.running.run_id)
        frames: dict[str, list[Any]] = {}
        for frame in self.effect.values:
            [column] = frame.schema.names
            rows = row_values(doing.values[frame.name], [column], frame.schema, timezone=timezone)
            frames[frame.name] = [each[column] for each in rows]
        return Known(roots=words.roots(), frames=frames)

    def _policy(self) -> StepPolicy:
        effect = self.effect
        operation = effect.operation
        policy = self.doing.running.policies.of(operation.execution_constraints, name=effect.id)
        if operation.on_error == "retry":
            attempts = Retry().max_attempts if operation.retry_count is None else operation.retry_count + 1
            retry = (policy.settled.retry or Retry()).model_copy(update={"max_attempts": max(attempts, 1)})
            policy.settled = replace(policy.settled, retry=retry)
        return policy

    @contextmanager
    def _calling(self, policy: StepPolicy) -> Iterator[Calling]:
        """The calls, with a session that is closed behind them.

        Raises:
            ConnectorProblem: the session cannot be opened, and the run does not go on without it.
        """
        effect, doing = self.effect, self.doing
        running, gone = doing.running, None
        session: Session | None = None
        try:
            session = open_session(effect.action.plugin, effect.account, files=FileStore(doing.files),
                                   pace=StepPace(policy=policy))  # fmt: skip
        except ConnectorProblem as problem:
            if not self._goes_on:
                raise
            gone = problem.message
        at_once = policy.settled.operations_at_once or (READS_AT_ONCE if effect.action.is_repeatable else 1)
        journal = running.journal if effect.is_writing else None
        calling = Calling(
            effect=effect, session=session, policy=policy, at_once=at_once, gone=gone,
            identity=("default" if journal is None else journal.tenant, running.run_id),
            stops_at_failure=not self._goes_on,
            headers=Headers(action=effect.action, taking=effect.taking)
            if effect.taking is not None and effect.taking.has_header else None,
        )  # fmt: skip
        try:
            if journal is None:
                yield calling
                return
            from engine.journal.items import item_ledger  # SQLAlchemy: what only reads does without it

            running.kept.add(ITEMS)
            with item_ledger(journal, running.run_id, effect.id, folder=running.folder / ITEMS,
                             most_ahead=_AHEAD * at_once if at_once > 1 else 0) as ledger:  # fmt: skip
                calling.ledger = ledger
                yield calling
                ledger.settle()
        finally:
            if session is not None:
                with suppress(ConnectorProblem):  # what stopped it is what is told
                    waited_for(session.close())
