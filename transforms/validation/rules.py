"""validation_rules as they are written, each with its column found, its constants converted, its words made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ir import types as t
from ir.diagnostics import Pointer, did_you_mean
from ir.model.validation import ValidationRule
from ir.records import dataclass
from transforms.building import Building
from transforms.condition_operators import OPERATORS
from transforms.condition_values import Operands, Refused
from transforms.conditions import field_node
from transforms.expressions import ExpressionProblem, Scope, convert_literal
from transforms.expressions.tree import Field, Node
from transforms.frame import Frame
from transforms.validation.kinds import KINDS, Asked, Tested, filled

_OF_TEXT = frozenset({"email", "url", "phone", "regex", "length"})
REJECTING = frozenset({"skip_row", "quarantine"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over one frame. `test` is true for a good value and not asked of null; None is never broken.

    A `reference` or a unique rule looks at other rows as well: `allowed` is the frame and the column where the
    values stand, `is_unique` says that no earlier row may have the same.
    """

    number: int
    """From 1, in the order written."""
    label: str
    written: ValidationRule
    at: Pointer
    field: Node | None
    test: Node | None
    claim: str
    denial: str
    missing: Node | None = None
    """True where the value is missing, of a rule that is required."""
    default: object = None
    allowed: tuple[Frame, str] | None = None
    keys: tuple[Node, ...] = ()
    """What a unique rule compares, where that is more than its field."""
    compares_nulls: bool = False
    """Whether a null among the keys equals another; else a row with one has no double."""

    @property
    def action(self) -> str:
        return self.written.action

    @property
    def is_unique(self) -> bool:
        return self.written.type == "unique"

    @property
    def rejects(self) -> bool:
        return self.action in REJECTING

    @property
    def column(self) -> str | None:
        """The rule's field as it is written."""
        return self.written.field

    @property
    def summary(self) -> str:
        """What it asks and what becomes of a row that breaks it, as in `mail is an e-mail address, else quarantine`."""
        asked = f"{self.column} {self.claim}" if self.column and self.written.type != "expression" else self.claim
        if self.missing is not None and self.claim != "is there":
            asked += " and is there"
        fate = {"error": "error", "warn": "warn", "skip_row": "skip the row", "quarantine": "quarantine"}
        return f"{asked}, else {fate.get(self.action) or f'use {self.written.default_value}'}"

    @property
    def reason(self) -> str:
        """What is wrong with a row that breaks it."""
        if self.written.message:
            return self.written.message
        is_about_row = self.column is None or self.written.type == "expression"
        return self.denial if is_about_row else f"{self.column} {self.denial}"

    @property
    def missing_reason(self) -> str:
        return self.written.message or f"{self.column} is missing"

    def most(self, rows: int) -> int | None:
        """How many of so many rows may break it before that is an error; None for any number."""
        if self.action == "error":
            return 0
        limit = self.written.max_failures
        if not isinstance(limit, str):
            return limit
        # exact: 1% of 250 rows is 2
        whole, _, fraction = limit[:-1].partition(".")
        share = int(whole + fraction)
        return rows * share // int(100 * 10 ** len(fraction))


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What edge_cases say of single rows, each at its place in the document.

    `duplicates` are skipped: rows equal in `keys`, or without any in all columns. In a row where a required field is
    `missing`, that gets `default`, or the row is skipped where there is none.
    """

    duplicates: Pointer | None = None
    keys: tuple[str, ...] = ()
    missing: Pointer | None = None
    keeps_missing: bool = False
    """Whether such a row stays as it is, and is only told."""
    default: Any = None


def build_rules(written: Sequence[ValidationRule], records: Records, rows: Frame,
                building: Building) -> list[Rule] | None:  # fmt: skip
    """The rules that can be tested on `rows`, or None after an error at its place for each that cannot."""
    scope = building.scope(rows.schema)
    labels = _labels(written)
    found: list[Rule | None] = []
    if records.duplicates is not None:
        found.append(_duplicates(records, records.duplicates, scope, building))
    covered = 0
    for index, rule in enumerate(written):
        label, kept = labels[index], rule
        if records.missing is not None and rule.required and "action" not in rule.model_fields_set:
            covered += 1
            at: Pointer = (*records.missing, "default_value")
            found.append(_rule(index, _when_missing(rule, records), label, scope, building, default_at=at))
            if rule.type is None:
                continue
            kept = rule.model_copy(update={"required": False})
            label += " (its value)"
        found.append(_rule(index, kept, label, scope, building))
    if records.missing is not None and not covered:
        building.problems.error("IR206", "missing_required_field means nothing here: no rule says that a field is "
                                "required and leaves open what is done", at=(*records.missing, "condition"),
                                hint="write a validation rule {field: …, required: true}")  # fmt: skip
        return None
    known = [replace(rule, number=number) for number, rule in enumerate(found, start=1) if rule is not None]
    return known if len(known) == len(found) else None


def _when_missing(rule: ValidationRule, records: Records) -> ValidationRule:
    found = ValidationRule.model_construct(field=rule.field, required=True, message=rule.message)
    if records.keeps_missing:
        return found.model_copy(update={"action": "warn"})
    if records.default is None:
        return found.model_copy(update={"action": "skip_row"})
    return found.model_copy(update={"action": "use_default", "default_value": records.default})


def _duplicates(records: Records, at: Pointer, scope: Scope, building: Building) -> Rule | None:
    """The rule of edge case duplicate_records."""
    names = records.keys or scope.schema.names
    for name in names:
        if name not in scope.schema:
            building.problems.error("IR401", f'there is no column "{name}", by which duplicate_records would be told',
                                    at=at, hint=did_you_mean(name, scope.schema.names),
                                    notes=[f"columns here: {scope.schema.brief()}"])  # fmt: skip
            return None
    by = f" by {', '.join(records.keys)}" if records.keys else ""
    written = ValidationRule.model_construct(type="unique", action="skip_row")
    return Rule(number=0, label="duplicate_records", written=written, at=at, field=None, test=None,
                claim=f"no row stands twice{by}", denial=f"the row stood before{by}",
                keys=tuple(Field(scope.schema[name], name) for name in names),
                compares_nulls=not records.keys)  # fmt: skip


def _labels(written: Sequence[ValidationRule]) -> list[str]:
    """`field: type`, with the rule's number where that stands for several."""
    plain = [f"{rule.field}: {rule.type or 'required'}" if rule.field else "expression" for rule in written]
    return [label if plain.count(label) == 1 and label != "expression" else f"{label} (rule {number})"
            for number, label in enumerate(plain, start=1)]  # fmt: skip


