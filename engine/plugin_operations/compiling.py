"""From a step of plugin_operations to its effect: plugin and action, rows and scope, arguments and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.bad_rows import REJECT_COLUMNS, rejects_schema
from connectors.plugins.account import PluginAccount
from engine.effects.adding import add_effect, add_rejects
from engine.messages.groups import grouped_by
from engine.plugin_operations.actions import check_config, found_action
from engine.plugin_operations.arguments import compile_arguments
from engine.plugin_operations.bearing import Bearing, tell_of_failures
from engine.plugin_operations.described import with_columns
from engine.plugin_operations.effect import PluginEffect
from engine.plugin_operations.results import RESULT, ResultColumns, Scope
from engine.plugin_operations.scopes import Scoped, scope_of
from engine.plugin_operations.taking import Taken, taken_rows
from engine.report_parts import grouped_rows
from ir import types as t
from ir.diagnostics import Pointer
from ir.model.plugin_operation import PluginOperation
from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler


def add_operation(compiler: Compiler, index: int) -> None:
    """Compile the operation with this index, and add what it gives to the frames."""
    operation = compiler.workflow.plugin_operations[index]
    at: Pointer = ("plugin_operations", index)
    before = len(compiler.problems.errors)
    compiled = compiled_effect(operation, at, compiler)
    if compiled is not None and len(compiler.problems.errors) == before:
        _add(compiled, compiler)
        return
    hidden = [each for each in (operation.output_variable, operation.rejects) if each]
    compiler.frames.update(dict.fromkeys(hidden))
    if compiled is None and operation.output_variable and operation.input_source is None:
        compiler.frames["data"] = None


def compiled_effect(operation: PluginOperation, at: Pointer, compiler: Compiler) -> PluginEffect | None:
    """The operation that stands at `at`; None after errors, and where the columns of its rows are not known."""
    return _Compiling(operation=operation, at=at, compiler=compiler).effect()


def _add(effect: PluginEffect, compiler: Compiler) -> None:
    changes = effect.output is not None or effect.rejected is not None
    replaces = effect.source if changes and effect.scope in {"per_item", "batch"} else None
    is_single = effect.is_one_call and not effect.results.is_rows
    add_effect(compiler, effect, output_variable=effect.output, replaces=replaces, is_single=is_single)
    if effect.results.is_unknown and effect.output is not None:
        compiler.frames[effect.output] = None
    if effect.operation.rejects is not None and effect.rejected is not None:
        add_rejects(compiler, effect, effect.operation.rejects, (*effect.at, "rejects"))
    tell_of_failures(effect, compiler)


@dataclass(slots=True, kw_only=True)
class _Compiling:
    operation: PluginOperation
    at: Pointer
    compiler: Compiler

    def effect(self) -> PluginEffect | None:
        """The operation compiled; None after errors, and where the columns of its rows are not known."""
        operation, compiler, at = self.operation, self.compiler, self.at
        action = found_action(operation.plugin_key, operation.operation_type, at, compiler)
        taken = taken_rows(operation.input_source, at, compiler)
        if action is None:
            return None
        scoped = scope_of(operation, action, taken, at, compiler)
        if scoped is None:
            return None
        given = set(scoped.parameters)
        check_config(action, scoped.config, (*at, "config"), compiler, given=given)
        arguments = compile_arguments(scoped.config, action, scoped.names, (*at, "config"), compiler)
        if arguments is None:
            return None
        results = ResultColumns.of(action)
        if scoped.scope == "once" or (scoped.stretch is not None and scoped.stretch.most is None):
            results = with_columns(results, operation, action, arguments, at, compiler)
        rows = self._rows(scoped, taken)
        schema = self._schema(scoped.scope, results, rows, taken, action)
        if schema is None:
            return None
        self._warn_of_retry(action)
        account = PluginAccount(ref=operation.credentials_ref, base=compiler.base, policy=compiler.policy)
        return PluginEffect(
            id=operation.id, at=at, operation=operation, action=action, account=account, scope=scoped.scope,
            arguments=arguments, rows=rows, source=taken.source if taken is not None else "data", schema=schema,
            results=results, rejected=self._rejected(scoped.scope, rows), groups=scoped.groups,
            elements=taken.elements if taken is not None and scoped.scope == "per_item" else None,
            element_parameter=scoped.element_parameter, taking=scoped.taking, stretch=scoped.stretch,
            bearing=Bearing.of(compiler.workflow), timezone=compiler.workflow.settings.timezone,
        )  # fmt: skip

    def _rows(self, scoped: Scoped, taken: Taken | None) -> Frame | None:
        if scoped.scope == "once" or taken is None:
            return None
        if scoped.scope == "per_group":
            return grouped_rows(taken.frame, scoped.groups, self.at, self.operation.id, self.compiler)
        return taken.frame

    def _has_several(self, action: Action) -> bool:
        """Whether one row has several items in a packed call, or nobody knows."""
        batch = action.manifest.batch
        items = self.operation.config.get(batch.parameter) if batch is not None else None
        return not (isinstance(items, list) and len(items) == 1)

    def _schema(self, scope: Scope, results: ResultColumns, rows: Frame | None, taken: Taken | None,
                action: Action) -> Schema | None:  # fmt: skip
        """The columns of what it gives."""
        name = self.operation.output_variable
        if scope in {"once", "rows"} or rows is None:
            found = results.once(name)
            return found if scope == "once" or not results.is_rows else Schema({name or RESULT: results.kind})
        if scope == "per_group":
            grouped = self._groups_of(rows)
            return self._with(grouped, name or RESULT, results.kind)
        if name is None:
            return rows.schema
        kind = results.kind if taken is None or taken.elements is None else t.ListOf(results.kind)
        if scope == "batch" and isinstance(kind, t.ListOf) and not self._has_several(action):
            kind = kind.item
        schema = self._with(rows.schema, name, kind)
        if schema is not None and self.operation.on_error == "continue" and self.operation.rejects is None:
            return self._with(schema, f"{name}_error", t.String())
        return schema

    def _groups_of(self, rows: Frame) -> Schema:
        names = grouped_by(self.compiler).columns
        return Schema((each, rows.schema[each]) for each in names)

    def _with(self, columns: Schema, name: str, kind: t.DataType) -> Schema | None:
        """The columns and one more; None after an error where there is one of that name."""
        if name in columns:
            self.compiler.problems.error(
                "IR403", f'the rows have a column "{name}" already', at=(*self.at, "output_variable"),
                hint="give the result another name",
            )  # fmt: skip
            return None
        return Schema([*columns.items(), (name, kind)])

    def _rejected(self, scope: Scope, rows: Frame | None) -> Schema | None:
        operation, problems = self.operation, self.compiler.problems
        if operation.rejects is None:
            if Bearing.of(self.compiler.workflow).alerts:
                return rejects_schema(rows.schema if rows is not None else Schema())
            return None
        at: Pointer = (*self.at, "rejects")
        if rows is None:
            problems.error("IR206", "one call for all has no rows that it could reject", at=at,
                           hint="leave rejects out, or write execution_scope: per_item")  # fmt: skip
            return None
        if operation.on_error != "continue":
            said = f"with on_error: {operation.on_error} the first call that fails ends the run"
            problems.error("IR206", said, at=at, hint="write on_error: continue")
            return None
        taken = [column for column in rows.schema if column in REJECT_COLUMNS]
        if taken:
            problems.error("IR403", f'the rows have a column "{taken[0]}", which rejects have of their own', at=at,
                           hint="rename the column before")  # fmt: skip
            return None
        return rejects_schema(rows.schema)

    def _warn_of_retry(self, action: Action) -> None:
        if self.operation.on_error == "retry" and not action.is_repeatable:
            self.compiler.problems.warning(
                "IR697", f"{action.plugin.key} {action.name} is not sent again where it may have taken effect",
                at=(*self.at, "on_error"),
                hint="it is tried again only where the service has not begun with it; on_error: continue goes on",
            )  # fmt: skip
