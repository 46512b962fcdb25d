"""normalization: headers put in order, all of it when the workflow compiles (section 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ir.diagnostics import did_you_mean
from ir.model.normalization import Normalization
from ir.types import Schema
from transforms.building import Building
from transforms.expressions import Bound, convert_literal
from transforms.expressions.literals import literal_type
from transforms.expressions.tree import Field, Value
from transforms.frame import Frame
from transforms.map import Map, MapConfig, build_map


def build_normalization(config: Normalization, rows: Frame, building: Building) -> Map | None:
    """The map that renames the headers, or None when nothing changes or after errors."""
    _check_required(config, rows, building)
    renamed: dict[str, str] = {}
    for old, new in config.rename.items():
        found = _match(old, rows, case_sensitive=config.case_sensitive)
        if found is None:
            building.error("IR401", f'there is no header "{old}" to rename', "rename", old, on_key=True,
                           hint=did_you_mean(old, rows.schema.names),
                           notes=[f"columns here: {rows.schema.brief()}"])  # fmt: skip
            continue
        renamed[found] = new
    for name in rows.schema:
        # a name that the author wrote stays as written
        if name not in renamed and (new := _cased(name.strip(), config.header_case)) != name:
            renamed[name] = new
    names = [renamed.get(name, name) for name in rows.schema]
    for name in rows.schema:
        if names.count(renamed.get(name, name)) > 1:
            building.error("IR403", f'the header "{renamed.get(name, name)}" would stand for two columns',
                           "rename" if name in config.rename else "header_case",
                           hint=f'rename the others: rename: {{"{name}": another name}}')  # fmt: skip
            return None
    return build_map(MapConfig(rename=renamed), rows, building) if renamed else None


def _check_required(config: Normalization, rows: Frame, building: Building) -> None:
    for index, header in enumerate(config.required_headers):
        if _match(header, rows, case_sensitive=config.case_sensitive) is not None:
            continue
        if config.missing_header_action == "ignore":
            continue
        tell = building.error if config.missing_header_action == "error" else building.warning
        tell("IR401", f'the required header "{header}" is missing', "required_headers", index,
             hint=did_you_mean(header, rows.schema.names) or f"the headers are {rows.schema.brief()}")  # fmt: skip


def missing_headers(config: Normalization, rows: Frame) -> list[str]:
    """The required headers that the rows do not have."""
    return [
        each for each in config.required_headers if _match(each, rows, case_sensitive=config.case_sensitive) is None
    ]


def with_headers(rows: Frame, missing: Sequence[str], value: object) -> Map:
    """The rows with the missing headers as further columns, each row with this value."""
    kept = [(name, Bound(Field(kind, name), name, frozenset([name]), False)) for name, kind in rows.schema.items()]
    kind = literal_type(value)
    constant = Value(kind, convert_literal(value, kind))
    added = [(name.strip(), Bound(constant, str(value), frozenset(), False)) for name in missing]
    return Map(
        inputs=(rows,), schema=Schema((name, each.type) for name, each in [*kept, *added]), order=rows.order,
        formats=rows.formats, keeps_arrival=True, keeps_count=True, outputs=(*kept, *added),
        notes="; ".join(f"{name} = {each.text}" for name, each in added),
    )  # fmt: skip


def _match(header: str, rows: Frame, *, case_sensitive: bool) -> str | None:
    """The column a header means: exact first, then in any case where only one fits."""
    header = header.strip()
    exact = [name for name in rows.schema if name.strip() == header]
    if exact:
        return exact[0]
    folded = [name for name in rows.schema if name.strip().casefold() == header.casefold()]
    return folded[0] if len(folded) == 1 and not case_sensitive else None


def _cased(name: str, header_case: str) -> str:
    if header_case == "keep":
        return name
    if header_case == "lower":
        return name.lower()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words)
    return re.sub(r"\W+", "_", words).strip("_").lower() or name
