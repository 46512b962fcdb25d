"""validation_rules as relations: the rows tested once, then those that stay, those rejected, and their counts."""

from __future__ import annotations

from collections.abc import Sequence

from ir import types as t
from ir.model.validation import ValidationRule
from ir.records import dataclass
from ir.types import Schema
from transforms.aggregate import aggregate
from transforms.building import Building
from transforms.expressions import Bound
from transforms.expressions.tree import Field, Value, columns_of
from transforms.frame import Frame, Order
from transforms.rejects import Rejects
from transforms.validation.layers import Layers, bound, call, free_mark
from transforms.validation.letters import Origin, build_letters
from transforms.validation.outcomes import by_rule, reason_of, text
from transforms.validation.rules import Records, Rule, build_rules
from transforms.validation.stage import ROWS, Offending, Validation
from transforms.validation.testing import Computed, Picked, Repeated, Testing, schema_of

REJECT_COLUMNS = ("_reason", "_rule", "_source", "_row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """The rows that stay, those that were rejected, and what a run must know of them."""

    kept: Picked
    rejected: Picked | None
    validation: Validation


def build_validation(written: Sequence[ValidationRule], records: Records, rows: Frame, building: Building, *,
                     origin: Origin, step: str, with_rejects: bool) -> Validated | None:  # fmt: skip
    """The rules over `rows` of `origin`, or None after errors; `step` is the name of the step that tests them."""
    rules = build_rules(written, records, rows, building)
    if with_rejects and not _names_are_free(rows, building):
        return None
    if rules is None:
        return None
    layers = Layers(rows, free_mark(rows.schema.names))
    for rule in rules:
        layers.add(rule)
    layers.flush()
    shows_places = with_rejects or any(rule.action == "quarantine" for rule in rules)
    placed = origin.placed and rows.order is not None
    testing = _testing(rules, layers, rows, numbered=placed and shows_places)
    tested = building.add_hidden("tested", testing)
    letters = build_letters(rules, layers, tested, testing.row, origin, step)
    if letters is not None:
        building.rejects.append(Rejects(letters=building.add_hidden("validation_letters", letters)))
    rejected = _rejected(rules, layers, tested, testing.row, origin.name) if with_rejects else None
    return Validated(kept=_kept(rules, layers, tested), rejected=rejected,
                     validation=_validation(rules, layers, tested, building, placed=placed))  # fmt: skip


def _names_are_free(rows: Frame, building: Building) -> bool:
    for name in REJECT_COLUMNS:
        if name in rows.schema:
            building.problems.error("IR403", f'the rows have a column "{name}", which validation_rejects adds',
                                    at=("validation_rejects",),
                                    hint=f"normalization: {{rename: {{{name}: another name}}}}")  # fmt: skip
            return False
    return True


def _testing(rules: Sequence[Rule], layers: Layers, rows: Frame, *, numbered: bool) -> Testing:
    row = f"{layers.mark}row" if numbered else None
    schema = dict(rows.schema.items())
    if row is not None:
        schema[row] = t.Integer()
    for layer in layers.done:
        for name, each in layer.columns if isinstance(layer, Computed) else ():
            # what only a reference or a unique rule needs goes no further
            if not name.startswith(f"{layers.mark}k"):
                schema[name] = each.type
    looks_back = any(isinstance(layer, Repeated) for layer in layers.done)
    return Testing(
        inputs=(rows, *layers.frames), schema=Schema(schema), order=rows.order, formats=rows.formats,
        keeps_arrival=True, keeps_count=True, reads_arrival=rows.order is not None and (numbered or looks_back),
        layers=tuple(layers.done), row=row,
        expressions=tuple((str(rule.at[-1]), bound(rule.test)) for rule in rules
                          if rule.test is not None and rule.written.type == "expression"),
    )  # fmt: skip


def _kept(rules: Sequence[Rule], layers: Layers, tested: Frame) -> Picked:
    where = bound(call("is null", layers.rule)) if layers.has_rejects else None
    outputs = [(name, bound(Field(kind, layers.values.get(name, name)))) for name, kind in layers.rows.schema.items()]
    notes = "; ".join(rule.summary for rule in rules)
    return _picked(tested, layers.rows, where, outputs, notes, keeps_count=where is None)


def _rejected(rules: Sequence[Rule], layers: Layers, tested: Frame, row: str | None, source: str) -> Picked:
    outputs = [(name, bound(Field(kind, name))) for name, kind in layers.rows.schema.items()]
    rejecting = [rule for rule in rules if rule.rejects]
    outputs += [
        ("_reason", bound(reason_of(rejecting, layers))),
        ("_rule", bound(by_rule(rejecting, layers, [text(rule.label) for rule in rejecting]))),
        ("_source", bound(text(source))),
        ("_row", bound(Field(t.Integer(), row) if row else Value(t.Integer(), None))),
    ]
    return _picked(
        tested, layers.rows, bound(call("not", call("is null", layers.rule))), outputs, "the rows that the rules reject"
    )


def _picked(tested: Frame, rows: Frame, where: Bound | None, outputs: Sequence[tuple[str, Bound]], notes: str, *,
            keeps_count: bool = False) -> Picked:  # fmt: skip
    order = None if rows.order is None else Order(arrival=True)
    return Picked(
        inputs=(tested,), schema=schema_of(outputs), order=order, formats=rows.formats_of(rows.schema.names),
        keeps_arrival=True, keeps_count=keeps_count, where=where, outputs=tuple(outputs), notes=notes,
    )  # fmt: skip


def _validation(rules: Sequence[Rule], layers: Layers, tested: Frame, building: Building, *,
                placed: bool) -> Validation:  # fmt: skip
    scope = building.scope(tested.schema, kind="aggregate")
    counted = [(ROWS, building.bound("count(*)", scope))]
    counted += [(str(rule.number), building.bound(f"count(*) filter (where {layers.failed(rule)})", scope))
                for rule in rules]  # fmt: skip
    known = [(name, each) for name, each in counted if each is not None]
    counts = building.add_hidden("tested_counts", aggregate(tested, [], known))
    return Validation(rules=tuple(rules), tested=tested.name, counts=counts,
                      offending=_offending(rules, layers, tested, building, placed=placed))  # fmt: skip


def _offending(rules: Sequence[Rule], layers: Layers, tested: Frame, building: Building, *,
               placed: bool) -> dict[int, Offending]:  # fmt: skip
    """The rows to show of each rule that can stop the run; computed only when one does."""
    stopping = [rule for rule in rules if rule.action == "error" or rule.written.max_failures is not None]
    row = f"{layers.mark}row"
    if stopping and row not in tested.schema and placed:
        tested = building.add_hidden("tested_places", _testing(rules, layers, layers.rows, numbered=True))
    found: dict[int, Offending] = {}
    for rule in stopping:
        where = building.bound(layers.failed(rule), building.scope(tested.schema))
        columns = [] if rule.field is None else sorted(columns_of(rule.field))
        if rule.test is not None:
            columns += sorted(name for name in columns_of(rule.test) if name not in columns)
        shown = [row, *columns] if row in tested.schema else columns
        values = layers.seen[rule.number]
        outputs = [(name, bound(Field(tested.schema[name], values.get(name, name)))) for name in shown]
        rows = building.add_hidden(
            f"broke_rule_{rule.number}", _picked(tested, layers.rows, where, outputs, rule.reason)
        )
        found[rule.number] = Offending(rows=rows, has_row=row in tested.schema)
    return found
