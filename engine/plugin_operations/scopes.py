"""What one call of an operation is about: by its config and input, or as execution_scope says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.messages.groups import grouped_by
from engine.plugin_operations.arguments import arguments_of
from engine.plugin_operations.names import ArgumentNames, Values
from engine.plugin_operations.results import Scope
from engine.plugin_operations.row_taking import RowTaking, Stretch
from engine.plugin_operations.source_config import in_its_words
from ir import types as t
from ir.diagnostics import Pointer, Problems
from ir.records import dataclass
from ir.references import frame_reference, roots_in, texts_in
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.plugins.plugin import Action
    from engine.compiler import Compiler
    from engine.plugin_operations.taking import Taken
    from ir.model.plugin_operation import PluginOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """The scope, and what follows from it: the names of the config, and what the engine itself puts into calls."""

    scope: Scope
    config: Mapping[str, Any]
    """What is left of the config for the action."""
    names: ArgumentNames
    groups: tuple[str, ...] = ()
    taking: RowTaking | None = None
    element_parameter: str | None = None
    stretch: Stretch | None = None
    """Where the config names the frame itself: how many of its rows stand there in one call."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The parameters that the engine fills."""
        found = [self.taking.parameter if self.taking is not None else None, self.element_parameter]
        return tuple(each for each in found if each is not None)


def scope_of(operation: PluginOperation, action: Action, taken: Taken | None, at: Pointer, compiler: Compiler
             ) -> Scoped | None:  # fmt: skip
    """The scope of the operation at `at`; None after an error, or where its rows are not known yet."""
    known = action.parameters.schema.get("properties", {})
    config = {key: each for key, each in operation.config.items()
              if not key.startswith("x-") and (key != "description" or key in known)}  # fmt: skip
    config = in_its_words(config, action)
    values: Values = {}
    wanted = operation.execution_scope
    takes_rows = action.manifest.rows is not None and _asks_for_rows(action.manifest.rows.parameter, config, taken)
    if taken is None:
        if operation.input_source is None and not takes_rows and wanted in {None, "once"}:
            return _without_rows(config, compiler)  # None where it names what may be a column of rows not known yet
        return None
    if takes_rows and action.manifest.rows is not None:
        config.pop(action.manifest.rows.parameter, None)
    gives_rows = not takes_rows and _names_rows(config, taken) and (
        wanted in {None, "once"} or (wanted == "batch" and action.manifest.batch is None))  # fmt: skip
    scope: Scope
    if gives_rows and (wanted is not None or not _reads_rows(config, taken, values, at, compiler, gives_rows=True)):
        most = compiler.workflow.settings.batch_rows if wanted == "batch" else None
        return Scoped(scope="rows", config=config, stretch=Stretch(most=most),
                      names=taken.names(compiler, takes_rows=False, gives_rows=True, values=values))  # fmt: skip
    if wanted is not None:
        scope = "rows" if takes_rows and wanted in {"once", "batch"} else wanted
    elif taken.elements is not None or _reads_rows(config, taken, values, at, compiler):
        scope = "per_item"
    else:
        scope = "rows" if takes_rows else "once"
    refusal = _refusal(scope, operation, action, taken)
    if refusal is not None:
        message, hint = refusal
        compiler.problems.error("IR206", message, at=(*at, "execution_scope"), hint=hint)
        return None
    groups: tuple[str, ...] = ()
    if scope == "per_group":
        grouped = grouped_by(compiler)
        groups = tuple(compiler.building(grouped.at, operation.id).known_columns(grouped.columns, taken.frame.schema))
        if not groups:  # told by whoever reads the document
            return None
    taking = None
    if takes_rows:
        taking = _taking(action, config, taken, at, compiler)
        if taking is None:
            return None
    names = taken.names(compiler, takes_rows=scope in {"per_item", "batch"}, groups=groups, values=values)
    element = _element_parameter(action, config, taken) if scope == "per_item" else None
    return Scoped(scope=scope, config=config, names=names, groups=groups, taking=taking, element_parameter=element)


