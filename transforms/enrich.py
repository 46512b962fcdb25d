"""The transforms join and enrich: what their config says, as the one relational join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, field_validator

from ir.diagnostics import Pointer, did_you_mean
from ir.expression_lexer import quoted
from ir.model.base import Section
from ir.model.words import refuse
from ir.types import Boolean, Null
from transforms.aggregate import aggregate
from transforms.building import Building, Check, column_tree
from transforms.expressions import Bound, convert_literal
from transforms.expressions.scope import OtherSide
from transforms.frame import Frame
from transforms.join import RIGHT, Taken, free_names, join
from transforms.limit import Limit
from transforms.matching import one_match, several_met
from transforms.operation import Operation


class JoinConfig(Section):
    """The input's columns and those of another frame, where the keys are equal."""

    source: str = Field(description="The alias or frame to join with.")
    on: dict[str, str] | list[str] | str = Field(
        default_factory=list, description="{left column: right column}, or the names where both sides have them."
    )
    columns: list[str | dict[str, str]] | None = Field(
        None, description="Names or {new: old} of the source's columns; by default all but its keys."
    )
    how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = Field(
        "inner", description="Which rows stay. semi and anti keep or drop the rows that match; cross takes no keys."
    )
    multiple: Literal["error", "first", "last", "all"] = Field(
        "all", description="When several rows of the source match one input row."
    )
    where: str | None = Field(
        None,
        description="A further condition over both sides: names of either, and `data.x`, `source.x` where both have "
        "one.",
    )
    suffix: str | None = Field(None, description="Added to a name both sides have; by default _{source}.")
    default_values: dict[str, object] = Field(
        default_factory=dict, description="{column: value} for input rows without a match."
    )

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            pairs = ", ".join(f"{{{new}: {old}}}" for new, old in value.items())
            raise refuse("columns are a list: names, and {new: old} for another name", code="IR203",
                         hint=f"columns: [{pairs}]")  # fmt: skip
        return value


class EnrichConfig(JoinConfig):
    """Columns looked up in another frame; each input row stays one row."""

    how: Literal["left", "inner"] = Field("left", description="left keeps rows without a match, inner drops them.")
    multiple: Literal["error", "first", "last", "all"] = Field(
        "error", description="When several rows of the source match one input row."
    )


def build_join(config: JoinConfig, rows: Frame, building: Building) -> Operation | None:
    right = building.frame(config.source, "source")
    if right is None:
        return None
    on = _keys(config, rows, right, building)
    taken = None if on is None and config.columns is None else _taken(config, rows, right, on, building)
    where = _where(config, rows, right, on or (), building)
    if on is None or taken is None or (where is None and config.where is not None):
        return None
    if config.multiple != "all" and config.how in {"semi", "anti", "cross"}:
        building.error("IR206", f"multiple means nothing with how: {config.how}", "multiple")
        return None
    if config.multiple in {"first", "last"}:
        if not building.needs_order(right, f"multiple: {config.multiple}", "multiple"):
            return None
        return one_match(rows, right, building, keep=config.multiple, how=config.how, on=on, taken=taken, where=where)
    if config.multiple == "error":
        check_single_match(rows, right, on, building, where)
    return join(rows, right, how=config.how, on=on, taken=taken, one_match=config.multiple != "all", where=where)


def _where(config: JoinConfig, rows: Frame, right: Frame, on: Sequence[tuple[str, str]],
           building: Building) -> Bound | None:  # fmt: skip
    """The condition over both sides, or None where there is none or after errors."""
    if config.where is None:
        return None
    shared = frozenset(name for name, key in on if name == key)
    named = rows.name if rows.name in building.frames else "data"
    other = OtherSide(
        name=config.source.strip("{} "), table=RIGHT, schema=right.schema, shared=shared, input_name=named
    )
    found = building.bound(config.where, replace(building.scope(rows.schema), other=other), "where")
    if found is None:
        return None
    if not isinstance(found.type, Boolean | Null):
        building.error("IR411", f"where is {found.type}, not true or false", "where",
                       hint="compare it with something, as in amount > 0")  # fmt: skip
        return None
    return replace(found, text=config.where)


def _keys(config: JoinConfig, rows: Frame, right: Frame, building: Building) -> list[tuple[str, str]] | None:
    written = [config.on] if isinstance(config.on, str) else config.on
    pairs = list(written.items()) if isinstance(written, dict) else [(name, name) for name in written]
    if config.how == "cross":
        if pairs:
            building.error("IR206", "a cross join takes no keys", "on", hint="drop on, or write how: inner")
            return None
        return []
    if not pairs:
        building.error("IR206", f"a join with how: {config.how} needs keys", hint="on: {left column: right column}")
        return None
    if isinstance(written, dict):
        on_key = True
        places: list[tuple[Pointer, Pointer]] = [(("on", name), ("on", name)) for name in written]
    else:
        on_key = False
        places = [(("on", index), ("on", index)) for index in range(len(pairs))]
    return checked_keys(pairs, rows, right, building, places, on_key=on_key)


