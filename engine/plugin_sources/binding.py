"""A source of type api or tabular bound to the action that gives its rows; imported where a workflow has one."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.inline import inline_rows
from connectors.plugins.account import PluginAccount
from connectors.problem import ConnectorProblem
from engine.increments.identity import Identity
from engine.places import report
from engine.plugin_operations.actions import check_config, found_action
from engine.plugin_operations.arguments import compile_arguments
from engine.plugin_operations.conforming import conforming
from engine.plugin_operations.meanings import CURSOR, Known, OfCursor, OfRun
from engine.plugin_operations.names import ArgumentNames
from engine.plugin_operations.source_config import action_config, outdone_endpoint
from engine.plugin_sources.relation import ApiRelation
from ir.diagnostics import Pointer, did_you_mean
from ir.model.sources import ApiSource, TabularSource
from ir.types import DataType, Schema, parse_type

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler
    from engine.increments.increments import Increment
    from engine.names import RunWords


def bind_plugin(source: ApiSource | TabularSource, name: str, at: Pointer, compiler: Compiler, words: RunWords
                ) -> ApiRelation | None:  # fmt: skip
    """The relation of the action's rows; None after an error, and where only a request could tell its columns.

    Raises:
        ConnectorProblem: the columns are not known and the service does not tell them.
    """
    assert source.plugin_key is not None
    action = found_action(source.plugin_key, source.operation_type or "read", at, compiler)
    if action is None:
        return None
    if action.kind != "read":
        compiler.problems.error(
            "IR206", f"{action.plugin.key} {action.name} changes something, and a source only reads",
            at=(*at, "operation_type"), hint="write it under plugin_operations, or as a target: role: destination",
        )  # fmt: skip
        return None
    parameters = action_config(source, source.config.written, action)
    outdone = outdone_endpoint(source, parameters, action)
    if outdone is not None:
        compiler.problems.error("IR206", f"config.{outdone} says another address than endpoint", at=(*at, "endpoint"),
                                hint="leave one of them out")  # fmt: skip
        return None
    before = len(compiler.problems.errors)
    check_config(action, parameters, (*at, "config"), compiler)
    if len(compiler.problems.errors) > before:
        return None
    schema = _declared(source, action)
    increment = _begun(source, name, at, action, parameters, schema, compiler, words)
    kind = schema[increment.cursor] if schema is not None and increment is not None and increment.has_cursor else None
    filled = _filled(action, parameters, at, compiler, words, increment, kind)
    if filled is None:
        return None
    account = PluginAccount(ref=source.credentials_ref, base=compiler.base, policy=compiler.policy)
    is_pinned = schema is not None
    if schema is None:
        if compiler.validating:
            compiler.problems.warning(
                "IR508", f'the columns of "{name}" are not checked: validate opens no connection', at=at,
                hint="weirflow plan asks for a first page; config: {schema: {column: type}} declares them",
            )  # fmt: skip
            return None
        schema = _looked_up(action, account, filled, name)
    return ApiRelation(name=name, schema=schema, action=action, account=account, arguments=filled,
                       is_pinned=is_pinned, declared=tuple(source.config.columns_schema or ()), increment=increment,
                       on_bad_row=source.config.on_bad_row, max_bad=source.config.max_bad)  # fmt: skip


def _begun(source: ApiSource | TabularSource, name: str, at: Pointer, action: Action, parameters: Mapping[str, Any],
           schema: Schema | None, compiler: Compiler, words: RunWords) -> Increment | None:  # fmt: skip
    """Where a source starts of which only what is new is read.

    Raises:
        ConnectorProblem: IR597 for a cursor that it has not, or that cannot be followed.
    """
    settings = source.config.incremental
    if settings is None:
        return None
    if schema is None:
        raise ConnectorProblem(
            "IR597", f'nothing tells the columns of "{name}" where a run finds nothing new',
            key=("config", "incremental"), hint="declare them: config: {schema: {column: type}}",
        )  # fmt: skip
    for key, column in (("cursor", settings.cursor), ("seen", settings.seen)):
        if column is not None:
            _check_known(column, schema, name, ("config", "incremental", key))
    needed = action.parameters.schema.get("required", ())
    fixed = {key: each for key, each in parameters.items() if key in needed}
    told = f"{action.plugin.key} {action.name}"
    who = Identity.of_action(name, told, fixed, {"config": parameters}, words)
    kind = None if settings.cursor is None else schema[settings.cursor]
    found = compiler.increments.of_items(at, who, settings, kind)
    for each in compiler.increments.warnings_at(at):
        report(each, compiler.problems, at=at, severity="warning")
    return found


def _filled(action: Action, parameters: Mapping[str, Any], at: Pointer, compiler: Compiler, words: RunWords,
            increment: Increment | None, kind: DataType | None) -> dict[str, Any] | None:  # fmt: skip
    """The parameters with the words of the run, the inputs and the cursor, which is of a `kind`; None after errors."""
    names = ArgumentNames(columns=Schema(), takes_rows=False, cursor=kind)
    compiler.words = words
    found = compile_arguments(parameters, action, names, (*at, "config"), compiler)
    if found is None:
        return None
    for each in found.filled:
        for meaning in each.meanings:
            place, span = (*at, "config", *each.key), meaning.reference.span
            if isinstance(meaning, OfCursor):
                if len(each.parts) > 1 and increment is not None and not increment.has_initial:
                    compiler.problems.error(
                        "IR597", f"{{{{{meaning.reference}}}}} has no value in the first run, and stands within a text",
                        at=place, within=span, hint="write initial: and where the first run starts",
                    )  # fmt: skip
                    return None
            elif not isinstance(meaning, OfRun):
                compiler.problems.error(
                    "IR303", f"{meaning.reference} is made of rows, and sources are read before any other step",
                    at=place, within=span, hint="a step of plugin_operations may read it",
                )  # fmt: skip
                return None
    start = None if increment is None or increment.start is None else increment.start.value
    return conforming(found.values(Known(roots={**words.roots(), CURSOR: start})), action.parameters.schema,
                      timezone=compiler.workflow.settings.timezone)  # fmt: skip


def _check_known(column: str, schema: Schema, source: str, key: tuple[str, ...]) -> None:
    if column not in schema:
        raise ConnectorProblem("IR401", f'"{source}" has no column "{column}"', key=key,
                               hint=did_you_mean(column, schema.names), notes=[f"its columns: {schema.brief()}"],
                               )  # fmt: skip


def _declared(source: ApiSource | TabularSource, action: Action) -> Schema | None:
    """The columns as the manifest and the source's own schema say them; None where neither does."""
    own = {name: parse_type(text) for name, text in (source.config.columns_schema or {}).items()}
    known = dict(action.columns.items()) if action.columns is not None else {}
    return Schema({**known, **own}) if known or own else None


def _looked_up(action: Action, account: PluginAccount, arguments: Mapping[str, Any], name: str) -> Schema:
    """The columns of a first page.

    Raises:
        ConnectorProblem: there is none, or the service does not give it.
    """
    from engine.plugin_sources.fetching import first_items  # requests: what a plan mostly does without

    with tempfile.TemporaryDirectory(prefix="weirflow-") as scratch:
        items = first_items(action, account, arguments, Path(scratch))
    if not items:
        raise ConnectorProblem("IR525", f'"{name}" gives no item, so that nothing tells its columns', key=("config",),
                               hint="declare them: config: {schema: {column: type}}")  # fmt: skip
    return inline_rows(items, name=name).schema
