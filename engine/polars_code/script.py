"""The script: a variable for each frame, then a statement for each delivery."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator
from typing import Any

from connectors.storage.destination import safe_filename
from engine.delivery_order import Delivered
from engine.file_output import FileOutput
from engine.graph import Relation
from engine.plan import Plan
from engine.plan_steps import summary_of
from engine.polars_code.deliveries import sink_code
from engine.polars_code.nodes import Name
from engine.polars_code.plainer import plainer
from engine.polars_code.printing import WIDTH, statement
from engine.polars_code.recording import Recorded, recording
from engine.polars_code.sources import source_code
from engine.polars_code.values import IMPORTS, NotPrintable
from engine.polars_frames import lowered
from engine.wording import render_words
from ir.diagnostics import Problems
from transforms.expressions import Clock
from transforms.operation import Lowering

_MODULES = ("bz2", "zipfile")
_TAKEN = {*IMPORTS, *_MODULES, "pl", *keyword.kwlist, *dir(builtins)}


def polars_script(plan: Plan, frame: str | None = None) -> str:
    """The plan, or what `frame` is made of, as a script that imports nothing but Polars and the standard library.

    Raises:
        WorkflowError: IR330 at each step that a script cannot hold.
    """
    graph = plan.compiled.graph
    outputs = [output for output in plan.compiled.outputs if output.frame is not None] if frame is None else []
    last = plan.relation(frame) if frame is not None else ""
    if frame is None and not outputs:
        last = plan.relation("data")
    ends = [each.name for output in outputs for each in output.frames] or [last]
    ordered = graph.ordered(ends)
    clock = plan.clock()
    made: dict[str, Recorded] = {}
    problems = Problems(plan.compiled.document)
    statements: list[str] = []
    with recording():
        for name in graph.needed(ends):
            relation = graph[name]
            try:
                if relation.operation is None:
                    assert relation.source is not None
                    found: Any = source_code(relation.source, plan.scratch())
                else:
                    if any(each not in made for each in relation.inputs):
                        continue
                    frames: Any = made
                    found = lowered(relation, frames, clock=clock, ordered=name in ordered)
                variable = _free(name)
                text = statement(variable, plainer(found.node))
            except NotPrintable as reason:
                problems.error("IR330", f'"{name}" cannot stand in a Polars script: it takes {reason}', at=relation.at,
                               hint="run it with weirflow, or look at plan.polars() itself")  # fmt: skip
                continue
            made[name] = Recorded(Name(variable), found.real)
            statements += [_remark(plan, relation), text, ""]
        problems.raise_errors()
        if outputs:
            for output in outputs:
                statements += list(_delivery(plan, output, [made[each.name] for each in output.frames]))
        else:
            statements.append(f"print({_free(last)}.collect())")
    body = "\n".join(statements)
    return "\n".join([*_head(plan), *_imports(body), "", body.rstrip(), ""])


def _delivery(plan: Plan, output: Delivered, tables: list[Recorded]) -> Iterator[str]:
    if output.kind != "file":
        done = "sends" if output.kind == "message" else "does"
        yield from _comment(f"{output.id}: {output.summary}, which weirflow {done}; here are its rows")
        yield f"print({tables[0].node.text}.collect())"  # type: ignore[attr-defined]
        yield ""
        return
    target = _target(plan, output)
    found = sink_code(plan, output, tables[0], target) if target else None
    if found is None:
        yield from _comment(
            f"{output.id}: {output.format.name} to {target or output.shown_target}, which weirflow writes; "
            "here are its rows"
        )
        for rows in tables:
            yield f"print({rows.node.text}.collect())"  # type: ignore[attr-defined]
    else:
        node, remark = found
        yield from _comment(f"{output.id}: {output.format.name}" + (f"; {remark}" if remark else ""))
        yield statement(None, plainer(node))
    yield ""


def _target(plan: Plan, output: FileOutput) -> str | None:
    """Where the file goes as seen from the workflow's folder; None where only a run can tell, or it is remote."""
    problems = Problems(plan.compiled.document)
    words = plan.compiled.words
    name = render_words(output.filename, words, problems, at=output.at, escape=safe_filename)
    folder = render_words(output.delivery.destination.path, words, problems, at=output.at)
    if name is None or folder is None or words.run_id in name + folder or "://" in folder:
        return None
    return f"{folder.rstrip('/')}/{name}".removeprefix("./")


def _head(plan: Plan) -> list[str]:
    file = plan.compiled.document.file
    origin = f"from {file.rpartition('/')[2]}" if not file.startswith("<") else "from a workflow"
    lines = [*_comment(f"{plan.name}: {plan.goal}"), "#"]
    lines += _comment(
        f"Made by weirflow {origin}. It does the same with nothing but Polars; paths start at the folder it is run in. "
        f"Words such as today and now are those of {plan.clock().now:%Y-%m-%d %H:%M} UTC."
        if _reads_clock(plan)
        else f"Made by weirflow {origin}. It does the same with nothing but Polars; paths start at the folder it is "
        "run in."
    )
    if any(getattr(relation.source, "declared", None) for relation in plan.compiled.graph):
        lines += _comment(
            "A value that does not fit the declared type of its column stops it; weirflow sets such rows aside."
        )
    unchecked = [check for check in plan.compiled.checks if not check.counted]
    if unchecked:
        lines += _comment(f"Not checked here: {'; '.join(dict.fromkeys(check.message for check in unchecked))}.")
    return [*lines, ""]


def _reads_clock(plan: Plan) -> bool:
    """Whether a statement changes with the instant."""
    instant = plan.clock()
    clocks = (Clock(None, instant.timezone), instant)
    for relation in plan.compiled.graph:
        if relation.operation is not None:
            names = [frame.name for frame in relation.operation.inputs]
            one, other = (relation.operation.to_sql(*names, lowering=Lowering(clock=clock)) for clock in clocks)
            if one != other:
                return True
    return False


def _remark(plan: Plan, relation: Relation) -> str:
    """What the workflow says of a step, else what the plan does."""
    written: Any = plan.compiled.document.value
    for part in relation.at:
        try:
            written = written[part]
        except (LookupError, TypeError):
            written = None
    described = written.get("description") if isinstance(written, dict) and not relation.hidden else None
    return "\n".join(_comment(str(described or summary_of(relation))))


def _comment(text: str) -> list[str]:
    """Lines of a comment; white space of every kind is a blank, so that no text of a file can end it."""
    lines: list[str] = []
    line = "#"
    for word in "".join(each if each.isprintable() else " " for each in text).split():
        if len(line) + 1 + len(word) > WIDTH and line != "#":
            lines.append(line)
            line = "#"
        line += f" {word}"
    return [*lines, line]


def _imports(body: str) -> list[str]:
    """The imports that the statements need, as formatters order them."""
    names = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    found = [f"import {module}" for module in _MODULES if module in names]
    for module in sorted({IMPORTS[name] for name in names & set(IMPORTS)}):
        taken = sorted(names & {name for name, home in IMPORTS.items() if home == module}, key=_import_order)
        found.append(f"from {module} import {', '.join(taken)}")
    return [*found, *([""] if found else []), "import polars as pl"]


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _free(name: str) -> str:
    return f"{name}_" if name in _TAKEN or not name.isidentifier() else name
