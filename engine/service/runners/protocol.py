"""What a worker and the process of a run tell each other: lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import PurePath
from typing import Any

from connectors.handed import Handed
from engine.fields import fields_of
from engine.service.store.starts import StartStatus
from ir.diagnostics import Diagnostic
from ir.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the process is to carry out: an attempt at a run that stands among the starts."""

    tenant: str
    run_id: str
    attempt: int
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the environment, for this run alone: the secrets that its workflow may use."""
    others: tuple[str, ...] = ()
    """Workflows whose names go on after this one's: their secrets are not its own."""
    handed: Mapping[str, Any] | None = field(default=None, repr=False)
    """What it has in place of files of the home, as `Handed` is written down; None where it reads these itself."""

    @property
    def given(self) -> Handed | None:
        return None if self.handed is None else Handed(**self.handed)

    def line(self) -> str:
        return json.dumps({"job": asdict(self)}, default=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the attempt ended."""

    status: StartStatus
    error: str | None = None
    is_broken: bool = False
    """Whether something went wrong that the process should not outlive."""
    code: str | None = None
    """Of the diagnostic that it ended with."""
    hint: str | None = None
    place: str | None = None
    """Where that stands in the document, as file:line:column without the file's folder."""

    @property
    def problem(self) -> str | None:
        """The diagnostic beside its message, as the journal keeps it."""
        if self.code is None:
            return None
        return json.dumps({"code": self.code, "hint": self.hint, "place": self.place})

    @classmethod
    def failed(cls, error: str | None, found: Diagnostic | None) -> Outcome:
        """That of an attempt which ended with this diagnostic."""
        if found is None:
            return cls(status="failed", error=error)
        at = found.place
        place = f"{PurePath(at.file).name}:{at.line}:{at.column}" if at else None
        return cls(status="failed", error=error, code=found.code, hint=found.hint, place=place)

    def line(self) -> str:
        return json.dumps({"outcome": fields_of(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that happened in the run, as its log keeps it."""

    number: int
    at: str
    kind: str
    step: str = ""
    rows: int = 0
    seconds: float = 0.0
    status: str = ""
    text: str = ""

    def line(self) -> str:
        return json.dumps({"told": fields_of(self)})


def begun(run_id: str) -> str:
    """The line by which a process says that it has the job: from here on the run may have had effects."""
    return json.dumps({"begun": run_id})


MOST_LETTERS = 20_000
MOST_ANSWER = 32 * 1024**2
"""Letters of one line that a process may say: a plan with its picture has the longest."""
READY = json.dumps({"ready": True})
"""The first line of a process, when all is loaded that runs need."""


def cancelling(reason: str) -> str:
    """The line that tells a process to stop its run."""
    return json.dumps({"cancel": reason})


def read(line: str) -> dict[str, Any]:
    """What the worker says."""
    found: dict[str, Any] = json.loads(line)
    return found


def heard(line: str) -> dict[str, Any]:
    """What the process of a run says. Its texts are such as every journal takes: of an error anything may come.

    Raises:
        ValueError: no process of ours says so. What a journal does not take would keep the run from ending.
    """
    found: Any = json.loads(line, object_hook=_with_plain_texts)
    if not isinstance(found, dict) or not all(_SOUND[name](found[name]) for name in _SOUND.keys() & found.keys()):
        raise ValueError("this is no line of a process of runs")
    return found


def _is_told(found: Any) -> bool:
    return (
        isinstance(found, dict) and found.keys() == Told.__dataclass_fields__.keys()
        and all(isinstance(found[name], str) for name in ("at", "kind", "step", "status", "text"))
        and isinstance(found["seconds"], float | int)
        and isinstance(found["number"], int) and 0 <= found["number"] < 2**31
        and isinstance(found["rows"], int) and 0 <= found["rows"] < 2**63
    )  # fmt: skip


def _is_outcome(found: Any) -> bool:
    return (
        isinstance(found, dict) and found.keys() == Outcome.__dataclass_fields__.keys()
        and found["status"] in ("done", "failed", "cancelled") and isinstance(found["is_broken"], bool)
        and all(found[name] is None or isinstance(found[name], str) for name in ("error", "code", "hint", "place"))
    )  # fmt: skip


_SOUND = {"told": _is_told, "outcome": _is_outcome}


def compiling(task: Mapping[str, Any]) -> str:
    """The line that has a document compiled."""
    return json.dumps({"compile": task}, default=str)


def compiled(found: Mapping[str, Any]) -> str:
    """The line with what came of it, or with the `problem` for which it could not be."""
    return json.dumps({"compiled": found}, default=str)


def whole(line: str) -> dict[str, Any]:
    """As `heard`, with texts of any length."""
    found: dict[str, Any] = json.loads(
        line, object_hook=lambda each: {key: _encodable(value) if isinstance(value, str) else value
                                        for key, value in each.items()})  # fmt: skip
    return found


def _with_plain_texts(found: dict[str, Any]) -> dict[str, Any]:
    return {key: _plain(value) if isinstance(value, str) else value for key, value in found.items()}


def _plain(text: str) -> str:
    """Without NUL and halves of characters, and no longer than anyone reads."""
    whole = _encodable(text)
    return whole if len(whole) <= MOST_LETTERS else f"{whole[:MOST_LETTERS]}…"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
