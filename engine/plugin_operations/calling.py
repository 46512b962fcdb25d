"""Making the calls of an operation: each written down before and after, none that took effect is made again."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.plugins.session import Session
from connectors.problem import ConnectorProblem
from engine.plugin_operations.tally import Called, stored
from engine.plugin_operations.units import Call
from engine.policies.policies import StepPolicy
from engine.running.cancellation import Cancelled

if TYPE_CHECKING:
    from engine.journal.items import ItemLedger
    from engine.journal.records import ItemRecord
    from engine.plugin_operations.effect import PluginEffect
    from engine.plugin_operations.headers import Headers

IN_A_ROW = 5
"""After so many calls in a row that a service did not take in, the rest is not tried."""
_OUTAGES = frozenset({"network_error", "timeout", "server_error"})
_OF_JOURNAL = "IR596"


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
    known: Mapping[int, ItemRecord] = field(default_factory=dict)
    """What an earlier attempt of the run has written down."""
    headers: Headers | None = None
    at_once: int = 1
    stops_at_failure: bool = True
    requests: int = 0
    stood: int = 0
    is_stopped: bool = False
    gone: str | None = None
    """Why no further call is tried."""
    _failing: int = 0

    async def made(self, calls: Sequence[Call]) -> list[Called | None]:
        """What became of each; None for those that were not begun, since one before them failed.

        Raises:
            Cancelled: the run was told to stop; what was under way has come to its end.
            ConnectorProblem: the journal cannot be written.
        """
        found: list[Called | None] = [None] * len(calls)
        waiting = iter(enumerate(calls))
        stopped: list[BaseException] = []

        async def work() -> None:
            for index, call in waiting:
                if self.is_stopped or stopped:
                    return
                try:
                    self.policy.clock.cancellation.check()
                    found[index] = await self._one(call)
                except (Cancelled, ConnectorProblem) as error:
                    stopped.append(error)

        await asyncio.gather(*(work() for _ in range(min(self.at_once, max(len(calls), 1)))))
        await self._settle()
        if stopped:
            raise stopped[0]
        return found

    async def _one(self, call: Call) -> Called:
        try:
            arguments = call.arguments(self.effect)
        except ConnectorProblem as problem:
            return self._failed(call, problem)
        key = self._key(call, arguments)
        stood = await self._stands(call, key)
        if stood is not None:
            return stood
        if self.gone is not None:
            return self._failed(call, ConnectorProblem("IR692", f"it was not tried: {self.gone}"))
        attempts = 1
        if self.ledger is not None:
            await asyncio.to_thread(self.ledger.begin, call.ordinal, key=key, target=call.shown, attempts=attempts)
        try:
            if self.headers is not None and self.session is not None:
                arguments = await self.headers.added(self.session, arguments)
            outcome = await self._called(arguments, key)
        except ConnectorProblem as problem:
            is_uncertain = problem.sent and not self.effect.action.is_repeatable
            await self._end(call, "uncertain" if is_uncertain else "failed", key, error=problem.message)
            self._met(problem)
            return self._failed(call, problem, is_uncertain=is_uncertain)
        except Cancelled as stopped:
            # it waited for its turn or for another attempt; of an action of several requests some may have been made
            if not self.effect.action.manifest.steps:
                await self._end(call, "failed", key, error=stopped.reason)
            raise
        self._failing = 0
        self.requests += outcome.requests
        if self.ledger is not None:
            await self._end(call, "sent", key, result=stored(outcome.output), waits=True)
        return Called(call=call, output=outcome.output)

    async def _called(self, arguments: Mapping[str, Any], key: str) -> Any:
        action, limit_s = self.effect.action, self.policy.settled.attempt_s
        assert self.session is not None
        try:
            async with asyncio.timeout(limit_s):
                return await self.session.call(action, arguments, key=key)
        except TimeoutError as error:
            raise ConnectorProblem("IR692", f"{action.plugin.key} {action.name} took longer than {limit_s:g} s",
                                   reason="timeout", sent=action.kind != "read") from error  # fmt: skip

    def _failed(self, call: Call, problem: ConnectorProblem, *, is_uncertain: bool = False) -> Called:
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
        written = json.dumps(arguments, sort_keys=True, ensure_ascii=False, default=str)
        parts = (*self.identity, self.effect.id, str(call.ordinal), written)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    async def _stands(self, call: Call, key: str) -> Called | None:
        """What an earlier attempt at the run has made of the call; None where it is still to be made.

        Raises:
            ConnectorProblem: IR653 where it was another call.
        """
        record = self.known.get(call.ordinal)
        if record is None or record.status in {"failed", "skipped"}:
            return None
        if record.idempotency_key != key:
            raise ConnectorProblem(
                "IR653", f"{call.shown} is another one than when the run began, so that nobody can tell what was done",
                hint="begin a new run")  # fmt: skip
        if record.status == "sent":
            self.stood += 1
            return Called(call=call, output=json.loads(record.result or "null"))
        if self.effect.action.is_repeatable:
            return None
        said = record.error or "the run ended before the answer came"
        if record.status == "pending":
            await self._end(call, "uncertain", key, error=said)
        return self._failed(call, ConnectorProblem(
            "IR692", f"it may or may not have taken effect: {said}",
            hint="see at the service whether it did; then begin a new run with the rows that are left"),
            is_uncertain=True)  # fmt: skip

    async def _end(self, call: Call, status: Any, key: str, *, result: str | None = None, error: str | None = None,
                   waits: bool = False) -> None:  # fmt: skip
        if self.ledger is None:
            return
        await asyncio.to_thread(self.ledger.end, call.ordinal, status, key=key, target=call.shown, attempts=1,
                                result=result, error=error, waits=waits and self.at_once == 1)  # fmt: skip

    async def _settle(self) -> None:
        if self.ledger is not None:
            await asyncio.to_thread(self.ledger.settle)

    def _met(self, problem: ConnectorProblem) -> None:
        """Stop where the service is gone, not the calls at fault."""
        self._failing = self._failing + 1 if problem.reason in _OUTAGES else 0
        if self._failing >= IN_A_ROW:
            self.gone = f"{IN_A_ROW} calls in a row were not answered: {problem.message}"
