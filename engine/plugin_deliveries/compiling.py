"""The targets among the sources that plugins write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.files.formats import FORMATS
from connectors.storage.destination import safe_filename
from engine.deliveries import account_of
from engine.file_output import FileOutput
from engine.plugin_deliveries.output import PluginOutput
from engine.plugin_operations.actions import found_action
from engine.plugin_operations.compiling import compiled_effect
from engine.plugin_operations.source_config import action_config
from engine.report_parts import one_table
from ir.diagnostics import Pointer
from ir.model.file_delivery import Destination, FileDelivery
from ir.model.plugin_operation import PluginOperation
from ir.model.sources import ApiSource, TabularSource

if TYPE_CHECKING:
    from engine.compiler import Compiler
    from engine.plugin_operations.effect import PluginEffect


def compile_targets(compiler: Compiler) -> list[PluginOutput]:
    """A delivery for each source that is written by a plugin; what is wrong with it stands in the problems."""
    found: list[PluginOutput] = []
    for index, source in enumerate(compiler.workflow.data_sources):
        if isinstance(source, TabularSource | ApiSource) and source.is_destination:
            made = _compiled(source, ("data_sources", index), compiler)
            if made is not None:
                found.append(made)
    return found


def _compiled(source: TabularSource | ApiSource, at: Pointer, compiler: Compiler) -> PluginOutput | None:
    action = found_action(str(source.plugin_key), source.operation_type or "append", at, compiler, takes_rows=True)
    if action is None:
        return None
    name = compiler.source_name(int(at[1]))
    if action.kind == "read":
        compiler.problems.error("IR206", f"{action.plugin.key} {action.name} reads, and this source is written to",
                                at=(*at, "operation_type"), hint="leave role out, or name an action that writes",
                                )  # fmt: skip
        return None
    delivery = PluginOperation(
        id=name, plugin_key=str(source.plugin_key), operation_type=action.name,
        config=action_config(source, source.config.written, action), credentials_ref=source.credentials_ref,
        depends_on=source.depends_on, execution_constraints=source.execution_constraints,
    )  # fmt: skip
    output = PluginOutput(id=name, at=at, delivery=delivery)
    before = len(compiler.problems.errors)
    effect = compiled_effect(delivery, at, compiler)
    if effect is None or len(compiler.problems.errors) > before:
        return output
    if effect.scope == "once":
        compiler.problems.error(
            "IR206", f"{action.plugin.key} {action.name} takes one item, and the config names no column of the rows",
            at=(*at, "config"), hint="write the values of each row as templates: name: \"{{name}}\"",
        )  # fmt: skip
        return output
    return PluginOutput(id=name, at=at, delivery=delivery, effect=effect, preview=_preview(name, at, effect, compiler))


def _preview(name: str, at: Pointer, effect: PluginEffect, compiler: Compiler) -> FileOutput | None:
    """The rows that would be written, as a CSV file in a folder of the plugin's name."""
    frame = effect.rows
    if frame is None:
        return None
    part = one_table(frame, list(frame.schema), at, name, compiler, is_document=False)
    delivery = FileDelivery(format="csv", destination=Destination(path=safe_filename(effect.action.plugin.key)))
    return FileOutput(id=name, at=at, delivery=delivery, format=FORMATS["csv"], frame=part.frame,
                      filename=f"{safe_filename(name)}.csv", parts=(part,),
                      account=account_of(delivery, compiler))  # fmt: skip
