"""What fetches rows: a source where nothing has to be known before, else an action of a plugin."""

from __future__ import annotations

from typing import Any

from ir.migrating.draft import Draft, Where, described, without_failures
from ir.migrating.meanings import Kind, Meaning, in_templates, split
from ir.migrating.program import Operation
from ir.migrating.shapes import mapping
from ir.references import texts_in

_FREE = frozenset({"input", "inputs", "config", "var", "date", "time", "datetime", "year", "month", "day", "run"})


def write(operation: Operation, where: Where, draft: Draft) -> None:
    """Add the source, or the step, that gives the rows."""
    words = operation.words
    said: list[str] = []
    config = in_templates(mapping(words.get("config")), where.meanings, said.append)
    for each in said:
        draft.account.refused(operation.at, operation.name, each, "where does the value come from?")
    pages = words.get("pagination")
    if isinstance(pages, dict) and pages:
        draft.account.changed(
            (*operation.at, "pagination"), operation.name, "", "left out: a plugin reads all pages by itself"
        )
    plugin, action = str(words.get("plugin_key") or ""), str(words.get("action") or "read")
    output = operation.output or operation.name
    if where.meanings.frame is not None or _needs_steps(words.get("config")):
        _write_step(operation, plugin, action, config, output, where, draft)
        return
    alias = draft.name(output)
    source: dict[str, Any] = {"type": "api", "alias": alias, "plugin_key": plugin, "operation_type": action}
    if plugin in ("postgres", "mysql", "mongodb", "sqlite", "supabase"):
        source["type"] = "api"
    if config:
        source["config"] = config
    source |= without_failures({key: each for key, each in operation.settings.items() if key != "open"})
    if operation.description:
        source["description"] = operation.description
    draft.sources.append(source)
    where.meanings.known[output] = Meaning(kind=Kind.ROWS, name=alias)
    where.meanings.known.setdefault(operation.name, where.meanings.known[output])
    if operation.settings.get("on_error") == "continue":
        draft.account.refused(
            operation.at,
            operation.name,
            "a source that cannot be read fails the run",
            "what is meant by going on without it?",
            {"on_error": "continue"},
        )
    why = "read in every run, whatever the branch" if where.is_branch else ""
    (draft.account.changed if why else draft.account.kept)(operation.at, operation.name, f"data_sources {alias}", why)


def _write_step(
    operation: Operation, plugin: str, action: str, config: Any, output: str, where: Where, draft: Draft
) -> None:
    identity = draft.name(operation.name)
    variable = identity if output == operation.name else draft.name(output)
    step: dict[str, Any] = {"id": identity, "plugin_key": plugin, "operation_type": action}
    if config:
        step["config"] = config
    frame = where.meanings.frame
    if frame is not None:
        step |= {"input_source": frame, "execution_scope": "per_item"}
    else:
        step["execution_scope"] = "once"
    step["output_variable"] = variable
    draft.plugins.append(described(step, operation))
    if frame is not None:
        where.meanings.known[output] = Meaning(kind=Kind.COLUMN, name=variable, frame=variable)
        where.meanings.frame = variable
    else:
        where.meanings.known[output] = Meaning(kind=Kind.ROWS, name=variable)
    why = "for each row" if frame is not None else "it needs what other steps give"
    draft.account.changed(operation.at, operation.name, f"plugin_operations {identity}", f"a step, not a source: {why}")


def _needs_steps(config: Any) -> bool:
    for text in texts_in(config):
        for piece in text.split("{{")[1:]:
            if split(piece.partition("}}")[0])[0] not in _FREE:
                return True
    return False