def _rule(index: int, written: ValidationRule, label: str, scope: Scope, building: Building, *,
          default_at: Pointer | None = None) -> Rule | None:  # fmt: skip
    at: Pointer = (*building.at, index)
    field: Node | None = None
    if written.field is not None:
        found = field_node(written.field, scope)
        if found is None:
            return None
        if isinstance(found, ExpressionProblem):
            notes = [f"columns here: {scope.schema.brief()}"] if found.code == "IR401" else []
            building.error(found.code, found.message, index, "field", hint=found.hint, notes=notes)
            return None
        field = found
    try:
        asked, allowed = _asked(index, written, field, scope, building)
        default = _default(written, field, scope)
    except Refused as refused:
        hint = refused.hint
        if hint is None and written.type in _OF_TEXT:
            hint = _type_hint(refused, field, building)
        place = (*at, *(refused.at or ("type",)))
        if default_at is not None and refused.at == ("default_value",):
            place = default_at
        building.problems.error(refused.code, refused.message, at=place,
                                within=refused.within, hint=hint)  # fmt: skip
        return None
    if asked is None:
        return None
    missing = None
    if written.required and field is not None:
        missing = OPERATORS["is_empty"].build(Operands(field, None, None, scope))
    return Rule(number=index + 1, label=label, written=written, at=at, field=field, test=asked.test,
                claim=asked.claim, denial=asked.denial, missing=missing, default=default, allowed=allowed)  # fmt: skip