def checked_keys(
    pairs: Sequence[tuple[str, str]], left: Frame, right: Frame, building: Building,
    places: Sequence[tuple[Pointer, Pointer]], *, on_key: bool = False,
) -> list[tuple[str, str]] | None:  # fmt: skip
    """The key pairs if every column exists and the types of each pair are alike, else None after errors.

    `places` are where the left and the right name of each pair stand, the left one as a key if `on_key`.
    """
    good = True
    for (name, source), (left_at, right_at) in zip(pairs, places, strict=True):
        for column, frame, at in ((name, left, left_at), (source, right, right_at)):
            if column not in frame.schema:
                building.error(
                    "IR401",
                    f'"{frame.name}" has no column "{column}"',
                    *at,
                    hint=did_you_mean(column, frame.schema.names),
                    on_key=on_key and frame is left,
                    notes=[f'columns of "{frame.name}": {frame.schema.brief()}'],
                )
                good = False
        if name in left.schema and source in right.schema:
            good &= _alike(name, left, source, right, building, *right_at)
    return list(pairs) if good else None


def _alike(name: str, left: Frame, source: str, right: Frame, building: Building, *at: str | int) -> bool:
    kinds = (left.schema[name], right.schema[source])
    if kinds[0] == kinds[1]:
        return True
    building.error(
        "IR406",
        f'the keys differ in type: "{name}" is {kinds[0]}, "{source}" of "{right.name}" is {kinds[1]}',
        *at,
        hint=building.cast_hint(name, kinds[1]),
    )
    return False


def _taken(
    config: JoinConfig, rows: Frame, right: Frame, on: Sequence[tuple[str, str]] | None, building: Building
) -> list[Taken] | None:
    if config.how in {"semi", "anti"}:
        if config.columns:
            building.error("IR206", f"how: {config.how} takes no columns", "columns")
            return None
        return []
    wanted: dict[str, str] = {}
    if config.columns is None:
        keys = {key for _, key in on or ()}
        wanted = {name: name for name in right.schema if name not in keys}
    for index, written in enumerate(config.columns or ()):
        for name, source in written.items() if isinstance(written, dict) else [(written, written)]:
            if not building.column(source, right.schema, "columns", index):
                return None
            if name in wanted:
                building.error("IR403", f'the name "{name}" stands for two columns', "columns", index)
            wanted[name] = source
    suffix = config.suffix if config.suffix is not None else f"_{config.source.strip('{} ')}"
    taken, clashes = free_names(wanted, rows.schema, suffix)
    for clash in clashes:
        building.error(
            "IR403",
            f'the name "{clash}" would stand for two columns',
            "source",
            hint="name the columns: columns: [{new: old}], or write another suffix",
        )
    return _with_defaults(taken, config, right, building)


def _with_defaults(taken: list[Taken], config: JoinConfig, right: Frame, building: Building) -> list[Taken]:
    by_name = {each.name: index for index, each in enumerate(taken)}
    for name, value in config.default_values.items():
        if name not in by_name:
            building.error(
                "IR401",
                f'default_values names "{name}", which the join does not add',
                "default_values",
                name,
                on_key=True,
                hint=did_you_mean(name, by_name),
            )
            continue
        each = taken[by_name[name]]
        try:
            taken[by_name[name]] = replace(each, default=convert_literal(value, right.schema[each.source]))
        except ValueError as problem:
            building.error("IR405", str(problem), "default_values", name)
    return taken


def repeated_keys(rows: Frame, keys: Sequence[str], building: Building) -> Operation:
    """The keys without nulls that stand in more than one row: one row per such key."""
    scope = building.scope(rows.schema)
    counted = building.bound("count(*)", building.scope(rows.schema, kind="aggregate"))
    assert counted is not None
    bound = [(name, building.bound_tree(column_tree(name), scope)) for name in keys]
    found = aggregate(rows, [(name, each) for name, each in bound if each], [("__count", counted)])
    text = " and ".join(["__count > 1", *(f"{quoted(name)} is not null" for name in keys)])
    return replace(found, having=building.bound(text, building.scope(found.schema)))


def check_single_match(rows: Frame, right: Frame, on: Sequence[tuple[str, str]], building: Building,
                       where: Bound | None = None) -> None:  # fmt: skip
    """Have the run stop when two rows of `right` match one row of `rows`, naming the key.

    Nothing is checked where `right` has one row a key by the way it is made.
    """
    keys = [key for _, key in on]
    if right.single or any(each <= set(keys) for each in right.unique):
        return
    doubles = building.add_hidden(f"{right.name}_doubles", repeated_keys(right, keys, building))
    matched = several_met(rows, doubles, right, building, on=on, where=where)
    building.checks.append(
        Check(
            suspects=first_row(doubles, building),
            culprits=first_row(matched, building),
            columns=tuple(name for name, _ in on),
            code="IR430",
            at=building.at,
            message=f'two rows of "{right.name}" match one row of "{rows.name}"',
            hint="write multiple: first, last or all, or deduplicate the source first",
        )
    )


def check_unique(
    rows: Frame, keys: Sequence[str], building: Building, *, message: str, hint: str, at: tuple[str | int, ...]
) -> None:
    """Have the run stop when a key without nulls stands in two rows of `rows`, naming the first such key."""
    doubles = building.add_hidden(f"{rows.name}_doubles", repeated_keys(rows, keys, building))
    building.checks.append(
        Check(
            suspects=first_row(doubles, building), columns=tuple(keys), code="IR430", message=message, at=at, hint=hint
        )
    )


def first_row(rows: Frame, building: Building) -> Frame:
    """At most one row of the frame: enough to say that there is one, and which."""
    only = Limit(inputs=(rows,), schema=rows.schema, order=rows.order, keeps_arrival=True, count=1, offset=0)
    return building.add_hidden(f"{rows.name}_first", only)
