"""From an operation of the document to its effect in the plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors.ai.answering import Task
from connectors.ai.fitting import Misfit, fitted
from connectors.ai.shape import Shape
from connectors.bad_rows import REJECT_COLUMNS, rejects_schema
from engine.ai_operations.effect import AiEffect, WhenFailed, answer_columns, answer_rows
from engine.ai_operations.instructions import Instructions, sent_columns
from engine.ai_operations.shapes import shape_of
from engine.edge_cases import Occasion, edge_case
from engine.effects.adding import add_effect, add_rejects, effect_name
from ir import types as t
from ir.model.filters import FilterGroup
from ir.records import dataclass
from ir.references import frame_reference
from ir.templates import TemplateSyntax, parse_template
from ir.types import Schema
from transforms.filter import build_filter_group

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from ir.diagnostics import Pointer
    from ir.model.ai import AiOperation
    from ir.model.edge_cases import EdgeCase
    from transforms.frame import Frame

EXTRACTING = frozenset({"extract", "deterministic_extract"})
_REPLACING = frozenset({"normalize", "transform"})
"""Types whose answers may take the place of the columns that they are about."""
_CASE = "ai_extraction_failed"


def add_ai_operation(compiler: Compiler, index: int) -> None:
    """Add the operation with this index, or leave open what it would make."""
    operation, at = compiler.workflow.ai_operations[index], ("ai_operations", index)
    compiling = _Compiling(compiler=compiler, operation=operation, at=at, index=index)
    effect = compiling.effect()
    if effect is None:
        for name in (operation.output_variable, operation.rejects):
            if name:
                compiler.frames[name] = None
        if operation.is_per_item and compiling.source in compiler.frames:
            compiler.frames[compiling.source] = None
        return
    if operation.is_per_item:
        frame = add_effect(compiler, effect, output_variable=operation.output_variable, replaces=compiling.source)
        compiling.tell_of_failures(effect, frame)
    else:
        add_effect(compiler, effect, output_variable=effect.answer,
                   is_single=answer_rows(effect.shape, effect.answer)[1])  # fmt: skip
    if operation.rejects is not None and effect.rejected is not None:
        add_rejects(compiler, effect, operation.rejects, (*at, "rejects"))


@dataclass(slots=True, kw_only=True)
class _Compiling:
    compiler: Compiler
    operation: AiOperation
    at: Pointer
    index: int
    source: str = "data"

    def effect(self) -> AiEffect | None:
        """The effect; None after errors, and where the columns of its rows are not known."""
        compiler, operation, at = self.compiler, self.operation, self.at
        before = len(compiler.problems.errors)
        shape = self._shape()
        rows, only = self._rows()
        if rows is None or shape is None:
            return None
        read = Instructions(compiler=compiler, rows=rows, names=(self.source,),
                            is_for_all=not operation.is_per_item)  # fmt: skip
        instruction, context = read.read(operation, at)
        building = compiler.building(at, operation.id or operation.type)
        if operation.columns:
            building.known_columns(operation.columns, rows.schema, "columns")
        sent = [only] if only else sent_columns(operation, read.columns, dict(rows.schema.items()))
        sent = [each for each in sent if each in rows.schema]
        columns = self._columns(shape, rows)
        kept = self._kept(rows, columns)
        error = self._error_name()
        schema = self._schema(shape, rows, kept, columns, error)
        when_failed, default = self._when_failed(shape)
        rejected = self._rejected(rows, when_failed)
        if len(compiler.problems.errors) > before or any(each is None for each in read.values.values()):
            return None
        constraints = operation.constraints
        task = Task(
            type=operation.type, shape=shape, instruction=instruction, context=context,
            document_type=None if operation.document_type == "auto" else operation.document_type,
            preference=(constraints.model_preference if constraints else None) or "balanced",
            max_answer_tokens=constraints.max_tokens if constraints else None,
            temperature=constraints.temperature if constraints else None, is_for_all=not operation.is_per_item,
        )  # fmt: skip
        return AiEffect(
            id=effect_name(compiler, operation.id or operation.output_variable or f"{operation.type}_{self.index + 1}"),
            at=at, operation=operation, rows=rows, source=self.source, task=task, sent=tuple(sent),
            exploded=self._exploded(sent, rows), answer=self._answer, columns=columns, kept=kept, schema=schema,
            error_column=error, rejected=rejected, when_failed=when_failed, default=default,
            asks_longer=operation.on_error == "retry" or self._case("retry") is not None,
            named={name: each for name, each in read.values.items() if each is not None},
        )  # fmt: skip

    @property
    def _answer(self) -> str:
        return self.operation.output_variable or f"ai_{self.operation.type}"

    def _error_name(self) -> str | None:
        operation = self.operation
        goes_on = operation.on_error == "continue" or self._case("alert_admin") is not None
        if not goes_on or operation.rejects or not operation.is_per_item or self._case("default", "skip"):
            return None
        return f"{operation.output_variable or operation.id or self._answer}_error"

    def _shape(self) -> Shape | None:
        try:
            return shape_of(self.operation)
        except ValueError as problem:
            message, below = problem.args
            self.compiler.problems.error("IR205", message, at=(*self.at, "output_schema", *below))
            return None

    def _rows(self) -> tuple[Frame | None, str | None]:
        """The frame whose rows it takes, and the column that input_source names of it."""
        written, at = self.operation.input_source, (*self.at, "input_source")
        compiler = self.compiler
        if written is None or frame_reference(written) is not None:
            self.source = (frame_reference(written) if written else None) or "data"
            return compiler.input_frame(written, self.at), None
        try:
            [reference] = parse_template(written).references
        except (TemplateSyntax, ValueError):
            return compiler.find_frame(written, at), None
        self.source = reference.root
        rows = compiler.find_frame(reference.root, at)
        [column, *rest] = reference.path[1:]
        if rest or not isinstance(column, str):
            compiler.problems.error("IR303", f"{reference} is no column of \"{reference.root}\"", at=at,
                                    hint=f"write {{{{{reference.root}.column}}}}")  # fmt: skip
            return None, None
        if rows is not None and not compiler.building(at, reference.root).column(column, rows.schema):
            return None, None
        return rows, column

    def _columns(self, shape: Shape, rows: Frame) -> tuple[str, ...]:
        """The columns that the fields of an answer go to; none where it goes to one column as a whole."""
        operation = self.operation
        made = answer_columns(shape, self._answer, is_named=operation.output_variable is not None)
        if not operation.is_per_item:
            return ()
        where = ("output_variable",) if operation.output_variable else ("output_schema",)
        for name in made:
            if name in rows.schema and operation.type not in _REPLACING:
                self.compiler.problems.error("IR403", f'the rows have a column "{name}" already', at=(*self.at, *where),
                                             hint="name the answer with output_variable" if not
                                             operation.output_variable else "give the answer another name")  # fmt: skip
        return () if made.names == (self._answer,) else made.names

    def _kept(self, rows: Frame, columns: Sequence[str]) -> tuple[str, ...]:
        operation = self.operation
        names = list(rows.schema)
        if operation.preserve_fields is not None:
            building = self.compiler.building(self.at, operation.id or operation.type)
            names = building.known_columns(operation.preserve_fields, rows.schema, "preserve_fields")
        made = columns or (self._answer,)
        return tuple(each for each in names if each not in made) if operation.is_per_item else ()

    def _schema(self, shape: Shape, rows: Frame, kept: Sequence[str], columns: Sequence[str], error: str | None
                ) -> Schema:  # fmt: skip
        """The columns of the rows that it gives. Answers in place of columns stand where those stood."""
        if not self.operation.is_per_item:
            return answer_rows(shape, self._answer)[0]
        made = dict(answer_columns(shape, self._answer, is_named=not columns).items())
        found = {name: made.get(name, kind) for name, kind in rows.schema.items() if name in kept or name in made}
        found |= {name: kind for name, kind in made.items() if name not in found}
        if error is not None:
            if error in found:
                self.compiler.problems.error("IR403", f'the rows have a column "{error}" already', at=self.at,
                                             hint="rename it before, or give the answer another name")  # fmt: skip
            found[error] = t.String()
        return Schema(found)

    def _exploded(self, sent: Sequence[str], rows: Frame) -> str | None:
        lists = [each for each in sent if rows.schema[each] == t.ListOf(t.File())]
        is_split = self.operation.type in EXTRACTING and self.operation.is_per_item
        return lists[0] if is_split and len(lists) == 1 else None

    def _case(self, *actions: str) -> tuple[EdgeCase, Pointer] | None:
        """What an edge case says of a failed extraction."""
        if self.operation.type not in EXTRACTING:
            return None
        words = {"default": "use_default_value", "skip": "skip_execution"}
        return edge_case(self.compiler.workflow, _CASE, *(words.get(each, each) for each in actions))

    def _when_failed(self, shape: Shape) -> tuple[WhenFailed, Any]:
        found = self._case("default", "skip")
        if found is None:
            goes_on = self.operation.on_error == "continue" or self._case("alert_admin") is not None
            return ("skip" if self.operation.rejects else "continue") if goes_on else "fail", None
        case, at = found
        if case.action == "skip_execution":
            return "skip", None
        try:
            return "default", _default(case.default_value, shape)
        except Misfit as misfit:
            self.compiler.problems.error("IR405", f"the default_value is no answer: {misfit}",
                                         at=(*at, "default_value"), hint="write an object of fields")  # fmt: skip
            return "default", None

    def _rejected(self, rows: Frame, when_failed: WhenFailed) -> Schema | None:
        operation, problems = self.operation, self.compiler.problems
        if operation.rejects is None:
            return None
        at = (*self.at, "rejects")
        if not operation.is_per_item:
            problems.error("IR206", "one answer for all rows has none that it could reject", at=at,
                           hint="leave rejects out, or write scope: per_item")  # fmt: skip
        elif when_failed != "skip":
            problems.error("IR206", f"with on_error: {operation.on_error} the first row without an answer ends the run",
                           at=at, hint="write on_error: continue")  # fmt: skip
        elif taken := [each for each in rows.schema if each in REJECT_COLUMNS]:
            problems.error("IR403", f'the rows have a column "{taken[0]}", which rejects have of their own', at=at,
                           hint="rename the column before")  # fmt: skip
        else:
            return rejects_schema(rows.schema)
        return None

    def tell_of_failures(self, effect: AiEffect, made: Frame) -> None:
        """Have the rows counted that nothing was extracted from, where an edge case tells somebody of them."""
        compiler = self.compiler
        if self._case("alert_admin") is None or effect.error_column is None:
            return
        test = {"field": effect.error_column, "operator": "is_not_null"}
        group = FilterGroup.model_validate({"conditions": [test]})
        operation = build_filter_group(group, made, compiler.building(self.at, effect.id))
        if operation is not None:
            rows = compiler.add(compiler.graph.free_name(f"{effect.id}_failed"), operation, self.at, effect.id,
                                hidden=True)  # fmt: skip
            compiler.occurred(_CASE, Occasion(reason=f"{effect.id} could not extract from some rows", frame=rows,
                                              is_without_rows=False))  # fmt: skip


def _default(value: Any, shape: Shape) -> Any:
    """The given value as an answer; of an object one value stands for each field that can have it.

    Raises:
        Misfit: it is none.
    """
    if isinstance(value, dict) or shape.value is not None or shape.is_list:
        return fitted(value, shape)
    found = {}
    for each in shape.fields:
        try:
            found[each.name] = fitted(value, Shape(value=each))
        except Misfit:
            found[each.name] = None
    return fitted(found, shape)
