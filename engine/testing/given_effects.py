"""The results that a test gives in place of an AI or plugin operation, so that nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from connectors.inline import inline_rows
from connectors.problem import ConnectorProblem
from engine.effects.effect import Doing, Effect, EffectKind, EffectResult
from ir.diagnostics import Diagnostic, Pointer, WorkflowError
from ir.model.workflow import Workflow
from ir.model.workflow_test import GivenSource, WorkflowTest
from ir.records import dataclass
from ir.types import Schema, Struct
from transforms.frame import Frame

SECTIONS = ("ai_operations", "plugin_operations")


def effect_names(workflow: Workflow) -> list[str]:
    """The names by which a test may give results: ids and output variables."""
    return list(_places(workflow))


def results_of(workflow: Workflow, test: WorkflowTest) -> dict[Pointer, Sequence[Mapping[str, Any]]]:
    """What a test gives in place of operations, at their places."""
    places = _places(workflow)
    given = {name: each.rows if isinstance(each, GivenSource) else each for name, each in test.sources.items()}
    return {places[name]: rows for name, rows in given.items() if name in places}


def _places(workflow: Workflow) -> dict[str, Pointer]:
    found: dict[str, Pointer] = {}
    for section in SECTIONS:
        for index, each in enumerate(getattr(workflow, section)):
            found.update((name, (section, index)) for name in (each.id, each.output_variable) if name)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenEffect:
    """An effect whose results a test gives: one of them for each row that it takes, or the rows of its own frame."""

    real: Effect
    given: Sequence[Mapping[str, Any]]

    @property
    def id(self) -> str:
        return self.real.id

    @property
    def at(self) -> Pointer:
        return self.real.at

    @property
    def kind(self) -> EffectKind:
        return self.real.kind

    @property
    def rows(self) -> Frame | None:
        return self.real.rows

    @property
    def values(self) -> tuple[Frame, ...]:
        return ()

    @property
    def schema(self) -> Schema:
        return self.real.schema

    @property
    def rejected(self) -> Schema | None:
        return self.real.rejected

    @property
    def summary(self) -> str:
        return self.real.summary

    def settings(self) -> Mapping[str, Any]:
        return self.real.settings()

    def carry_out(self, doing: Doing) -> EffectResult:
        """Give the results of the test.

        Raises:
            WorkflowError: IR701 where there are more or fewer than rows, IR531 for a value of another type.
        """
        taken = self.rows.schema if self.rows is not None else Schema([])
        is_beside = all(name in self.schema for name in taken.names) and bool(taken.names)
        made = [name for name in self.schema.names if not (is_beside and name in taken)]
        results = self._typed(made)
        if not is_beside:
            doing.result.add(results)
            return EffectResult(outcome={"given": results.height})
        assert doing.rows is not None
        if results.height != doing.rows.rows:
            raise WorkflowError([Diagnostic(
                code="IR701", message=f'the test gives {results.height} results of "{self.id}", which takes '
                f"{doing.rows.rows} rows", hint="give one for each row, in the order of the rows",
            )])  # fmt: skip
        first = 0
        for batch in doing.rows.batches():
            beside = results.slice(first, batch.height)
            first += batch.height
            doing.result.add(pl.concat([batch, beside], how="horizontal").select(self.schema.names))
        return EffectResult(outcome={"given": results.height})

    def _typed(self, made: Sequence[str]) -> pl.DataFrame:
        rows = [self._row(each, made) for each in self.given]
        types = {name: str(self.schema[name]) for name in made}
        try:
            return inline_rows(rows, types, name=self.id).frame.select(made)
        except ConnectorProblem as problem:
            raise WorkflowError([Diagnostic(
                code=problem.code, message=f'what the test gives for "{self.id}": {problem.message}', hint=problem.hint,
            )]) from None  # fmt: skip

    def _row(self, row: Mapping[str, Any], made: Sequence[str]) -> Mapping[str, Any]:
        """The columns of one result; the fields of the only one may stand for it."""
        if len(made) == 1 and made[0] not in row and isinstance(self.schema[made[0]], Struct):
            return {made[0]: row}
        strange = [name for name in row if name not in made]
        if strange:
            raise WorkflowError([Diagnostic(
                code="IR401", message=f'"{self.id}" gives no "{strange[0]}"', hint=f"it gives {', '.join(made)}",
            )])  # fmt: skip
        return {name: row.get(name) for name in made}
