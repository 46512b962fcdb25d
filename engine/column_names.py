"""Names that a column may not have, because an engine would not tell it from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transforms.frame import KEPT_NAMES

if TYPE_CHECKING:
    from engine.compiler import Compiler


def check_names(compiler: Compiler) -> None:
    """Columns that differ only in case would be one column in SQL, and it has no word for one without a name."""
    for relation in compiler.graph:
        if not relation.frame.schema.names:
            verb, hint = ("keeps", "keep one, or leave the step out")
            if relation.operation is None:
                verb, hint = ("has", "declare its columns: schema: {column: type}")
            compiler.problems.error("IR407", f'"{relation.name}" {verb} no column', at=relation.at, hint=hint)
        seen: dict[str, str] = {}
        for name in relation.frame.schema:
            made_here = all(name not in compiler.graph[each].frame.schema for each in relation.inputs)
            if made_here and (not name.strip() or "\0" in name):
                compiler.problems.error(
                    "IR407", f'"{relation.name}" makes a column {_nameless(name)}', at=relation.at,
                    hint="give it a name; a pivot's columns are named by their values",
                )  # fmt: skip
            if made_here and not relation.hidden and KEPT_NAMES.fullmatch(name.casefold()):
                compiler.problems.error(
                    "IR403", f'"{relation.name}" has a column "{name}", which is a name that operations keep',
                    at=relation.at, hint="give it another name",
                )  # fmt: skip
            other = seen.setdefault(name.casefold(), name)
            if other != name and not any(
                other in before and name in before
                for before in (compiler.graph[each].frame.schema for each in relation.inputs)
            ):
                compiler.problems.error(
                    "IR404",
                    f'the columns "{other}" and "{name}" of "{relation.name}" differ only in case',
                    at=relation.at,
                    hint=f"rename one of them, as in rename: {{{name}: {name}_2}}"
                    if relation.operation is not None and relation.at[:1] != ("data_merge",)
                    else "give one of them another name at its source",
                )


def _nameless(name: str) -> str:
    return "whose name holds a NUL" if name.strip() else "without a name"
