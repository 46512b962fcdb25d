"""The files of a run made again from its inputs, and compared with what its journal says it made."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from engine.events import silent
from engine.increments.memory import journal_failure
from engine.outbox import Outbox
from engine.result import DeliveryResult
from engine.resume import compiled_again
from ir.diagnostics import Diagnostic, WorkflowError
from ir.records import dataclass
from ir.redaction import sealed

if TYPE_CHECKING:
    from engine.journal.records import RunRecord

Outcome = Literal["same", "differs", "not made"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedFile:
    """One file of the run: what it was, and what comes out now. `found` is None where it was not made again."""

    delivery: str
    target: str
    outcome: Outcome
    expected: str
    found: str | None
    at_its_place: Literal["same", "changed", "gone", "not looked at"]
    """How the file stands that was delivered; those in stores are not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """`changed` are the source files that are others now; `asked` the sources that no hash tells, such as databases."""

    run_id: str
    files: tuple[VerifiedFile, ...]
    changed: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether every file came out as it was."""
        return all(each.outcome == "same" for each in self.files)

    @property
    def exit_code(self) -> int:
        return 0 if self.is_same else 1

    def as_json(self) -> dict[str, Any]:
        """The report as `weirflow verify --format json` prints it."""
        return {"run_id": self.run_id, "status": "same" if self.is_same else "different",
                "files": [asdict(each) for each in self.files], "changed": list(self.changed),
                "asked": list(self.asked)}  # fmt: skip


@sealed
def verify(run_id: str, *, policy: Policy | None = None) -> VerifyReport:
    """Make the files of a run again, in a folder that is gone afterwards, and compare their hashes.

    The workflow, the inputs, the instant and the engine are the run's; sources are read as they are now. Nothing is
    delivered, and the journal knows nothing of it. `run_id` may be `last`.

    Raises:
        WorkflowError: IR730 where there is nothing to compare, else as a run that cannot read its sources.
    """
    record, made = _looked_up(run_id)
    receipt = json.loads(record.receipt) if record.receipt else {}
    read = [each for each in receipt.get("read", ()) if isinstance(each, dict)]
    with tempfile.TemporaryDirectory(prefix="weirflow-verify-") as name:
        folder = Path(name).resolve()
        results = _made_again(record, folder, policy or Policy.open())
        files = tuple(_compared(made, results))
    return VerifyReport(run_id=record.run_id, files=files, changed=tuple(_changed(read)),
                        asked=tuple(_asked(read)))  # fmt: skip


def _looked_up(run_id: str) -> tuple[RunRecord, list[Mapping[str, Any]]]:
    """The run, and the files that it delivered with their hashes."""
    from engine.journal.deliveries import deliveries_of
    from engine.journal.journal import Journal
    from engine.journal.runs import find_run

    try:
        with Journal() as journal:
            record = find_run(journal, run_id)
            if record is None:
                raise _refused(f'there is no run "{run_id}" in the journal', "weirflow runs list shows them")
            entries = deliveries_of(journal, [record.run_id])[record.run_id]
    except ConnectorProblem as problem:
        raise WorkflowError([journal_failure(problem)]) from None
    if record.kind == "replay":
        raise _refused(f"the run {record.run_id} is a replay of rows that were repaired by hand",
                       f"verify the run that rejected them: {record.parent}")  # fmt: skip
    made: list[Mapping[str, Any]] = []
    for entry in entries:
        if entry.status != "delivered" or entry.kind != "file":
            continue
        result = json.loads(entry.result) if entry.result else {}
        files = result.get("files") or [{"target": entry.target, "sha256": entry.sha256}]
        made += [{"delivery": entry.delivery, **each} for each in files if each.get("sha256")]
    if not made:
        raise _refused(f"the run {record.run_id} has delivered no file", None)
    return record, made


def _made_again(record: RunRecord, folder: Path, policy: Policy) -> Sequence[DeliveryResult]:
    from engine.run import Beginning, carry_out

    plan = compiled_again(record, policy)
    # the run's own id, since a report may show it
    beginning = Beginning(run_id=record.run_id, base=folder / "outbox", write=None,
                          outbox=Outbox(home=folder / "home"))  # fmt: skip
    return carry_out(plan, beginning, progress=silent, cancellation=None).deliveries


def _compared(made: Sequence[Mapping[str, Any]], results: Sequence[DeliveryResult]) -> Iterator[VerifiedFile]:
    again: dict[tuple[str, str], str | None] = {}
    for result in results:
        for file in result.files or (result,):
            again[result.id, _name(file.target)] = file.sha256
    for each in made:
        found = again.get((each["delivery"], _name(each["target"])))
        outcome: Outcome = "not made" if found is None else "same" if found == each["sha256"] else "differs"
        yield VerifiedFile(delivery=each["delivery"], target=each["target"], outcome=outcome, expected=each["sha256"],
                           found=found, at_its_place=_at_its_place(each["target"], each["sha256"]))  # fmt: skip


def _name(target: str) -> str:
    return target.replace("\\", "/").rpartition("/")[2]


def _at_its_place(target: str, sha256: str) -> Literal["same", "changed", "gone", "not looked at"]:
    path = Path(target)
    if "://" in target or not path.is_absolute():
        return "not looked at"
    found = _hash(path)
    return "gone" if found is None else "same" if found == sha256 else "changed"


def _changed(read: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The files whose hash is another one than when the run read them."""
    for each in read:
        if each.get("sha256") and each.get("path") and _hash(Path(each["path"])) != each["sha256"]:
            yield f"{each['source']}: {each['place']}"


def _asked(read: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sources that no hash tells: they are read as they are now."""
    for each in read:
        if not each.get("sha256"):
            yield f"{each['source']}: {each['place']}"


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _refused(message: str, hint: str | None) -> WorkflowError:
    return WorkflowError([Diagnostic(code="IR730", message=message, hint=hint)])
