"""The names of columns above the first rows that an action appends, where its target is empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from connectors.plugins.plugin import Action
from ir.records import dataclass

if TYPE_CHECKING:
    from connectors.plugins.session import Session
    from engine.plugin_operations.row_taking import RowTaking


@dataclass(slots=True, kw_only=True)
class Headers:
    """Asks each target once whether something stands in it."""

    action: Action
    taking: RowTaking
    _asked: set[str] = field(default_factory=set)

    async def added(self, session: Session, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, with the names of the columns as the first row where the target is empty.

        Raises:
            ConnectorProblem: the service does not tell.
        """
        name = self.taking.parameter
        target = {key: value for key, value in arguments.items() if key != name}
        written = json.dumps(target, sort_keys=True, default=str)
        if written in self._asked:
            return dict(arguments)
        self._asked.add(written)
        found = (await session.call(self._question(), target)).output
        if found:
            return dict(arguments)
        return {**arguments, name: [list(self.taking.columns), *arguments[name]]}

    def _question(self) -> Action:
        """The step that tells whether the target is empty, as an action of its own."""
        manifest = self.action.manifest
        assert manifest.rows is not None
        assert manifest.rows.header_when_empty is not None
        required = [each for each in manifest.parameters.get("required", ()) if each != self.taking.parameter]
        asking = manifest.model_copy(update={
            "kind": "read", "request": None, "pagination": None, "steps": [manifest.rows.header_when_empty],
            "output": None, "parameters": {**manifest.parameters, "required": required},
        })  # fmt: skip
        return Action(self.action.plugin, f"{self.action.name}, asked whether its target is empty", asking)
