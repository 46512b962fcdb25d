"""In which order deliveries are completed: those that are depended on first, else as the document has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from engine.database_deliveries import TableOutput
    from engine.file_output import FileOutput
    from engine.messages.output import MessageOutput
    from engine.plugin_deliveries.output import PluginOutput

Delivered: TypeAlias = "FileOutput | TableOutput | MessageOutput | PluginOutput"


def in_order(document: Mapping[str, Any], files: Sequence[FileOutput], tables: Sequence[TableOutput],
             messages: Sequence[MessageOutput] = (), targets: Sequence[PluginOutput] = (),
             ) -> list[Delivered]:  # fmt: skip
    """Files, tables, messages and targets of plugins in one order.

    Files and tables come as the document writes them, then sources that are targets, then messages: what they tell of
    is there when they arrive. What plugins write as a target comes last: it often notes what was sent.
    """
    written = list(document.get("delivery_rules") or ())
    stages: dict[object, Sequence[Delivered]] = {
        "file_delivery": files,
        "database_delivery": [each for each in tables if each.at[0] != "data_sources"],
        None: [each for each in tables if each.at[0] == "data_sources"],
    }
    keys = sorted(stages, key=lambda key: written.index(key) if key in written else len(written) + (key is None))
    listed = [*(each for key in keys for each in stages[key]), *messages, *targets]
    return list(_after_dependencies(listed))


def _after_dependencies(listed: Sequence[Delivered]) -> Iterator[Delivered]:
    by_id = {each.id: each for each in listed}
    done: set[str] = set()

    def visit(one: Delivered) -> Iterator[Delivered]:
        if one.id in done:
            return
        done.add(one.id)  # before those it waits for: a circle has its own error
        for name in _waits_for(one):
            if name in by_id:
                yield from visit(by_id[name])
        yield one

    for each in listed:
        yield from visit(each)


def _waits_for(one: Delivered) -> Sequence[str]:
    return one.depends_on if one.kind == "message" else one.delivery.depends_on
