"""An AI operation in a run: its rows asked about, some at a time, and the answers written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from connectors.ai.answering import Answer, Answerer, Item, Task, Usage
from connectors.ai.spending import Purse
from connectors.attempt import Attempt
from connectors.problem import ConnectorProblem
from engine.ai_operations.answered import AnswerWriter
from engine.ai_operations.answerers import (
    check_answerable,
    named,
    note_spending,
    open_answerer,
    opened_day,
    opened_purse,
)
from engine.ai_operations.effect import AiEffect
from engine.ai_operations.questions import Questions, file_columns
from engine.ai_operations.together import parts_of
from engine.effects.effect import EffectResult
from engine.events import Event
from engine.messages.json_rows import json_rows
from engine.places import report
from ir.diagnostics import Problems, WorkflowError
from ir.records import dataclass

if TYPE_CHECKING:
    from engine.ai_operations.documents import Documents
    from engine.effects.effect import Doing


def carry_out(effect: AiEffect, doing: Doing) -> EffectResult:
    """Ask about the rows of the operation, and write the rows that it gives.

    Raises:
        WorkflowError: nobody can be asked, or a row has no answer and the operation does not go on without it.
        Cancelled: the run was told to stop.
    """
    asking = _Asking(effect=effect, doing=doing)
    try:
        return asking.done()
    except ConnectorProblem as problem:
        raise asking.failure(problem) from problem


@dataclass(slots=True, kw_only=True)
class _Asking:
    effect: AiEffect
    doing: Doing
    task: Task = field(init=False)
    writer: AnswerWriter = field(init=False)
    questions: Questions = field(init=False)
    purse: Purse = field(default_factory=Purse)

    def __post_init__(self) -> None:
        self.task = replace(self.effect.task, values=dict(self._named_values()))
        self.writer = AnswerWriter(effect=self.effect, doing=self.doing)
        self.questions = Questions(effect=self.effect, timezone=self._timezone, documents=self._documents())

    def done(self) -> EffectResult:
        effect, doing = self.effect, self.doing
        check_answerable(effect, doing.plan)
        day = opened_day(doing)
        purse = self.purse = opened_purse(effect, doing, day)
        answerer = open_answerer(effect, doing, purse)
        try:
            if effect.is_per_item:
                self._check_budget(answerer, purse)
                self._ask_each(answerer)
            else:
                self._ask_together(answerer)
        finally:
            answerer.close()
            if self.questions.documents is not None:
                self.questions.documents.close()
            note_spending(purse, doing)
            if day is not None:
                day.close()
        counts = self.writer.counts
        of_files = self.questions.documents.remarks if self.questions.documents is not None else ()
        return EffectResult(outcome=_outcome(counts, purse.spent), dead_letters=self.writer.letters,
                            is_whole=not counts["failed"], remarks=self.writer.remarks + of_files)  # fmt: skip

    def failure(self, problem: ConnectorProblem, row: int | None = None) -> WorkflowError:
        """What stops the run, at its place in the document."""
        spent = self.purse.spent
        if spent.calls:
            cost = "" if spent.cost is None else f", at a cost of {spent.cost:.4f}"
            problem.notes = (*problem.notes, f"{spent.calls:,} calls were made{cost}; what was answered is remembered, "
                             "and a resume asks about the rest")  # fmt: skip
        problems = Problems(self.doing.plan.compiled.document)
        report(named(self.effect, problem, row=row), problems, at=self.effect.at)
        return WorkflowError(problems.found)

    def _ask_each(self, answerer: Answerer) -> None:
        assert self.doing.rows is not None
        for asked in self.questions.about_each(self.doing.rows):
            self.doing.running.cancellation.check()
            items = [each for each in asked.items if isinstance(each, Item)]
            found = iter(self._answers(answerer, self.task, items) if items else ())
            answers = [next(found) if isinstance(each, Item) else each for each in asked.items]
            self._stop_at_failure(answers, asked.first)
            self.writer.take(asked, answers)
            self.doing.running.progress(Event(kind="rows", step=self.effect.id, rows=asked.first + len(answers)))

    def _ask_together(self, answerer: Answerer) -> None:
        assert self.doing.rows is not None
        effect = self.effect
        rows = self.questions.about_all(self.doing.rows)
        answer = parts_of(rows, effect.operation.batch_size, lambda items, task: self._answers(answerer, task, items),
                          self.task)  # fmt: skip
        if answer is not None and answer.problem is not None and effect.when_failed == "fail":
            raise answer.problem
        self.writer.count(answer)
        value = None if answer is None else answer.value
        self.writer.take_one(_rows_of(value, effect))

    def _answers(self, answerer: Answerer, task: Task, items: Sequence[Item]) -> list[Answer]:
        """The answers; the waiting ends when the run is told to stop.

        Raises:
            Cancelled: it was.
        """
        cancellation, attempt = self.doing.running.cancellation, Attempt()
        try:
            with cancellation.ending(attempt.stop), attempt.running():
                return answerer.answer(task, items)
        except (CancelledError, TimeoutError):
            cancellation.check()
            raise

    def _stop_at_failure(self, answers: Sequence[Answer | None], first: int) -> None:
        if self.effect.when_failed != "fail":
            return
        failed = [(place, each) for place, each in enumerate(answers) if each is not None and each.problem is not None]
        for place, each in sorted(failed, key=lambda one: not one[1].is_asked):
            assert each.problem is not None
            row = None if each.problem.code == "IR763" else first + place + 1
            raise self.failure(each.problem, row)

    def _check_budget(self, answerer: Answerer, purse: Purse) -> None:
        """Refuse at once what the budget cannot be enough for, before anything is asked and paid."""
        expects = getattr(answerer, "expected", None)
        if not purse.is_limited or expects is None or self.doing.rows is None:
            return
        needed, seen = Usage(), set[str]()
        for asked in self.questions.about_each(self.doing.rows):
            items = [each for each in asked.items if isinstance(each, Item)]
            needed += expects(self.task, items, seen)
        purse.check(needed)

    def _documents(self) -> Documents | None:
        """What reads files, where some are sent."""
        if not file_columns(self.effect):
            return None
        from engine.ai_operations.documents import Documents

        return Documents(self.effect, self.doing)

    def _named_values(self) -> Iterator[tuple[str, Any]]:
        """The values of other frames that the instruction names."""
        for name, each in self.effect.named.items():
            rows = self.doing.values[each.frame.name]
            found = [next(iter(row.values())) for row in json_rows(rows, each.frame.schema, timezone=self._timezone)]
            yield name, found[0] if len(found) == 1 else found or None

    @property
    def _timezone(self) -> str:
        return self.doing.plan.compiled.workflow.settings.timezone


def _rows_of(value: Any, effect: AiEffect) -> list[dict[str, Any]]:
    """The rows of an answer about all rows."""
    if effect.shape.value is not None:
        return [{effect.answer: value}]
    if effect.shape.is_list:
        return list(value or ())
    return [value or {}]


def _outcome(counts: Mapping[str, int], spent: Usage) -> dict[str, int | float]:
    """What became of the rows, and what it took."""
    found: dict[str, int | float] = {name: counts[name] for name in ("answered", "failed", "empty", "remembered",
                                                                     "local")}  # fmt: skip
    found |= {"calls": spent.calls, "tokens_in": spent.tokens_in, "tokens_out": spent.tokens_out}
    if spent.cost is not None:
        found["cost"] = float(spent.cost)
    return {name: each for name, each in found.items() if each or name == "answered"}
