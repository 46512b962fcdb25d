"""A database source bound to its table, query or collection; imported where a workflow has one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from connectors.databases.mongodb.query import read_query
from connectors.databases.newer import Begun
from connectors.databases.opening import checked_query, open_database
from connectors.databases.read_only import DIALECTS
from connectors.problem import ConnectorProblem
from engine.graph import SourceRelation
from engine.increments.identity import Identity
from engine.names import RunWords
from engine.places import report
from ir.diagnostics import Pointer, did_you_mean
from ir.model.sources import DatabaseSource
from ir.templates import Template, Unresolved, render

if TYPE_CHECKING:
    from engine.compiler import Compiler


def bind_database(
    source: DatabaseSource, name: str, at: Pointer, compiler: Compiler, words: RunWords
) -> SourceRelation | None:
    """The relation of a table or query; validate asks no database."""
    if compiler.validating:
        config = source.database_config
        if source.kind == "mongodb" and config is not None:
            read_query(config.query)
        elif config is not None and config.query is not None:
            checked_query(config, DIALECTS[source.kind], partial(_filled, words))
        compiler.problems.warning(
            "IR508", f'the columns of "{name}" are not checked: validate opens no connection', at=at,
            hint="weirflow plan asks the database for them",
        )  # fmt: skip
        return None
    relation = open_database(source, base=compiler.base, policy=compiler.policy, name=name,
                             filled=partial(_filled, words), begun=_begun(source, name, at, compiler, words),
                             )  # fmt: skip
    for each in (*relation.warnings, *compiler.increments.warnings_at(at)):
        report(each, compiler.problems, at=at, severity="warning")
    return relation


def _begun(source: DatabaseSource, name: str, at: Pointer, compiler: Compiler, words: RunWords) -> Begun | None:
    """Where a source starts that reads only new rows."""
    settings = source.config.incremental if source.config else None
    config = source.database_config
    if settings is None or config is None:
        return None
    kind, what = ("query", config.query) if config.table is None else ("table", config.table)
    who = Identity.of(name, kind, what, words)
    return lambda column: compiler.increments.of_rows(at, who, settings, column)


def _filled(words: RunWords, template: Template, at: tuple[str | int, ...]) -> object:
    """The value of a template in a query; a single reference keeps its type.

    Raises:
        ConnectorProblem: IR302 or IR303 for a reference to nothing.
    """
    roots = words.roots()
    try:
        return render(template, roots)
    except Unresolved as problem:
        is_input = any(each.root == "inputs" and each.span == problem.span for each in template.references)
        if is_input:
            raise ConnectorProblem("IR302", f'there is no input "{problem.name}"', key=at,
                                   hint=did_you_mean(problem.name, words.inputs) or "declare it under runtime_inputs",
                                   ) from problem  # fmt: skip
        raise ConnectorProblem("IR303", problem.message, key=at, hint=did_you_mean(problem.name, roots)) from problem
