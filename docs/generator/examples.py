"""The examples that the reference shows: tests/cases/<topic>/<name>.yaml with the rows that they must give.

The file's first comment says what it shows. `x-expected` {frame: rows} is worked out by hand, as JSON would write the
values: decimals, dates and durations as text. `x-delivered` {file: text} holds files that it writes, `x-warnings` the
codes of what is said about it; nothing else is.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

import weirflow as wf
from docs.generator.findings import CASES
from ir.loading import load

NOW = datetime.datetime(2026, 1, 31, 14, 30, tzinfo=datetime.UTC)


_NO_SECRET = frozenset({"IR590"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example: a workflow, and what it must give."""

    path: Path

    @property
    def topic(self) -> str:
        return self.path.parent.name

    @property
    def document(self) -> Mapping[str, Any]:
        return load(self.path).value

    @property
    def expected(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = self.document.get("x-expected") or {}
        return found

    @property
    def delivered(self) -> dict[str, str]:
        found: dict[str, str] = self.document.get("x-delivered") or {}
        return found

    @property
    def payload(self) -> dict[str, Any] | list[Any] | None:
        """What its webhook is sent."""
        found: dict[str, Any] | list[Any] | None = self.document.get("x-payload")
        return found

    @property
    def warnings(self) -> list[str]:
        found: list[str] = self.document.get("x-warnings") or []
        return found

    @property
    def caption(self) -> str:
        """The comment that the file begins with."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        comment = lines[: next(index for index, line in enumerate(lines) if not line.startswith("#"))]
        return " ".join(line.removeprefix("#").strip() for line in comment)

    @property
    def shown(self) -> str:
        """The workflow as the page shows it: without the comment and what only the tests read."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith("#")]
        end = next((index for index, line in enumerate(kept) if line.startswith("x-")), len(kept))
        return "\n".join(kept[:end]).strip()

    def plan(self, *, engine: str = "auto") -> wf.Plan:
        return wf.compile(self.path, engine=engine, now=NOW, payload=self.payload)

    @property
    def lacks_secrets(self) -> bool:
        """Whether it asks for secrets, which nobody has who reads the docs."""
        try:
            self.plan()
        except wf.WorkflowError as error:
            return any(each.code in _NO_SECRET for each in error.diagnostics)
        return False

    @property
    def asks_outside(self) -> bool:
        """Whether a run of it asks a model, a plugin or a service, which nobody has who reads the docs."""
        asked = [each for each in self.document.get("ai_operations") or () if each["type"] != "deterministic_extract"]
        operations = asked or self.document.get("plugin_operations")
        return bool(operations) or any(each.get("type") == "api" for each in self.document.get("data_sources", ()))

    def runs(self) -> bool:
        """Whether it can be run without a secret, asking nobody, and by this version; if not, it is valid all the
        same."""
        if self.asks_outside:
            return False
        try:
            self.plan()
        except wf.WorkflowError as error:
            if any(each.code not in {"IR290", *_NO_SECRET} for each in error.diagnostics if each.severity == "error"):
                raise
            return False
        return True


def examples(topic: str) -> list[Example]:
    return [Example(path=path) for path in sorted((CASES / topic).glob("*.yaml"))]


def all_examples() -> list[Example]:
    topics = sorted(path.name for path in CASES.iterdir() if path.is_dir() and not path.name.startswith("IR"))
    return [each for topic in topics for each in examples(topic)]


def plain_rows(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON would write them."""
    return [{name: plain(value) for name, value in row.items()} for row in rows.to_dicts()]


def plain(value: Any) -> Any:
    match value:
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case Decimal() | datetime.timedelta():
            return str(value)
        case list():
            return [plain(each) for each in value]
        case dict():
            return {name: plain(each) for name, each in value.items()}
    return value


def deliver(example: Example, folder: Path, *, engine: str) -> wf.RunResult:
    """Run the example into `folder`, its working files there too; its messages are written there and not sent."""
    before = os.environ.get("WEIRFLOW_HOME")
    os.environ["WEIRFLOW_HOME"] = str(folder / "home")
    try:
        plan = example.plan(engine=engine)
        return plan.run(out=folder, preview=1_000 if plan.compiled.messages else None)
    finally:
        os.environ.pop("WEIRFLOW_HOME")
        if before is not None:
            os.environ["WEIRFLOW_HOME"] = before
