"""What a run looks at before its first operation takes effect: that its later steps could be made as well."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.problem import ConnectorProblem
from engine.places import report
from engine.running.attempt import outputs_of
from ir.diagnostics import Problems

if TYPE_CHECKING:
    from engine.messages.output import MessageOutput
    from engine.plan import Plan
    from engine.running.context import Running


def check_ready(plan: Plan, running: Running) -> None:
    """Refuse a run whose operations would take effect before a credential turns out to be missing, or a place taken.

    No request is sent. What only the rows tell is left to the steps themselves.

    Raises:
        WorkflowError: with all that is wrong, each at its place.
    """
    problems = Problems(plan.compiled.document)
    words = replace(plan.compiled.words, run_id=running.run_id)
    outputs_of(plan, running.base, running.folder, words, problems, is_preview=running.is_preview,
               earlier=running.earlier, policies=running.policies, running=running)  # fmt: skip
    if not (running.is_preview or plan.compiled.is_isolated):
        _check_credentials(plan, running, problems)
    problems.raise_errors()


def _check_credentials(plan: Plan, running: Running, problems: Problems) -> None:
    compiled = plan.compiled
    operations = [*compiled.effects, *(each.effect for each in compiled.targets if each.effect is not None)]
    for operation in operations:
        check = getattr(operation, "check_ready", None)
        if check is None:
            continue
        try:
            check()
        except ConnectorProblem as problem:
            said = f"{operation.id}: {problem.message}"
            report(ConnectorProblem(problem.code, said, hint=problem.hint, key=problem.key), problems, at=operation.at)
    for message in compiled.messages:
        is_sure = message.at[0] != "edge_cases"  # which tell of what may never come
        if is_sure and message.id not in running.earlier.delivered and message.frame is not None:
            _check_sender(message, problems)


def _check_sender(message: MessageOutput, problems: Problems) -> None:
    from engine.messages.senders import kind_of

    account = getattr(kind_of(message), "account", None)
    if account is None:
        return
    try:
        account(message.account)
    except ConnectorProblem as problem:
        report(problem, problems, at=message.at)
