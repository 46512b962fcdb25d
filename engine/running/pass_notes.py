"""Writing down that a pass over the sources is complete, before the first delivery takes effect."""

from __future__ import annotations

import json

from connectors.problem import ConnectorProblem
from engine.increments.memory import journal_failure
from engine.journal.records import LetterRecord, StepRecord
from engine.run_folder import PASS, SPOOLS
from engine.running.context import Running
from engine.running.finished_pass import FinishedPass
from ir.diagnostics import WorkflowError


def note_pass(running: Running, passed: FinishedPass) -> None:
    """Keep the pass in the run's folder and its steps in the journal.

    Raises:
        WorkflowError: IR596 where the journal cannot be written.
    """
    from engine.journal.steps import note_pass as note

    notes = running.recording.notes
    assert notes is not None
    passed.save(running.folder)
    running.kept.update({PASS, SPOOLS})
    steps = [
        StepRecord(run_id=running.run_id, step=" by ".join(filter(None, (each["frame"], each["split"]))), kind="spool",
                   rows=each["rows"], spool=f"{SPOOLS}/{each['folder']}")
        for each in passed.spools
    ]  # fmt: skip
    steps.append(StepRecord(run_id=running.run_id, step="", kind="pass"))
    path = str(running.folder / "dead_letters.parquet")
    letters = [LetterRecord(run_id=running.run_id, step=name, rule="", rows=rows, path=path)
               for name, rows in passed.letters.items()]  # fmt: skip
    try:
        note(notes, running.run_id, steps, letters, receipt=json.dumps({"read": passed.read}))
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
