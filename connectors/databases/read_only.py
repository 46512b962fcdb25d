"""A query that a workflow writes: one statement that reads, made anew from its tree.

The text that is sent is never the one that was written: a comment may hold a statement (MySQL runs what stands in
`/*! */`). What a tree does not show, such as a view that calls a function, the database refuses: it runs read-only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, cast

from connectors.databases.effects import effect_of
from connectors.databases.query_inputs import QUERY, Filled, Marker, bind, bind_names, check_places, marked
from connectors.problem import ConnectorProblem

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS = {"postgres": "postgres", "supabase": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
_EFFECTS = {
    "Insert": "inserts rows", "Update": "changes rows", "Delete": "deletes rows", "Merge": "changes rows",
    "Into": "writes its rows somewhere", "Lock": "locks rows", "Create": "makes something", "Drop": "drops something",
    "Alter": "alters something", "TruncateTable": "empties a table", "Copy": "copies files", "Set": "changes settings",
    "SetItem": "changes settings", "PropertyEQ": "sets a variable", "Pragma": "is a pragma", "Attach": "attaches files",
    "Detach": "detaches files", "Use": "changes the database", "Kill": "ends others' work", "Transaction": "begins a "
    "transaction", "Commit": "ends a transaction", "Rollback": "ends a transaction", "Grant": "gives rights",
    "Revoke": "takes rights", "Comment": "comments something", "Analyze": "gathers statistics",
    "LoadData": "loads files", "Cache": "caches something", "Refresh": "refreshes something",
    "Execute": "runs something", "Command": "is a command", "NextValueFor": "takes a number of a sequence",
}  # fmt: skip


def read_only(text: str, dialect: str, filled: Filled | None = None, *,
              values: Mapping[str, Any] | None = None) -> exp.Query:  # fmt: skip
    """The query as a tree with the places of its inputs' values, and of `values` where it names them as :name.

    Raises:
        ConnectorProblem: IR563 it cannot be read, IR564 it does more than reading, IR569 an input stands where no
            value can.
    """
    from sqlglot import exp

    source, markers = marked(text, filled)
    check_places(source, markers, dialect)
    tree = _parsed(source, dialect)
    found = next(_effects(tree, dialect), None)
    if found is not None:
        raise ConnectorProblem("IR564", f"the query {found}, and a source only reads", key=QUERY,
                               hint="write one select; rows are written by database_delivery")  # fmt: skip
    if not isinstance(tree, exp.Query):
        raise ConnectorProblem("IR564", f"the query is no select but {type(tree).__name__.lower()}", key=QUERY,
                               hint="write one select")  # fmt: skip
    for each in list(tree.find_all(exp.Hint)):
        each.pop()
    query = cast("exp.Query", _whole(tree, markers, dialect))
    if values is not None:
        bind_names(cast("exp.Expression", query), values, dialect)
    foreign = next((each for each in query.find_all(exp.Placeholder, exp.Parameter) if not each.meta), None)
    if foreign is not None:
        raise ConnectorProblem("IR569", f"the query has the parameter {foreign.sql(dialect)}", key=QUERY,
                               hint="write {{inputs.name}} and declare it under runtime_inputs")  # fmt: skip
    return query


def _whole(tree: exp.Expression, markers: list[Marker], dialect: str) -> exp.Expression:
    from sqlglot import exp

    root = exp.Paren(this=tree)  # so that the outermost expression can be replaced too
    bind(root, markers, dialect)
    found = root.this
    found.pop()
    return cast("exp.Expression", found)


def _parsed(text: str, dialect: str) -> exp.Expression:
    from sqlglot import parse
    from sqlglot.errors import ParseError, TokenError

    try:
        with _silent():
            trees = [each for each in parse(text, dialect=dialect) if each is not None]
    except ParseError as problem:
        _refuse_syntax(text, problem)
    except (TokenError, RecursionError) as problem:
        raise ConnectorProblem("IR563", "the query cannot be read: a quote, comment or parenthesis is never closed",
                               key=QUERY) from problem  # fmt: skip
    if not trees:
        raise ConnectorProblem("IR563", "the query is empty", key=QUERY, hint="write one select")
    if len(trees) > 1:
        raise ConnectorProblem("IR564", f"the query is {len(trees)} statements", key=QUERY,
                               hint="write one select; several can be sources of their own")  # fmt: skip
    return cast("exp.Expression", trees[0])


def _refuse_syntax(text: str, problem: Exception) -> NoReturn:
    errors = getattr(problem, "errors", None) or [{}]
    first = errors[0]
    what = str(first.get("description") or "it is no statement").rstrip(".")
    line, column, seen = first.get("line"), first.get("col"), first.get("highlight") or ""
    within = None
    if line and column:
        end = sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column
        within = (max(end - max(len(seen), 1), 0), end)
    near = f' at "{seen}"' if seen else ""
    raise ConnectorProblem("IR563", f"the query cannot be read{near}: {what[0].lower()}{what[1:]}", key=QUERY,
                           within=within, hint="what only this database understands can stand in a view of it",
                           ) from problem  # fmt: skip


@contextmanager
def _silent() -> Iterator[None]:
    """sqlglot logs what it takes as a command, which is refused anyway."""
    logger = logging.getLogger("sqlglot")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _effects(tree: exp.Expression, dialect: str) -> Iterator[str]:
    """What the query does beside reading."""
    from sqlglot import exp

    for node in tree.walk():
        effect = _EFFECTS.get(type(node).__name__)
        if effect is not None and not (isinstance(node, exp.Set) and isinstance(node.parent, exp.Expression)):
            yield effect
        if isinstance(node, exp.Func):
            for name in function_names(node):
                reason = effect_of(name, dialect)
                if reason is not None:
                    yield f"calls {name}, which {reason}"


def function_names(node: exp.Func) -> list[str]:
    """What a function is called in SQL, in small letters."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return [str(node.name).strip('"`').lower()]
    return [each.lower() for each in type(node).sql_names()]
