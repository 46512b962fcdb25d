"""How a delivery is split: by which column, what its texts name of a group, what its files are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.files.formats import FileFormat
from connectors.storage.destination import safe_filename
from engine.report_parts import DOCUMENTS, CompiledPart, Split
from engine.report_texts import texts_of
from ir.diagnostics import Pointer
from ir.model.file_delivery import FileDelivery
from ir.model.workflow import Workflow
from ir.templates import Reference, TemplateSyntax, parse_template
from transforms.aggregate import is_sortable

if TYPE_CHECKING:
    from engine.compiler import Compiler

_LENGTHS = (("items", "length"), ("items", "count"))
_DEVICES = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)")
_LONGEST = 120


def split_of(delivery: FileDelivery, kind: FileFormat, compiler: Compiler) -> Split | None:
    """What the delivery is split by, with the references to a group that its texts hold."""
    column = delivery.options.split_by
    if column is None:
        return None
    texts = [delivery.filename_template or ""]
    if kind.name in DOCUMENTS:
        texts += [text for _, text in texts_of(compiler.workflow.rendering)]
    found = [each for text in texts for each in _group_references(text)]
    named = frozenset(str(each.path[3]) for each in found if _is_item(each))
    known = frozenset(str(each) for each in found if _is_known(each))
    return Split(column=column, named=named, references=known | {"group.key"})


def _group_references(text: str) -> list[Reference]:
    try:
        return [each for each in parse_template(text).references if each.root == "group"]
    except TemplateSyntax:  # told where the text is filled in
        return []


def _is_known(reference: Reference) -> bool:
    return reference.path[1:] == ("key",) or reference.path[1:] in _LENGTHS or _is_item(reference)


def _is_item(reference: Reference) -> bool:
    """Whether it is group.items[0].column."""
    path = reference.path
    return len(path) == 4 and path[1] == "items" and isinstance(path[2], int) and path[2] >= 0


def is_split(parts: Sequence[CompiledPart], split: Split, at: Pointer, compiler: Compiler) -> bool:
    """Whether there is a table that can be split, with what the texts name of a group; errors where not."""
    building = compiler.building((*at, "options"), "split")
    having = [each for each in parts if each.split is not None]
    if not having:
        building.column(split.column, parts[0].frame.schema, "split_by")
        return False
    kinds = [each.frame.schema[split.column] for each in having]
    if not is_sortable(kinds[0]):
        building.error("IR408", f'"{split.column}" is {kinds[0]}, which files cannot be split by', "split_by",
                       hint="split by texts, numbers, booleans or dates")  # fmt: skip
        return False
    other = next((kind for kind in kinds if kind != kinds[0]), None)
    if other is not None:
        building.error("IR408", f'"{split.column}" is {kinds[0]} in one section and {other} in another', "split_by",
                       hint="give it one type with cast")  # fmt: skip
        return False
    return all(building.column(name, having[0].frame.schema, "split_by") for name in sorted(split.named))


def empty_name(workflow: Workflow, split: Split | None) -> str | None:
    """What partitions call the rows without a value."""
    for each in workflow.partitions or ():
        if split is not None and each.field == split.column and each.handle_empty is not None:
            return each.handle_empty.partition_name
    return None


def with_group(filename: str, ending: str) -> str:
    """The name with the group's value before its ending, unless it has it already."""
    if _group_references(filename):
        return filename
    dotted = f".{ending}"
    if not filename.lower().endswith(dotted.lower()):
        last = filename.rpartition("}}")[2].rpartition("/")[2].rpartition(".")[2]
        dotted = f".{last}" if filename.endswith(f".{last}") and last else ""
    stem = filename[: len(filename) - len(dotted)] if dotted else filename
    return f"{stem}-{{{{group.key}}}}{filename[len(stem) :]}"


def group_name(text: str) -> str:
    """A group's value as a part of a file's name on any system: no folder, no device, not too long, never empty."""
    name = safe_filename(unicodedata.normalize("NFC", text)).rstrip(". ")
    if _DEVICES.match(name):
        name = f"_{name}"
    while len(name.encode()) > _LONGEST:
        name = name[:-1]
    return name.rstrip(". ") or "_"


def told_apart(names: Sequence[str], ending: str) -> list[str]:
    """The names, a number put before the ending of those that an earlier one has taken, be it in another case."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        dotted = f".{ending}" if name.lower().endswith(f".{ending}".lower()) else ""
        stem, last = (name[: -len(dotted)], name[-len(dotted) :]) if dotted else (name, "")
        candidate, number = name, 2
        while candidate.casefold() in taken:
            candidate, number = f"{stem}_{number}{last}", number + 1
        taken.add(candidate.casefold())
        found.append(candidate)
    return found
