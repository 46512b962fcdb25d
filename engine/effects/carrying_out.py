"""Effects carried out in a run, one after another, each on rows that passed every check before."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from connectors.problem import ConnectorProblem
from engine.backends import Backend, Sink, open_backend
from engine.checks import run_checks
from engine.conditionals.aborts import aborting_frames, check_aborts
from engine.dead_letters import DeadLetters
from engine.effects.effect import Doing, Effect, EffectDone, EffectResult
from engine.effects.relation import DONE, REJECTED, EffectRelation
from engine.events import Event
from engine.failure import explained
from engine.increments.memory import journal_failure
from engine.run_folder import EFFECTS, FILES, write_whole
from engine.spool import Spool
from engine.verdict import Verdict
from engine.whole_reading import passed_over, read_whole
from ir.diagnostics import WorkflowError
from ir.records import dataclass
from transforms.rejects import LETTER_COLUMNS

if TYPE_CHECKING:
    from engine.plan import Plan
    from engine.running.context import Running

_INPUT = "input"
_LETTERS = "letters"
_READ = "read.json"


@dataclass(slots=True, kw_only=True)
class Effects:
    """The effects of one attempt at a run, and what became of them."""

    running: Running
    done: dict[str, EffectDone] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """The rows of the relations that operations took, as the engine counted them on the way."""
    _is_judged: bool = False

    def carry_out_next(self, plan: Plan) -> bool:
        """Carry out the first effect that was not yet; false where there is none left.

        Raises:
            WorkflowError: a check does not hold, or the effect failed.
            ReadAgain: a second look at the sources found out how to read them.
        """
        effect = next((each for each in plan.compiled.effects if each.id not in self.done), None)
        if effect is None:
            return False
        self.running.kept.update({EFFECTS, FILES})
        folder = self.running.folder / EFFECTS / effect.id
        folder.mkdir(parents=True, exist_ok=True)
        stood = _stored(effect, folder)
        if stood is None:
            self._judge(plan)
            stood = self._carried_out(effect, plan, folder)
        self.done[effect.id] = stood
        for text in stood.result.remarks:
            self.running.progress(Event(kind="warning", step=effect.id, text=text))
        return True

    @property
    def is_whole(self) -> bool:
        """Whether nothing of any effect failed."""
        return all(each.result.is_whole for each in self.done.values())

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(f"{name}: {text}" for name, each in self.done.items() for text in each.result.remarks)

    def add_letters(self, dead: DeadLetters) -> None:
        """The rows that failed, among the dead letters of the run."""
        for name in self.done:
            folder = self.running.folder / EFFECTS / name
            letters, about = Spool(folder / _LETTERS, LETTER_COLUMNS), _read_json(folder / DONE)
            if about is not None and letters.reopen(about["letters"]) and letters.rows:
                dead.add(letters.scan())

    def _carried_out(self, effect: Effect, plan: Plan, folder: Path) -> EffectDone:
        running, started = self.running, time.perf_counter()
        running.cancellation.check()
        running.progress(Event(kind="step_started", step=effect.id))
        rows, values = self._taken(effect, plan, folder)
        running.recording.wait()
        for each in folder.glob("*.arrow"):  # of an attempt that did not come to its end: items know what they did
            each.unlink()
        result = Spool(folder, effect.schema)
        rejected = None if effect.rejected is None else _emptied(Spool(folder / REJECTED, effect.rejected))
        letters = _emptied(Spool(folder / _LETTERS, LETTER_COLUMNS))
        doing = Doing(plan=plan, running=running, rows=rows, values=values, result=result, rejected=rejected,
                      letters=letters, folder=folder)  # fmt: skip
        found = effect.carry_out(doing)
        done = EffectDone(effect=effect, rows_in=None if rows is None else rows.rows, rows_out=result.rows,
                          seconds=time.perf_counter() - started, result=found)  # fmt: skip
        _store(done, result, letters, folder)
        self._note(done)
        running.progress(Event(kind="step_finished", step=effect.id, rows=result.rows, seconds=done.seconds,
                               attempt=found.attempts, text=done.step.said))  # fmt: skip
        return done

    def _taken(self, effect: Effect, plan: Plan, folder: Path) -> tuple[Spool | None, Mapping[str, pl.DataFrame]]:
        """The rows and values that an effect takes; the same ones again where it was begun before."""
        frame, running = effect.rows, self.running
        names = [each.name for each in effect.values]
        spool = None if frame is None else Spool(folder / _INPUT, frame.schema)
        about = _read_json(folder / _READ)
        is_there = spool is not None and about is not None and spool.reopen(about)
        wanted = [*names, *(() if frame is None or is_there else (frame.name,))]
        values: dict[str, pl.DataFrame] = {}
        if not wanted:
            return spool, values
        with open_backend(plan, running.folder, wanted) as backend, explained(plan, running.folder, wanted):
            if frame is not None and not is_there:
                shutil.rmtree(folder / _INPUT, ignore_errors=True)
                spool = Spool(folder / _INPUT, frame.schema)
                read_whole(plan.compiled.graph, passed_over(plan.compiled.graph, wanted), running.folder)
                backend.stream([(frame.name, _into(spool, running))])
                if not running.is_preview:
                    self.counts.update(backend.counts)
                _write_json(folder / _READ, spool.stored)
            if names:
                values = dict(zip(names, backend.collect_each(names), strict=True))
        return spool, values

    def _judge(self, plan: Plan) -> None:
        """Have the checks and rules judged whose rows are there before any effect.

        Raises:
            WorkflowError: one of them does not hold.
        """
        if self._is_judged or self.done:
            return
        graph, verdict, running = plan.compiled.graph, Verdict(plan), self.running
        open_effects = {each.name for each in graph if isinstance(each.source, EffectRelation)}
        checks = [each for each in plan.compiled.checks if not each.counted]
        names = [*(each.suspects.name for each in checks), *aborting_frames(plan), *verdict.frames]
        ready = [name for name in names if not open_effects & set(graph.needed([name]))]
        if ready:
            with open_backend(plan, running.folder, ready) as backend, explained(plan, running.folder, ready):
                _judge(plan, backend, verdict, set(ready))
        self._is_judged = True

    def _note(self, done: EffectDone) -> None:
        notes = self.running.recording.notes
        if notes is None:
            return
        from engine.journal.records import StepRecord
        from engine.journal.steps import note_step

        record = StepRecord(run_id=self.running.run_id, step=done.effect.id, kind=done.effect.kind, rows=done.rows_out,
                            attempts=done.result.attempts, seconds=f"{done.seconds:.3f}",
                            spool=f"{EFFECTS}/{done.effect.id}")  # fmt: skip
        try:
            note_step(notes, record)
        except ConnectorProblem as problem:
            raise WorkflowError([journal_failure(problem)]) from None


def unfinished(plan: Plan, scratch: Path, name: str) -> str | None:
    """The effect that has still to give rows that a relation is made of; None where none has."""
    graph = plan.compiled.graph
    for each in graph.needed([name]):
        source = graph[each].source
        if isinstance(source, EffectRelation) and not source.is_there(scratch):
            return source.effect
    return None


def _judge(plan: Plan, backend: Backend, verdict: Verdict, ready: Collection[str]) -> None:
    try:
        run_checks(plan, backend, only=ready)
        check_aborts(plan, backend, only=ready)
    except WorkflowError:
        _judge_rules(backend, verdict, ready)
        raise
    _judge_rules(backend, verdict, ready)


def _judge_rules(backend: Backend, verdict: Verdict, ready: Collection[str]) -> None:
    if set(verdict.frames) <= set(ready):
        verdict.judge(backend)


def _into(spool: Spool, running: Running) -> Sink:
    left = running.preview

    def sink(batch: pl.DataFrame) -> bool:
        nonlocal left
        running.cancellation.check()
        if left is not None:
            batch = batch.head(left)
            left -= batch.height
        spool.add(batch)
        return left == 0

    return sink


def _stored(effect: Effect, folder: Path) -> EffectDone | None:
    """What an earlier attempt has made of an effect; None where it did not come to its end."""
    found = _read_json(folder / DONE)
    if found is None or not Spool(folder, effect.schema).reopen(found["result"]):
        return None
    return EffectDone(effect=effect, rows_in=found["rows_in"], rows_out=found["rows_out"], seconds=found["seconds"],
                      result=EffectResult.from_json(found["did"]))  # fmt: skip


def _store(done: EffectDone, result: Spool, letters: Spool, folder: Path) -> None:
    _write_json(folder / DONE, {
        "result": result.stored, "letters": letters.stored, "rows_in": done.rows_in, "rows_out": done.rows_out,
        "seconds": done.seconds, "did": done.result.as_json(),
    })  # fmt: skip


def _emptied(spool: Spool) -> Spool:
    """The spool without what an attempt has left in it that did not come to its end."""
    shutil.rmtree(spool.folder, ignore_errors=True)
    return spool


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(path: Path, content: Any) -> None:
    write_whole(path, json.dumps(content))
