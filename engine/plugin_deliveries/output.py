"""One target among the sources, compiled: which rows, and by which action of which plugin they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ir.records import dataclass
from ir.types import Schema
from transforms.frame import Frame

if TYPE_CHECKING:
    from engine.file_output import FileOutput
    from engine.plugin_operations.effect import PluginEffect
    from ir.diagnostics import Pointer
    from ir.model.plugin_operation import PluginOperation


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginOutput:
    """A delivery by a plugin. `effect` is None until a first pass tells its columns, and after an error."""

    kind: ClassVar[Literal["plugin"]] = "plugin"
    id: str
    at: Pointer
    delivery: PluginOperation
    """The source as an operation."""
    effect: PluginEffect | None = None
    branch: str | None = None
    preview: FileOutput | None = None
    """The file that a preview writes in its stead."""

    @property
    def frame(self) -> Frame | None:
        return self.effect.rows if self.effect is not None else None

    @property
    def frames(self) -> list[Frame]:
        """The frames whose rows it takes: those it writes, then those of few rows that its config reads."""
        if self.effect is None or self.effect.rows is None:
            return []
        return [self.effect.rows, *self.effect.values]

    @property
    def columns(self) -> Schema | None:
        """The columns that it reads."""
        return self.effect.rows.schema if self.effect is not None and self.effect.rows is not None else None

    @property
    def shown_target(self) -> str:
        return f"{self.delivery.plugin_key} by {self.delivery.operation_type}"

    @property
    def summary(self) -> str:
        return self.effect.summary if self.effect is not None else self.shown_target


def settings_of(output: PluginOutput) -> dict[str, Any]:
    """What a plan says of it."""
    return dict(output.effect.settings()) if output.effect is not None else {}