def _type_hint(refused: Refused, field: Node | None, building: Building) -> str | None:
    if refused.at == ("field",) and isinstance(field, Field) and not field.path:
        return building.cast_hint(field.column, "string")
    return None


def _asked(index: int, written: ValidationRule, field: Node | None, scope: Scope,
           building: Building) -> tuple[Asked | None, tuple[Frame, str] | None]:  # fmt: skip
    """What the rule asks; None for it after an error that was reported."""
    match written.type:
        case None:
            return Asked(None, "is there", "is missing"), None
        case "not_null":
            return Asked(None, "is not null", "is null"), None
        case "expression":
            return _expression(index, written, scope, building), None
        case "unique" | "reference":
            assert field is not None
            if isinstance(field.type, t.ListOf | t.Struct | t.File | t.Json):
                raise Refused(f"type {written.type} compares single values; the column is {field.type}", at=("field",))
            if written.type == "unique":
                return Asked(None, "stands once", "stood in an earlier row"), None
            return _reference(index, written, field, building)
    assert field is not None
    if isinstance(field.type, t.Null):
        return Asked(None, f"is {written.type}", f"is no {written.type}"), None
    return KINDS[written.type](Tested(field, written, scope)), None


def _expression(index: int, written: ValidationRule, scope: Scope, building: Building) -> Asked | None:
    text = written.expression or ""
    bound = building.bound(text, scope, index, "expression")
    if bound is None:
        return None
    if not isinstance(bound.type, t.Boolean | t.Null):
        building.error("IR411", f"the expression is {bound.type}, not true or false", index, "expression",
                       hint="compare it with something, as in amount > 0")  # fmt: skip
        return None
    return Asked(bound.root, text, f"not true: {text}")


def _reference(index: int, written: ValidationRule, field: Node,
               building: Building) -> tuple[Asked | None, tuple[Frame, str] | None]:  # fmt: skip
    reference = written.reference
    assert reference is not None
    frame = building.frame(reference.source, index, "reference", "source")
    if frame is None:
        return None, None
    if reference.field not in frame.schema:
        building.error("IR401", f'"{reference.source}" has no column "{reference.field}"', index, "reference", "field",
                       hint=did_you_mean(reference.field, frame.schema.names),
                       notes=[f'columns of "{reference.source}": {frame.schema.brief()}'])  # fmt: skip
        return None, None
    kind = frame.schema[reference.field]
    if kind != field.type and not isinstance(field.type, t.Null):
        hint = building.cast_hint(written.field or "", kind) if isinstance(field, Field) and not field.path else None
        building.error("IR406", f'the columns differ in type: "{written.field}" is {field.type}, '
                       f'"{reference.field}" of "{reference.source}" is {kind}', index, "reference", "field",
                       hint=hint)  # fmt: skip
        return None, None
    words = f"in {reference.source.strip('{} ')}.{reference.field}"
    return Asked(None, f"stands {words}", f"does not stand {words}"), (frame, reference.field)


def _default(written: ValidationRule, field: Node | None, scope: Scope) -> Any:
    """The default as a value of the column's type."""
    if written.action != "use_default":
        return None
    if not isinstance(field, Field) or field.path:
        raise Refused("a default can only stand in a column of its own", at=("field",),
                      hint="flatten the struct first, or quarantine the row")  # fmt: skip
    value = filled(field, written.default_value, scope, "default_value")
    try:
        return convert_literal(value, field.type, timezone=scope.timezone)
    except ValueError as problem:
        raise Refused(str(problem), at=("default_value",), code="IR405") from problem