def _without_rows(config: Mapping[str, Any], compiler: Compiler) -> Scoped | None:
    """One call, where the columns of `data` are not known: it may read other frames. None where it names what may be a
    column."""
    if not roots_in(config) <= {*compiler.words.roots(), *compiler.frames}:
        return None
    return Scoped(scope="once", config=config, names=ArgumentNames(columns=Schema(), takes_rows=False))


def _asks_for_rows(parameter: str, config: Mapping[str, Any], taken: Taken | None) -> bool:
    """Whether the parameter gets the rows of the input: it is not written, or it names the frame."""
    written = config.get(parameter)
    if written is None:
        return True
    name = frame_reference(written) if isinstance(written, str) and "{{" in written else None
    return name is not None and taken is not None and name == taken.source


def _names_rows(config: Mapping[str, Any], taken: Taken) -> bool:
    """Whether the frame itself is the value of something in the config; a column of its name stands before it."""
    return taken.elements is None and taken.source not in taken.frame.schema and any(
        "{{" in each and frame_reference(each) == taken.source for each in texts_in(config))  # fmt: skip


def _reads_rows(config: Mapping[str, Any], taken: Taken, values: Values, at: Pointer, compiler: Compiler, *,
                gives_rows: bool = False) -> bool:  # fmt: skip
    """Whether a template in the config has a value of its own for each row."""
    aside, before = Problems(compiler.document), compiler.problems
    compiler.problems = aside  # what is wrong is told once the scope is known
    try:
        found = arguments_of(config, taken.names(compiler, gives_rows=gives_rows, values=values), (*at, "config"),
                             compiler)  # fmt: skip
    finally:
        compiler.problems = before
    return found.is_of_rows or bool(aside.errors)  # about rows there is more to say of what is wrong


def _refusal(scope: Scope, operation: PluginOperation, action: Action, taken: Taken) -> tuple[str, str] | None:
    """Why the scope cannot be, and what would be."""
    named = f"{action.plugin.key} {action.name}"
    if taken.elements is not None and scope != "per_item":
        said = f"execution_scope is {operation.execution_scope}, and input_source names the elements of a column"
        return said, "write execution_scope: per_item, or input_source without the column"
    if scope == "batch" and action.manifest.batch is None:
        return f"{named} does not take several items at once", "write execution_scope: per_item"
    return None


def _taking(action: Action, config: dict[str, Any], taken: Taken, at: Pointer, compiler: Compiler) -> RowTaking | None:
    """How the action gets the rows; `columns_in_order` in its config, else in the rendering, says which columns."""
    rows = action.manifest.rows
    assert rows is not None
    place: Pointer = ("rendering", "columns_in_order")
    rendering = compiler.workflow.rendering
    written: Any = rendering.columns_in_order if rendering is not None else None
    if written and not set(written) <= set(taken.frame.schema):
        written = None  # it is about other rows
    if "columns_in_order" in config and "columns_in_order" not in action.parameters.schema.get("properties", {}):
        written, place = config.pop("columns_in_order"), (*at, "config", "columns_in_order")
        if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
            compiler.problems.error("IR203", "columns_in_order is a list of columns", at=place)
            return None
    columns = list(taken.frame.schema)
    if written:
        columns = compiler.building(place, "rows").known_columns(written, taken.frame.schema)
        if len(columns) < len(written):
            return None
    most = rows.max_items or compiler.workflow.settings.batch_rows
    return RowTaking(parameter=rows.parameter, shape=rows.shape, most=most, columns=tuple(columns),
                     has_header=rows.header_when_empty is not None and rows.shape == "lists")  # fmt: skip


def _element_parameter(action: Action, config: Mapping[str, Any], taken: Taken) -> str | None:
    """The parameter that takes a file, where the elements are files and the config does not say which gets them."""
    if taken.elements is None or not isinstance(taken.element_kind, t.File | t.Json):
        return None
    properties = action.parameters.schema.get("properties", {})
    files = [name for name, each in properties.items() if isinstance(each, dict) and each.get("x-file")]
    free = [name for name in files if name not in config]
    return free[0] if len(free) == 1 and len(files) == len(free) else None
