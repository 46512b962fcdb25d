"""Who answers an operation: the service that is configured, or what works on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.ai.answering import Answerer, Usage
from connectors.ai.configuration import AiSettings, Budget, ai_settings
from connectors.ai.remembering import Memory
from connectors.ai.spending import Purse
from connectors.home import home
from connectors.problem import ConnectorProblem
from engine.ai_operations.day_purse import DayPurse
from engine.ai_operations.effect import AiEffect
from engine.places import report
from engine.run_folder import EFFECTS
from ir.model.constraints import Retry

if TYPE_CHECKING:
    from connectors.leases import Leases
    from connectors.policy import Policy
    from engine.effects.effect import Doing
    from engine.plan import Plan
    from engine.policies.settled import Settled
    from ir.diagnostics import Problems

_SPENT = "spent.json"
_REMEMBERED = "answers.db"


def check_operations(plan: Plan, problems: Problems) -> None:
    """Report each operation that nobody could answer, before anything is read, asked or paid."""
    for effect in plan.compiled.effects:
        if not isinstance(effect, AiEffect):
            continue
        try:
            check_answerable(effect, plan)
        except ConnectorProblem as problem:
            report(named(effect, problem), problems, at=effect.at)


def check_answerable(effect: AiEffect, plan: Plan) -> None:
    """Refuse an operation that nobody could answer.

    Raises:
        ConnectorProblem: IR760 and IR761, with what to configure; IR701 in a test, which asks no model.
    """
    if plan.compiled.is_isolated and effect.operation.type != "deterministic_extract":
        name = effect.operation.output_variable or effect.id
        raise ConnectorProblem(
            "IR701",
            "a test asks no model",
            hint=f"give its answers in the test: sources: {{{name}: [{{…}}]}}, one for each row",
        )
    answerer = _opened(effect, ai_settings(), plan.policy, Memory(None), Purse(budget=_budget(effect)), None)
    try:
        answerer.check(effect.task)
    finally:
        answerer.close()


def named(effect: AiEffect, problem: ConnectorProblem, *, row: int | None = None) -> ConnectorProblem:
    """The problem with the name of its operation, and of the row where it is about one."""
    said = problem.message if row is None else f"row {row}: {problem.message}"
    return ConnectorProblem(problem.code, f"{effect.id}: {said}", hint=problem.hint, key=problem.key,
                            notes=problem.notes, reason=problem.reason)  # fmt: skip


def open_answerer(effect: AiEffect, doing: Doing, purse: Purse) -> Answerer:
    """Who answers it in a run. What was answered is remembered in the home, or where that is turned off in the run's
    folder, so that a resume at least pays nothing twice.

    Raises:
        ConnectorProblem: IR760 where nobody is configured.
    """
    settings = ai_settings()
    path = doing.folder / _REMEMBERED if settings.cache == "off" else home() / "cache" / _REMEMBERED
    memory = Memory(path, days=settings.cache_days, forgets=settings.cache == "refresh")
    settled = doing.running.policies.of(effect.operation.execution_constraints, name=effect.id).settled
    return _opened(effect, settings, doing.plan.policy, memory, purse, settled, doing.running.policies.limits.leases)


def _opened(effect: AiEffect, settings: AiSettings, policy: Policy, memory: Memory, purse: Purse,
            settled: Settled | None, leases: Leases | None = None) -> Answerer:  # fmt: skip
    if effect.operation.type == "deterministic_extract" or not settings.is_service:
        from connectors.ai.local.answerer import LocalAnswerer

        return LocalAnswerer()
    try:
        from connectors.ai.service.answerer import Patience, ServiceAnswerer
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        raise ConnectorProblem("IR594", "models of a service need the package aiohttp", key=("type",),
                               hint="pip install 'weirflow[http]'") from error  # fmt: skip
    retry = settled.retry if settled is not None else None
    times = 2 if effect.asks_longer else 1
    patience = Patience(failing=(retry or Retry(max_attempts=4)).max_attempts * times, misfits=3 * times,
                        busy=12 * times)  # fmt: skip
    return ServiceAnswerer(
        settings=_within(settings, settled), policy=policy, memory=memory, purse=purse, patience=patience,
        at_a_time=(effect.operation.batch_size or 1) if effect.is_per_item else 1,
        stops_early=effect.when_failed == "fail", leases=leases,
    )  # fmt: skip


def _within(settings: AiSettings, settled: Settled | None) -> AiSettings:
    """The settings within what execution_constraints say of the step."""
    if settled is None:
        return settings
    per_minute = [each.calls * 60e6 / each.window_us for each in settled.rates]
    if settings.requests_per_minute is not None:
        per_minute.append(settings.requests_per_minute)
    timeouts = [each for each in (settings.timeout_s, settled.attempt_s) if each is not None]
    return replace(settings, requests_per_minute=max(int(min(per_minute)), 1) if per_minute else None,
                   timeout_s=min(timeouts))  # fmt: skip


def _budget(effect: AiEffect) -> Budget:
    operation = effect.operation
    return Budget(max_cost=None if operation.max_cost is None else Decimal(str(operation.max_cost)),
                  max_calls=operation.max_calls, max_tokens=operation.max_tokens)  # fmt: skip


def opened_day(doing: Doing) -> DayPurse | None:
    """What all runs may spend in a day; None where there is nobody to pay, or nothing to write it down in."""
    settings, journal = ai_settings(), doing.running.journal
    if not settings.is_service or journal is None:
        return None
    return DayPurse.of(settings, journal, doing.plan.name)


def opened_purse(effect: AiEffect, doing: Doing, day: DayPurse | None) -> Purse:
    """The step's purse within that of the run and that of the day, with what earlier attempts have spent."""
    folder = doing.running.folder / EFFECTS
    others = sum((_read(each) for each in sorted(folder.glob(f"*/{_SPENT}")) if each.parent != doing.folder), Usage())
    own = _read(doing.folder / _SPENT)
    of_run = Purse(budget=ai_settings().budget, spent=others + own, what="the run", also=day)
    return Purse(budget=_budget(effect), spent=own, also=of_run)


def note_spending(purse: Purse, doing: Doing) -> None:
    """Write down what was spent, for a resume."""
    spent = purse.spent
    cost = None if spent.cost is None else str(spent.cost)
    said = {"calls": spent.calls, "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out, "cost": cost}
    (doing.folder / _SPENT).write_text(json.dumps(said))


def _read(path: Path) -> Usage:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return Usage()
    cost = found.pop("cost")
    return Usage(**found, cost=None if cost is None else Decimal(cost))
