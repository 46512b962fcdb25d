"""Answers that tell of each of several things whether it was done."""

from __future__ import annotations

from typing import Any

from connectors.plugins.http.answers import Holds, Read, holding, one_line
from connectors.plugins.items import ItemAnswer, PartlyDone
from connectors.plugins.requests import Items
from connectors.plugins.templating import MISSING, Rendered, Roots, compiled_path
from connectors.problem import ConnectorProblem
from ir.records import dataclass
from ir.value_text import text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledItems:
    """How an action's answer tells of each thing whether it was done."""

    title: str
    at: str | None
    of: Rendered | None
    is_done: Holds
    is_undone: Holds | None
    message_paths: tuple[Rendered, ...]

    def check(self, read: Read, output: Any) -> None:
        """Say so where a thing was refused, in an answer that is a success as a whole.

        Raises:
            PartlyDone: some were, or all of them, each by itself.
            ConnectorProblem: IR691, the whole was refused for the sake of some; or nobody knows, since the answer does
                not tell.
        """
        told = self.of(Roots(values={"response": read.body})) if self.of is not None else read.body
        if not isinstance(told, list):
            where = f"has no list at {self.at}" if self.at is not None else "is no list"
            raise ConnectorProblem("IR691", f"{self.title} does not tell what became of each: the answer {where}",
                                   sent=True)  # fmt: skip
        each_read = [Read(read.answer, each) for each in told]
        refused = [each for each in each_read if not self.is_done(each)]
        if not refused:
            return
        at_fault = [each for each in refused if self.is_undone is None or not self.is_undone(each)]
        if len(at_fault) < len(refused):
            raise self._problem((at_fault or refused)[0])
        outputs = output if isinstance(output, list) and len(output) == len(told) else told
        raise PartlyDone(self.title, [
            ItemAnswer(output=out, problem=None if self.is_done(each) else self._problem(each))
            for each, out in zip(each_read, outputs, strict=True)
        ])  # fmt: skip

    def _problem(self, read: Read) -> ConnectorProblem:
        roots = Roots(values={"response": read.body})
        found = (path(roots) for path in self.message_paths)
        said = next((each for each in found if each is not MISSING and each is not None and each != ""), read.body)
        return ConnectorProblem("IR691", f"{self.title} answers {one_line(text_of(said))}")


def compiled_items(items: Items, *, title: str) -> CompiledItems:
    """How the answers of an action are told apart."""
    paths = [items.message_path] if isinstance(items.message_path, str) else items.message_path or []
    return CompiledItems(
        title=title, at=items.of, of=compiled_path(items.of) if items.of is not None else None,
        is_done=holding(items.success_when),
        is_undone=holding(items.undone) if items.undone is not None else None,
        message_paths=tuple(compiled_path(each) for each in paths),
    )  # fmt: skip
