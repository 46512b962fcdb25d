"""What became of the tests of workflows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from engine.testing.differences import Difference
from ir.diagnostics import Diagnostic, Place, Pointer
from ir.records import dataclass

Outcome = Literal["passed", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a test expects, as it was found: what an update writes at its place."""

    at: Pointer
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test on one engine; `refused` where it cannot be tried: a name means nothing, or rows do not fit."""

    __test__: ClassVar[bool] = False

    file: str
    name: str
    engine: str
    outcome: Outcome
    seconds: float = 0.0
    place: Place | None = None
    differences: Sequence[Difference] = ()
    diagnostics: Sequence[Diagnostic] = ()
    """Those that nobody expects, errors only; of a test that is refused, what is wrong with it."""
    findings: Sequence[Finding] = ()
    index: int = 0
    """Which of the tests of its file it is."""

    def as_json(self) -> dict[str, Any]:
        """The result as `weirflow test --format json` prints it."""
        line = {} if self.place is None else {"line": self.place.line}
        return {
            "file": self.file, **line, "name": self.name, "engine": self.engine, "outcome": self.outcome,
            "seconds": round(self.seconds, 3), "differences": [each.as_json() for each in self.differences],
            "diagnostics": [each.as_json() for each in self.diagnostics],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """The tests of one or more workflows. `updated` are the files that an update has changed."""

    __test__: ClassVar[bool] = False

    results: tuple[TestResult, ...]
    updated: tuple[Path, ...] = ()
    not_updated: tuple[tuple[str, str], ...] = ()
    """What an update could not write: a test's name and why."""

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return all(each.outcome == "passed" for each in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """How many tests passed, failed and were refused."""
        found = Counter(each.outcome for each in self.results)
        return {"passed": found["passed"], "failed": found["failed"], "refused": found["refused"]}

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 some failed, 2 some cannot be tried."""
        return 2 if self.counts["refused"] else 0 if self.passed else 1

    def as_json(self) -> dict[str, Any]:
        """The report as `weirflow test --format json` prints it."""
        return {
            "status": "passed" if self.passed else "failed",
            **self.counts,
            "tests": [each.as_json() for each in self.results],
            "updated": [str(each) for each in self.updated],
            "not_updated": [{"name": name, "reason": reason} for name, reason in self.not_updated],
        }
