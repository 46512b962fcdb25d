"""A run's dead letters through its workflow once more: only what is made of them is delivered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.events import Progress
from engine.increments.memory import journal_failure
from engine.replaying.entry import Replaying
from engine.replaying.letters import Letter, letters_of, refused, repaired
from engine.result import RunResult
from engine.resume import document_of, payloads_of
from ir.diagnostics import Diagnostic, WorkflowError, did_you_mean
from ir.records import dataclass
from ir.redaction import sealed

if TYPE_CHECKING:
    from engine.journal.records import RunRecord
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """The runs of a replay, one for each source or step that had rejected rows."""

    parent: str
    runs: tuple[RunResult, ...]
    left: int = 0
    """Letters that were replayed before, or are broken as a whole and not repaired."""

    @property
    def exit_code(self) -> int:
        return max((each.exit_code for each in self.runs), default=0)


@sealed
def replay(run_id: str, letters: Path | str | None = None, *, only: str | None = None, again: bool = False,
           out: Path | str | None = None, policy: Policy | None = None,
           progress: Progress | None = None) -> ReplayResult:  # fmt: skip
    """Take the dead letters of a run through its own workflow, with its inputs, instant and engine.

    `run_id` may be `last`. `letters` is the file in which they were repaired, else they are as the run kept them;
    `only` is the rule (or the column) by which they were rejected. Letters that were replayed before are left out,
    unless `again`.

    Raises:
        WorkflowError: IR720 where a replay would mean nothing, IR721 where there is nothing to replay; else as `run`.
    """
    plans = plans_of(run_id, None if letters is None else Path(letters), only=only, again=again, policy=policy)
    base = Path(out) if out is not None else Path(plans.record.out)
    results = tuple(each.run(out=base, progress=progress) for each in plans.plans)
    return ReplayResult(parent=plans.record.run_id, runs=results, left=plans.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlans:
    """What a replay will do: a plan for each source or step."""

    record: RunRecord
    plans: tuple[Plan, ...]
    left: int


def plans_of(run_id: str, file: Path | None, *, only: str | None = None, again: bool = False,
             policy: Policy | None = None) -> ReplayPlans:  # fmt: skip
    """The plans of a replay; nothing is delivered yet.

    Raises:
        WorkflowError: see `replay`.
    """
    record, taken, begun = _looked_up(run_id)
    known = letters_kept(record)
    wanted = _chosen(known if file is None else repaired(known, file), only)
    fresh = [each for each in wanted if again or each.number not in taken]
    whole = [each for each in fresh if each.values is not None]
    if not whole:
        raise _nothing_left(wanted, fresh, taken)
    entries = dict.fromkeys(each.entry for each in whole)
    plans = tuple(
        compiled_with(record, entry, [each for each in whole if each.entry == entry], number, policy)
        for number, entry in enumerate(entries, start=begun + 1)
    )
    return ReplayPlans(record=record, plans=plans, left=len(wanted) - len(whole))


def _looked_up(run_id: str) -> tuple[RunRecord, dict[int, str], int]:
    """The run, which of its letters were replayed by which run, and how many replays there were."""
    from engine.journal.journal import Journal
    from engine.journal.replays import count_replays, replays_of
    from engine.journal.runs import find_run

    try:
        with Journal() as journal:
            record = find_run(journal, run_id)
            if record is None:
                raise refused(f'there is no run "{run_id}" in the journal', "weirflow runs list shows them")
            taken = {number: each.run_id for each in replays_of(journal, record.run_id) for number in each.letters}
            return record, taken, count_replays(journal, record.run_id)
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None


def _chosen(letters: Sequence[Letter], only: str | None) -> list[Letter]:
    if only is None:
        return list(letters)
    found = [each for each in letters if only in {each.rule, each.column}]
    if not found:
        rules = list(dict.fromkeys(each.rule for each in letters))
        raise refused(f'no dead letter was rejected by "{only}"',
                      did_you_mean(only, rules) or f"the rules are: {', '.join(rules)}")  # fmt: skip
    return found


def _nothing_left(wanted: Sequence[Letter], fresh: Sequence[Letter], taken: dict[int, str]) -> WorkflowError:
    if wanted and not fresh:
        last = taken[wanted[-1].number]
        return refused(f"all of these dead letters were replayed before, the last by {last}",
                       f"what {last} rejected is replayed by its own id; --again takes them once more")  # fmt: skip
    return refused("none of these rows can be read as it stands: each is broken as a whole",
                   "weirflow letters RUN --out FILE.xlsx writes a workbook: fill in their columns")  # fmt: skip


def compiled_with(record: RunRecord, entry: str, letters: Sequence[Letter], number: int, policy: Policy | None
                  ) -> Plan:  # fmt: skip
    """The plan by which these letters come back at their entry, as the run's replay of that number."""
    from engine.api import compile_document

    replaying = Replaying(
        entry=entry, rows=[each.values or {} for each in letters], suffix=f"-replay-{number}", parent=record.run_id,
        letters=tuple(each.number for each in letters),
    )  # fmt: skip
    plan = compile_document(
        document_of(record), inputs=json.loads(record.inputs), engine=record.engine,
        now=record.instant, base=Path(record.base), policy=policy or Policy.open(),
        full_refresh=True, replaying=replaying, payloads=payloads_of(record),
    )  # fmt: skip
    plan.engine_reason = "as the run that is replayed"
    if not plan.compiled.entered:
        raise WorkflowError([Diagnostic(
            code="IR720", message=f'the rows that "{entry}" rejected cannot come back: the workflow has no such step',
            hint="repair the source and run the workflow again",
        )])  # fmt: skip
    return plan


def stored_letters(run_id: str, *, only: str | None = None) -> list[Letter]:
    """The dead letters of a run.

    Raises:
        WorkflowError: IR721 where there are none.
    """
    record, _, _ = _looked_up(run_id)
    return _chosen(letters_kept(record), only)


def letters_kept(record: RunRecord) -> list[Letter]:
    """The dead letters in the folder of a run.

    Raises:
        WorkflowError: IR721 where there are none.
    """
    found = letters_of(Path(record.folder))
    if not found:
        raise refused(
            f"the run {record.run_id} has no dead letters", "weirflow runs list shows the runs that have some"
        )
    return found
