"""An operation of a plugin, compiled: what it takes, what its calls ask for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from engine.plugin_operations.results import ResultColumns, Scope
from ir.records import dataclass
from ir.types import Schema

if TYPE_CHECKING:
    from connectors.plugins.account import PluginAccount
    from connectors.plugins.plugin import Action
    from engine.effects.effect import Doing, EffectResult
    from engine.plugin_operations.arguments import Arguments
    from engine.plugin_operations.bearing import Bearing
    from engine.plugin_operations.meanings import Meaning
    from engine.plugin_operations.row_taking import RowTaking, Stretch
    from ir.diagnostics import Pointer
    from ir.model.plugin_operation import PluginOperation
    from transforms.frame import Frame

_ABOUT: Mapping[Scope, str] = {"once": "once", "per_item": "for each row", "per_group": "for each group",
                               "rows": "with all rows", "batch": "for several rows at once"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginEffect:
    """One step of plugin_operations."""

    id: str
    at: Pointer
    operation: PluginOperation
    action: Action
    account: PluginAccount
    scope: Scope
    arguments: Arguments
    rows: Frame | None
    source: str
    """The name under which it reads its rows."""
    schema: Schema
    results: ResultColumns
    rejected: Schema | None = None
    elements: Meaning | None = None
    """The value of each row that is gone through, one call an element."""
    element_parameter: str | None = None
    """The parameter that gets the element, where the config does not say."""
    groups: tuple[str, ...] = ()
    taking: RowTaking | None = None
    stretch: Stretch | None = None
    """Where the config names the frame itself."""
    bearing: Bearing
    timezone: str = "UTC"
    """Of the workflow."""
    kind: Literal["plugin"] = "plugin"

    @property
    def values(self) -> tuple[Frame, ...]:
        return tuple(self.arguments.frames)

    @property
    def output(self) -> str | None:
        """The name of its result."""
        return self.operation.output_variable

    @property
    def error_column(self) -> str | None:
        """The column that says of each row why its call failed, where the run goes on without it."""
        is_said = self.operation.on_error == "continue" and not self.leaves_out and self.scope in {"per_item", "batch"}
        return f"{self.output}_error" if is_said and self.output is not None else None

    @property
    def gives_lists(self) -> bool:
        """Whether a row of a packed call has several items, and so a list of answers."""
        batch = self.action.manifest.batch
        items = self.operation.config.get(batch.parameter) if batch is not None else None
        return not (isinstance(items, list) and len(items) == 1)

    @property
    def leaves_out(self) -> bool:
        """Whether the rows whose calls failed are not among those that it gives."""
        return self.operation.rejects is not None

    @property
    def read_columns(self) -> tuple[str, ...]:
        """The columns of its rows whose values the calls read."""
        if self.rows is None:
            return ()
        names = list(self.rows.schema)
        found = list(self.arguments.columns(names, self.elements))
        found += self.taking.columns if self.taking is not None else ()
        return tuple(dict.fromkeys(names if self.arguments.reads_groups or self.stretch is not None else found))

    @property
    def is_one_call(self) -> bool:
        """Whether there is one call for all."""
        return self.scope == "once" or (self.stretch is not None and self.stretch.most is None)

    @property
    def is_writing(self) -> bool:
        """Whether it changes something outside."""
        return self.action.kind != "read"

    @property
    def summary(self) -> str:
        plugin = self.action.plugin
        if self.is_one_call and self.stretch is not None:
            return f"{plugin.key} {self.action.name}, once with all rows"
        about = "for each element of its lists" if self.elements is not None else _ABOUT[self.scope]
        return f"{plugin.key} {self.action.name}, {about}"

    @property
    def _scope_said(self) -> str:
        if self.is_one_call:
            return "once"
        return "batch" if self.scope == "rows" else self.scope

    def settings(self) -> Mapping[str, Any]:
        """What a plan says of it; the config as it is written, where no secret can stand."""
        plugin, operation = self.action.plugin, self.operation
        said: dict[str, Any] = {
            "plugin": plugin.key, "version": plugin.version, "manifest_sha256": plugin.sha256,
            "action": self.action.name, "effect": self.action.kind,
            "execution_scope": self._scope_said, "on_error": operation.on_error,
        }  # fmt: skip
        if operation.config:
            said["config"] = operation.config
        return said

    def check_ready(self) -> None:
        """Look whether its credentials are there, which asks no service.

        Raises:
            ConnectorProblem: they are not, and the run does not go on without its calls.
        """
        if self.operation.on_error == "continue":
            return
        from connectors.http.blocking import waited_for
        from connectors.plugins.session import open_session

        waited_for(open_session(self.action.plugin, self.account).close())

    def carry_out(self, doing: Doing) -> EffectResult:
        """Make its calls."""
        from engine.plugin_operations.carrying_out import carry_out  # what a run needs, and no plan

        return carry_out(self, doing)
