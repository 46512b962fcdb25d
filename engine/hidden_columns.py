"""The columns of a document's rows that are not shown: the addresses of links, and whether highlight rules hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from connectors.files.report import Rule
from ir.colours import colour_value
from ir.diagnostics import Pointer, Problems
from ir.records import dataclass
from ir.types import Boolean
from transforms.addresses import Piece, bound_address, with_addresses
from transforms.building import Building, column_tree
from transforms.expressions import Bound, bind
from transforms.format import bound_rule
from transforms.frame import Frame, free_name
from transforms.map import project

if TYPE_CHECKING:
    from engine.compiler import Compiler


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRows:
    """A frame with the columns that a table shows or needs. `links` and `rules` are as in `connectors.files.report`."""

    frame: Frame
    links: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)


def shown_rows(
    rows: Frame, shown: Sequence[str], needed: Sequence[str], at: Pointer, name: str, compiler: Compiler
) -> ShownRows:
    """The columns `needed`, with what the formats of those that are `shown` compute beside them."""
    problems = Problems(compiler.document)
    building = replace(compiler.building(at, name), problems=problems)
    links, link_names = _links(rows, shown, building)
    _tell("link", problems, at, compiler)
    rules, conditions = _rules(rows, shown, building)
    _tell("highlight", problems, at, compiler)
    if not links and not conditions and tuple(needed) == rows.schema.names:
        return ShownRows(frame=rows)
    scope = building.scope(rows.schema)
    outputs = [(each, bind(column_tree(each), scope)) for each in needed]
    if links:
        whole = compiler.add(compiler.graph.free_name(f"{name}_links"), with_addresses(rows, tuple(links)), at, name,
                             hidden=True)  # fmt: skip
        rows, scope = whole, building.scope(whole.schema)
        outputs = [(each, bind(column_tree(each), scope)) for each in [*needed, *link_names.values()]]
    operation = project(rows, [*outputs, *conditions], notes="keep " + ", ".join(needed))
    frame = compiler.add(compiler.graph.free_name(f"{name}_columns"), operation, at, name, hidden=True)
    return ShownRows(frame=frame, links=link_names, rules=rules)


def _links(
    rows: Frame, shown: Sequence[str], building: Building
) -> tuple[list[tuple[str, tuple[Piece, ...]]], dict[str, str]]:
    """The address columns to add, and {column: its address column}."""
    made: list[tuple[str, tuple[Piece, ...]]] = []
    names: dict[str, str] = {}
    for column in shown:
        how = rows.formats.get(column)
        if how is None or (how.url is None and how.style != "link"):
            continue
        if how.url is not None:
            pieces = bound_address(how.url, rows.schema, building)
        else:
            found = building.bound_tree(column_tree(column), building.scope(rows.schema))
            pieces = ((found, False),) if found is not None else None
        if pieces is not None:
            names[column] = free_name("__link", [*rows.schema.names, *names.values()])
            made.append((names[column], pieces))
    return made, names


def _rules(
    rows: Frame, shown: Sequence[str], building: Building
) -> tuple[dict[str, tuple[Rule, ...]], list[tuple[str, Bound]]]:
    """{column: its rules}, and the conditions to compute."""
    rules: dict[str, tuple[Rule, ...]] = {}
    conditions: dict[str, tuple[str, Bound]] = {}
    for column in shown:
        how = rows.formats.get(column)
        for each in how.highlight if how is not None and isinstance(how.highlight, list) else ():
            color = colour_value(each.color) or "#000000"
            if each.where in shown and rows.schema[each.where] == Boolean():  # it is there already
                rules[column] = (*rules.get(column, ()), Rule(where=each.where, color=color))
                continue
            if each.where not in conditions:
                found = bound_rule(each.where, rows.schema, building)
                if found is None:
                    continue
                taken = [*rows.schema.names, *(name for name, _ in conditions.values())]
                conditions[each.where] = (free_name("__rule", taken), found)
            rule = Rule(where=conditions[each.where][0], color=color)
            rules[column] = (*rules.get(column, ()), rule)
    return rules, list(conditions.values())


def _tell(what: str, problems: Problems, at: Pointer, compiler: Compiler) -> None:
    """What a format step took and the columns that are left do not."""
    for each in problems.errors:
        compiler.problems.error(each.code, f"a {what} cannot be computed from the columns here: {each.message}", at=at,
                                hint="keep the columns it reads, or put the format step behind the one that drops them",
                                notes=each.notes)  # fmt: skip
    problems.found.clear()
