"""Making the calls of an operation: each written down before and after, none that took effect is made again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.plugins.items import PartlyDone
from connectors.plugins.session import Session
from connectors.problem import ConnectorProblem
from engine.plugin_operations.line import Line, Prepared
from engine.plugin_operations.shares import can_be_shared, shares
from engine.plugin_operations.splitting import Splitting, was_split
from engine.plugin_operations.tally import Called, stored
from engine.plugin_operations.units import Call
from engine.policies.policies import StepPolicy
from engine.running.cancellation import Cancelled
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.journal.items import Claim, ItemLedger
    from engine.journal.records import ItemRecord, ItemStatus
    from engine.plugin_operations.effect import PluginEffect
    from engine.plugin_operations.headers import Headers

IN_A_ROW = 5
"""After so many calls in a row that a service did not take in, the rest is not tried."""
_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)
_OUTAGES = frozenset({"network_error", "timeout", "server_error"})


@dataclass(slots=True, kw_only=True, eq=False)
class Calling:
    """The calls of one operation on their way. All of it runs in the loop of the requests."""

    effect: PluginEffect
    session: Session | None
    policy: StepPolicy
    identity: tuple[str, str]
    """The tenant and the run."""
    ledger: ItemLedger | None = None
    """None where nothing has to be known of a call that was made: it only reads."""
    headers: Headers | None = None
    at_once: int = 1
    stops_at_failure: bool = True
    requests: int = 0
    stood: int = 0
    is_stopped: bool = False
    gone: str | None = None
    """Why no further call is tried."""
    splitting: Splitting = field(default_factory=Splitting)
    _failing: int = 0
    _stopping: Cancelled | ConnectorProblem | None = None

    async def made(self, calls: Sequence[Call]) -> list[Called | None]:
        """What became of each; None for those that were not begun, since one before them failed.

        Raises:
            Cancelled: the run was told to stop; what was under way has come to its end.
            ConnectorProblem: the journal cannot be written.
        """
        found: list[Called | None] = [None] * len(calls)
        line = Line(calls=calls, prepare=self._prepared, ledger=self.ledger)

        async def work() -> None:
            while not (self.is_stopped or self._stopping) and (ready := line.next()) is not None:
                index, prepared = ready
                try:
                    found[index] = await self._divided(prepared)
                except (Cancelled, ConnectorProblem) as error:
                    self._stopping = self._stopping or error

        await asyncio.gather(*(work() for _ in range(min(self.at_once, max(len(calls), 1)))))
        line.let_go()
        if self._stopping is not None:
            raise self._stopping
        return found

    def _prepared(self, call: Call) -> Prepared:
        """What the call asks for, claimed; or what became of it before."""
        if call.is_empty:
            return Prepared(call=call)
        if self._was_split(call):
            # by an earlier attempt at the run; what of its parts was taken in then stands
            return Prepared(call=call, problem=ConnectorProblem("IR691", "it was refused before"), is_split=True)
        try:
            arguments = call.arguments(self.effect)
        except ConnectorProblem as problem:
            return Prepared(call=call, problem=problem)
        key = self._key(call, arguments)
        if self.ledger is None:
            return Prepared(call=call, arguments=arguments, key=key)
        record = self.ledger.known.get(call.ordinal)
        if record is not None and record.status not in {"failed", "skipped"}:
            is_another = record.idempotency_key != key
            if is_another or record.status == "sent" or not self._is_told_apart(record, arguments):
                return Prepared(call=call, key=key, record=record)
        claim = None if self.gone is not None else self.ledger.claim(call.ordinal, key=key, target=call.shown)
        return Prepared(call=call, arguments=arguments, key=key, claim=claim)

    async def _divided(self, prepared: Prepared) -> Called | None:
        """What became of a call, and of one about several rows that was refused what became of its parts; None where
        it is not made, since the run stops."""
        called = await self._one(prepared)
        if called is None or not called.is_open or called.problem is None:
            return called
        problem = called.problem
        return await self.splitting.parts(called, lambda part: self._one(self._prepared(part)),
                                          lambda part: self._given_up(part, problem), self._is_known)  # fmt: skip

    async def _one(self, prepared: Prepared) -> Called | None:
        """What became of a call; None where it is not made, since the run stops."""
        call, claim, arguments = prepared.call, prepared.claim, prepared.arguments
        if call.is_empty:
            return Called(call=call)
        if prepared.problem is not None and prepared.is_split:
            return Called(call=call, problem=prepared.problem, is_open=True)
        if prepared.problem is not None:
            return self._failed(call, prepared.problem)
        if prepared.record is not None:
            return self._stands(call, prepared.key, prepared.record)
        if claim is not None and self.ledger is not None:
            await self.ledger.standing(claim)
        cancellation = self.policy.clock.cancellation
        if cancellation.is_cancelled or self.is_stopped or self._stopping is not None:
            self._release(claim)
            cancellation.check()
            return None
        if self.gone is not None:
            self._release(claim)
            return self._given_up(call, ConnectorProblem("IR692", f"it was not tried: {self.gone}"))
        if claim is not None and self.ledger is not None:
            self.ledger.begin(claim)
        try:
            if self.headers is not None and self.session is not None:
                arguments = await self.headers.added(self.session, arguments)
            outcome = await self._called(arguments, prepared.key)
        except ConnectorProblem as problem:
            if isinstance(problem, PartlyDone) and can_be_shared(call, problem):
                return self._shared(call, claim, problem)
            is_uncertain = self._is_uncertain(problem, arguments)
            self._end_failed(claim, problem, is_uncertain=is_uncertain)
            self._met(problem)
            return self._failed(call, problem, is_uncertain=is_uncertain)
        except Cancelled as stopped:
            # it waited for its turn or for another attempt; of an action of several requests some may have been made
            if not self.effect.action.manifest.steps:
                self._end(claim, "failed", error=stopped.reason)
            raise
        self._failing = 0
        self.requests += outcome.requests
        if claim is not None:
            self._end(claim, "sent", result=stored(outcome.output))
        return Called(call=call, output=outcome.output)

    async def _called(self, arguments: Mapping[str, Any], key: str) -> Any:
        action, limit_s = self.effect.action, self.policy.settled.attempt_s
        assert self.session is not None
        if limit_s is None:
            return await self.session.call(action, arguments, key=key)
        try:
            async with asyncio.timeout(limit_s):
                return await self.session.call(action, arguments, key=key)
        except TimeoutError as error:
            raise ConnectorProblem("IR692", f"{action.plugin.key} {action.name} took longer than {limit_s:g} s",
                                   reason="timeout", sent=action.kind != "read") from error  # fmt: skip

    def _shared(self, call: Call, claim: Claim | None, problem: PartlyDone) -> Called:
        """What became of the rows of a call of which the service did some. Its own end is written last: one whose parts
        are not all written down is one of which nobody knows."""
        self._failing = 0
        self.requests += 1
        found = list[Called]()
        for each in shares(call, problem):
            part, arguments = None, each.call.arguments(self.effect)
            if claim is not None:
                key = self._key(each.call, arguments)
                part = replace(claim, item=each.call.ordinal, key=key, target=each.call.shown)
            if each.problem is None:
                self._end(part, "sent", result=stored(each.output))
                found.append(Called(call=each.call, output=each.output))
            elif each.is_divided:
                self._end(part, "failed", error=each.problem.message)
            else:
                is_uncertain = self._is_uncertain(each.problem, arguments)
                self._end_failed(part, each.problem, is_uncertain=is_uncertain)
                found.append(self._given_up(each.call, each.problem, is_uncertain=is_uncertain))
        self._end(claim, "failed", error=problem.message)
        return Called(call=call, problem=problem, parts=tuple(found))

    def _is_uncertain(self, problem: ConnectorProblem, arguments: Mapping[str, Any]) -> bool:
        return problem.sent and not self.effect.action.is_repeatable_with(arguments)

    def _was_split(self, call: Call) -> bool:
        """Whether an earlier attempt at the run knows what became of the parts of the call."""
        if self.ledger is None or not was_split(call, self.ledger.known):
            return False
        whole = self.ledger.known.get(call.ordinal)
        return whole is not None and whole.status == "failed"

    def _is_known(self, call: Call) -> bool:
        """Whether nothing is asked of the service for the call, since an earlier attempt at the run knows of it."""
        record = self.ledger.known.get(call.ordinal) if self.ledger is not None else None
        return record is not None and (record.status not in {"failed", "skipped"} or self._was_split(call))

    def _failed(self, call: Call, problem: ConnectorProblem, *, is_uncertain: bool = False) -> Called:
        is_refused = not self.stops_at_failure and not is_uncertain
        if is_refused and self.splitting.is_worth_it(call, problem):
            return Called(call=call, problem=problem, is_open=True)
        return self._given_up(call, problem, is_uncertain=is_uncertain)

    def _given_up(self, call: Call, problem: ConnectorProblem, *, is_uncertain: bool = False) -> Called:
        bearing = self.effect.bearing
        case = bearing.case_of(problem)
        if case is not None and case.action == "use_default_value":
            return Called(call=call, output=case.default_value, is_default=True)
        if case is not None:
            self.gone = self.gone or f"the step was left at {call.shown}: {problem.message}"
        is_borne = case is not None or bearing.is_told(problem)
        if self.stops_at_failure and not is_borne:
            self.is_stopped = True
        return Called(call=call, problem=problem, is_uncertain=is_uncertain, is_borne=is_borne)

    def _key(self, call: Call, arguments: Mapping[str, Any]) -> str:
        """The same text for the same call of the same run, another one for every other."""
        written = _WRITER.encode(arguments)
        parts = (*self.identity, self.effect.id, str(call.ordinal), written)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _is_told_apart(self, record: ItemRecord, arguments: Mapping[str, Any]) -> bool:
        """Whether the service would still know a second request from another call."""
        action = self.effect.action
        lasts_h = action.manifest.idempotency.lasts_h
        is_repeatable = action.is_repeatable_with(arguments)
        if not is_repeatable or lasts_h is None:
            return is_repeatable
        return datetime.now(UTC) - datetime.fromisoformat(record.started_at) < timedelta(hours=lasts_h)

    def _stands(self, call: Call, key: str, record: ItemRecord) -> Called:
        """What an earlier attempt at the run has made of the call.

        Raises:
            ConnectorProblem: IR653 where it was another call.
        """
        if record.idempotency_key != key:
            raise ConnectorProblem(
                "IR653", f"{call.shown} is another one than when the run began, so that nobody can tell what was done",
                hint="begin a new run")  # fmt: skip
        if record.status == "sent":
            self.stood += 1
            return Called(call=call, output=json.loads(record.result or "null"))
        return self._failed(call, ConnectorProblem(
            "IR692", f"it may or may not have taken effect: {record.error}",
            hint="see at the service whether it did; then begin a new run with the rows that are left"),
            is_uncertain=True)  # fmt: skip

    def _release(self, claim: Claim | None) -> None:
        if claim is not None and self.ledger is not None:
            self.ledger.release(claim)

    def _end_failed(self, claim: Claim | None, problem: ConnectorProblem, *, is_uncertain: bool) -> None:
        is_to_be_dated = problem.sent and self.effect.action.manifest.idempotency.lasts_h is not None
        is_unsure = is_uncertain or is_to_be_dated
        # what was made, of a call that is done in part and never made again, is told nowhere else
        made = None
        if isinstance(problem, PartlyDone) and problem.sent:
            made = stored([each.output for each in problem.items])
        self._end(claim, "uncertain" if is_unsure else "failed", result=made, error=problem.message)

    def _end(self, claim: Claim | None, status: ItemStatus, *, result: str | None = None, error: str | None = None
             ) -> None:  # fmt: skip
        if claim is not None and self.ledger is not None:
            self.ledger.end(claim, status, result=result, error=error)

    def _met(self, problem: ConnectorProblem) -> None:
        """Stop where the service is gone, not the calls at fault."""
        self._failing = self._failing + 1 if problem.reason in _OUTAGES else 0
        if self._failing >= IN_A_ROW:
            self.gone = f"{IN_A_ROW} calls in a row were not answered: {problem.message}"
