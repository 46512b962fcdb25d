"""The columns of what a database's query gives, which the database is asked for when the workflow is compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.plugins.account import PluginAccount
from connectors.problem import ConnectorProblem
from connectors.values import infer_value_type
from engine.places import report
from engine.plugin_operations.arguments import Filled
from engine.plugin_operations.meanings import Known, OfRun
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler
    from engine.plugin_operations.arguments import Arguments
    from engine.plugin_operations.results import ResultColumns
    from ir.diagnostics import Pointer
    from ir.model.plugin_operation import PluginOperation


def with_columns(results: ResultColumns, operation: PluginOperation, action: Action, arguments: Arguments, at: Pointer,
                 compiler: Compiler) -> ResultColumns:  # fmt: skip
    """The results of a call of a database's rows, with their columns; of any other call as they are.

    Where the run goes on without the call, and where `result: json` is written, the rows are one column of JSON: what
    columns there are hangs on the document alone, and not on whether a database answered.
    """
    if not action.describes_rows or operation.on_error == "continue" or operation.config.get("result") == "json":
        return results
    if compiler.validating:
        name = operation.output_variable or operation.id
        compiler.problems.warning("IR508", f'the columns of "{name}" are not checked: validate opens no connection',
                                  at=at, hint="weirflow plan asks the database for them")  # fmt: skip
        return replace(results, is_unknown=True)
    if compiler.is_isolated:
        given = compiler.given_results.get(at)
        return results if not given else replace(results, columns=_inferred(given))
    from connectors.plugins.sql.describing import columns_of_call

    account = PluginAccount(ref=operation.credentials_ref, base=compiler.base, policy=compiler.policy)
    try:
        found = columns_of_call(action, account, _at_compile(arguments.tree, Known(roots=compiler.words.roots())))
    except ConnectorProblem as problem:
        problem.hint = problem.hint or "result: json gives the rows as one column, whatever the table is like"
        report(problem, compiler.problems, at=at)
        return replace(results, is_unknown=True)
    return replace(results, columns=found)


def _inferred(rows: Sequence[Mapping[str, Any]]) -> Schema:
    """The types of the values that a test gives."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return Schema({name: infer_value_type([row.get(name) for row in rows]) for name in names})


def _at_compile(tree: Any, known: Known) -> Any:
    """The arguments as far as they are known before the run; a value of another frame is null, whose type a database
    works out from where it stands."""
    match tree:
        case Filled():
            return tree.value(known) if all(isinstance(each, OfRun) for each in tree.meanings) else None
        case dict():
            return {name: _at_compile(each, known) for name, each in tree.items()}
        case list():
            return [_at_compile(each, known) for each in tree]
    return tree
